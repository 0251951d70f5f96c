// Two sessions in one page with a service of a few lines between them: the engine in a real browser, without the rest.

import { type Api, Problem } from "../src/call/api.ts";
import { ExpertPayloads, visitorPayloads } from "../src/call/authentication.ts";
import { newId, toBase64url } from "../src/call/bytes.ts";
import { CodeExchange } from "../src/call/code-exchange.ts";
import { provide } from "../src/call/later.ts";
import { LocalMedia } from "../src/call/media.ts";
import { CallSession, type SessionState } from "../src/call/session.ts";
import type { Call, CallState, Envelope } from "../src/call/types.ts";
import type { Device, TrustBundle } from "../src/trust/handshake.ts";
import { make as certify } from "../src/trust/statements.ts";

const ORGANISATION = newId();
const EXPERT = newId();
const VISITOR = newId();

/** What the expert is certified with; calls are sealed once it is there. */
let certified: { siteKeys: string[]; trust: TrustBundle; device: Device } | undefined;

/** Makes a site key, an approver and a device of the expert, valid for an hour. */
async function seal(): Promise<void> {
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
  certified = {
    siteKeys: [siteKey],
    trust: { successions: [], approvers: [approverCertificate], devices: [certificate], revocations },
    device: { signing: device, sealing, certificate, approver: approverCertificate },
  };
}

/** Carries what one side says to the other, in order, as the mailboxes do. */
class FakeService {
  call: Call;
  visitor: CallSession | undefined;
  expert: CallSession | undefined;
  /** It rings for this one too. */
  colleague: CallSession | undefined;
  payload = "";
  alarms: string[] = [];
  #order: Promise<unknown> = Promise.resolve();

  constructor() {
    const now = new Date().toISOString();
    this.call = { id: newId(), state: "ringing", version: 0, media: "video", created_at: now, rings_until: now };
    this.call.visitor = { id: VISITOR, language: "en", page: { url: "https://example.org/", title: "Test" } };
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

provide({ CodeExchange });
let service = new FakeService();

/** Another call. */
function fresh(): void {
  service = new FakeService();
  continuity = {};
  Object.assign(globalThis, { service });
}

const media = { visitor: new LocalMedia(), expert: new LocalMedia() };
/** What a reload remembers of the call. */
let continuity: { visitor?: string | undefined; expert?: string | undefined } = {};

function make(role: "visitor" | "expert", delay?: number): CallSession {
  const { id: call } = service.call;
  const context = { organisation: ORGANISATION, call };
  const visitor = async () => {
    const { siteKeys = [], trust } = certified ?? {};
    const payloads = await visitorPayloads({ ...context, siteKeys, trust, continuity: continuity.visitor });
    continuity.visitor = payloads.continuity;
    return payloads;
  };
  const expert = new ExpertPayloads(context, async () => certified?.device, continuity.expert);
  const own = role === "visitor" ? VISITOR : EXPERT;
  const payloads = role === "visitor" ? visitor() : expert;
  const api = service.api(role, delay);
  const session = new CallSession({ role, api, media: media[role], call, iceServers: [], own, payloads });
  session.subscribe(() => {
    if (role === "expert" && session.state.phase === "connected") continuity.expert = expert.continuity;
  });
  return session;
}

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

Object.assign(globalThis, { service, fresh, seal, media, make, until, frames, CallSession, LocalMedia });
