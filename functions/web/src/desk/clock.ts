// The service's clock, for how long someone waits.

import type { Presence, PresenceState } from "../call/types.ts";
import { StaffApi } from "../staff/api.ts";

/** A lease ends so long after the service's now. Milliseconds. */
const LEASE = 20_000;

/**
 * The service's clock as this page sees it: this computer's may be wrong by minutes, and how long someone waits must not
 * be. Every renewal of the lease tells when it ends, which is 20 seconds from the service's now.
 */
export class ServiceClock {
  #offset: number | undefined;
  #now: () => number;

  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  /** Takes in when a lease that was asked for at `asked` (this computer's clock) ends. */
  learn(expiresAt: string, asked: number): void {
    const service = Date.parse(expiresAt) - LEASE;
    // Somewhere between the question and the answer.
    if (!Number.isNaN(service)) this.#offset = service - (asked + this.#now()) / 2;
  }

  now(): number {
    return this.#now() + (this.#offset ?? 0);
  }

  /** Milliseconds since a time of the service, never below 0. */
  since(time: string): number {
    return Math.max(0, this.now() - Date.parse(time));
  }
}

/** The client, with an ear on what the lease says of the service's clock. */
export class ClockedApi extends StaffApi {
  readonly clock = new ServiceClock();

  override async renewPresence(state: PresenceState): Promise<Presence> {
    const asked = Date.now();
    const presence = await super.renewPresence(state);
    this.clock.learn(presence.expires_at, asked);
    return presence;
  }
}
