// Two sessions in one page with a service of a few lines between them: the engine in a real browser, without the rest.

import { type Api, Problem } from "../src/call/api.ts";
import { newId } from "../src/call/bytes.ts";
import { LocalMedia } from "../src/call/media.ts";
import { CallSession, type SessionState } from "../src/call/session.ts";
import type { Call, CallState, Envelope } from "../src/call/types.ts";

/** Carries what one side says to the other, in order, as the mailboxes do. */
class FakeService {
  call: Call;
  visitor: CallSession | undefined;
  expert: CallSession | undefined;
  /** It rings for this one too. */
  colleague: CallSession | undefined;
  payload = "";
  #order: Promise<unknown> = Promise.resolve();

  constructor() {
    const now = new Date().toISOString();
    this.call = { id: newId(), state: "ringing", version: 0, media: "video", created_at: now, rings_until: now };
  }

  to(side: "visitor" | "expert", type: Envelope["type"], body: object): void {
    const envelope = { id: newId(), at: new Date().toISOString(), type, call: this.call.id, body } as Envelope;
    const sessions = side === "visitor" ? [this.visitor] : [this.expert, this.colleague];
    this.#order = this.#order
      .then(() => Promise.all(sessions.map((session) => session?.handle(envelope))))
      .catch((error) => console.error(error));
  }

  move(state: CallState): { call: Call } {
    this.call = { ...this.call, state, version: this.call.version + 1 };
    return { call: this.call };
  }

  /** `delay` is what requests take on their way, in milliseconds. */
  api(role: "visitor" | "expert", delay = 0): Api {
    const other = role === "visitor" ? "expert" : "visitor";
    return {
      ring: async (_call: string, { payload }: { payload: string }) => {
        this.payload = payload;
        const answer = this.move("ringing");
        this.to("expert", "call.ringing", { ...answer, payload, ice_servers: [] });
        return answer;
      },
      answer: async (_call: string, payload: string) => {
        await new Promise((resolve) => setTimeout(resolve, delay));
        if (this.call.state !== "ringing")
          throw new Problem("already-answered", "another was first", { call: this.call });
        const answer = this.move("answered");
        this.to("visitor", "call.answered", { ...answer, payload });
        return answer;
      },
      signal: async (_call: string, _id: string, payload: string) =>
        this.to(other, "call.signal", { from: role, payload }),
      hangUp: async () => {
        const answer = this.move("ended");
        this.to(other, "call.ended", answer);
        return answer;
      },
      relay: async () => ({ ice_servers: [], expires_at: "" }),
    } as unknown as Api;
  }
}

let service = new FakeService();

/** Another call. */
function fresh(): void {
  service = new FakeService();
  Object.assign(globalThis, { service });
}

const media = { visitor: new LocalMedia(), expert: new LocalMedia() };
const make = (role: "visitor" | "expert", delay?: number): CallSession =>
  new CallSession({ role, api: service.api(role, delay), media: media[role], call: service.call.id, iceServers: [] });

function until(session: CallSession, test: (state: SessionState) => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (test(session.state)) return resolve();
    const stop = session.subscribe((state) => {
      if (!test(state)) return;
      stop();
      resolve();
    });
  });
}

async function frames(session: CallSession): Promise<number> {
  const report = await session.peerConnection?.getStats();
  let decoded = 0;
  report?.forEach((stat) => {
    if (stat.type === "inbound-rtp" && stat.kind === "video") decoded += stat.framesDecoded ?? 0;
  });
  return decoded;
}

Object.assign(globalThis, { service, fresh, media, make, until, frames, CallSession, LocalMedia });
