// Two sessions in one page with a service of a few lines between them: the engine in a real browser, without the rest.

import { ExpertPayloads, visitorPayloads } from "../src/call/authentication.ts";
import { FileTransfers } from "../src/call/files.ts";
import { Group } from "../src/call/group.ts";
import { provide } from "../src/call/later.ts";
import { Link } from "../src/call/link.ts";
import { LocalMedia } from "../src/call/media.ts";
import { watchQuality } from "../src/call/quality.ts";
import { CallSession } from "../src/call/session.ts";
import { type Certified, certifyExpert, EXPERT, FakeService, frames, ORGANISATION, until, VISITOR } from "./fixture.ts";

/** Calls are sealed once it is there. */
let certified: Certified | undefined;

async function seal(): Promise<void> {
  certified = await certifyExpert();
}

provide({ FileTransfers, Group, watchQuality });
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

Object.assign(globalThis, { service, fresh, seal, media, make, until, frames, CallSession, Link, LocalMedia });
