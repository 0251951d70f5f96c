// What the engine's tests in a browser share: a service of a few lines between the sides, and what certifies an expert.

import { type Api, Problem } from "../src/call/api.ts";
import { newId, toBase64url } from "../src/call/bytes.ts";
import type { CallSession, SessionState } from "../src/call/session.ts";
import type { Call, CallState, Envelope } from "../src/call/types.ts";
import type { Device, TrustBundle } from "../src/trust/handshake.ts";
import { make as certify } from "../src/trust/statements.ts";

export const ORGANISATION = newId();
export const EXPERT = newId();
export const VISITOR = newId();

/** What experts are certified with. */
export interface Certified {
  siteKeys: string[];
  trust: TrustBundle;
  device: Device;
}

/** Makes a site key, an approver and a device of the expert, valid for an hour. */
export async function certifyExpert(): Promise<Certified> {
  const signing = async () => (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
  const sealing = (await crypto.subtle.generateKey("X25519", false, ["deriveBits"])) as CryptoKeyPair;
  const text = async ({ publicKey }: CryptoKeyPair) =>
    toBase64url(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)));
  const [site, approver, device] = [await signing(), await signing(), await signing()];
  const [siteKey, approverKey] = [await text(site), await text(approver)];
  const now = Math.floor(Date.now() / 1000);
  const common = { organisation: ORGANISATION, notBefore: now, notAfter: now + 3_600 };
  const approverCertificate = await certify(
    "approver",
    { ...common, siteKey, approverKey, person: newId() },
    site.privateKey,
  );
  const certificate = await certify(
    "device",
    {
      ...{ ...common, approverKey, expert: EXPERT, name: "Anna Keller", title: "", organisationName: "Nordbank" },
      ...{ signingKey: await text(device), sealingKey: await text(sealing) },
    },
    approver.privateKey,
  );
  const revocations = await certify(
    "revocations",
    { ...common, issuer: approverKey, number: 1, revoked: [] },
    approver.privateKey,
  );
  return {
    siteKeys: [siteKey],
    trust: { successions: [], approvers: [approverCertificate], devices: [certificate], revocations },
    device: { signing: device, sealing, certificate, approver: approverCertificate },
  };
}

/** Carries what one side says to the other, in order, as the mailboxes do. */
export class FakeService {
  call: Call;
  visitor: CallSession | undefined;
  expert: CallSession | undefined;
  /** It rings for this one too. */
  colleague: CallSession | undefined;
  payload = "";
  alarms: string[] = [];
  #order: Promise<unknown> = Promise.resolve();

  /** `visitor` rings; with the call that it joins where it was invited. */
  constructor(visitor = VISITOR, joins?: string) {
    const now = new Date().toISOString();
    this.call = { id: newId(), state: "ringing", version: 0, media: "video", created_at: now, rings_until: now };
    this.call.visitor = { id: visitor, language: "en", page: { url: "https://example.org/", title: "Test" } };
    if (joins !== undefined) this.call.invitation = { id: newId(), call: joins };
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
    if (state === "answered") this.call.expert = { id: EXPERT, name: "Anna Keller" };
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
      alarm: async (_call: string, reason: string) => void this.alarms.push(reason),
      relay: async () => ({ ice_servers: [], expires_at: "" }),
    } as unknown as Api;
  }
}

export function until(session: CallSession, test: (state: SessionState) => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (test(session.state)) return resolve();
    const stop = session.subscribe((state) => {
      if (!test(state)) return;
      stop();
      resolve();
    });
  });
}

export async function frames(session: CallSession): Promise<number> {
  const report = await session.peerConnection?.getStats();
  let decoded = 0;
  report?.forEach((stat) => {
    if (stat.type === "inbound-rtp" && stat.kind === "video") decoded += stat.framesDecoded ?? 0;
  });
  return decoded;
}
