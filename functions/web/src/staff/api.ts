// The client of what the staff asks the service for besides: to be signed in, to bring others into a call.

import { Api } from "../call/api.ts";
import type { Id, Invitation, Relay, StaffAccess, StaffRole } from "../call/types.ts";

export class StaffApi extends Api {
  signIn(secret: string): Promise<void> {
    return this.request("POST", "/sign-in", { body: { secret }, once: true });
  }

  staffToken(role: StaffRole): Promise<StaffAccess> {
    return this.request("POST", "/session/token", { body: { role } });
  }

  signOut(): Promise<void> {
    return this.request("DELETE", "/session");
  }

  /** Goes on with a call at this desk, which the expert's others hear with `id`. */
  resume(call: Id, id: Id): Promise<Relay> {
    return this.request("POST", `/calls/${call}/resume`, { body: { id } });
  }

  /** For `expert`, or for whoever gets the secret. */
  invite(call: Id, expert?: Id): Promise<Invitation> {
    return this.request("POST", `/calls/${call}/invitations`, { body: expert === undefined ? {} : { expert } });
  }
}
