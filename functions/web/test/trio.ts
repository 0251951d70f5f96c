// A call that others join, all in one page: the expert leads, each two of the members find each other.

import { ExpertPayloads, visitorPayloads } from "../src/call/authentication.ts";
import { newId } from "../src/call/bytes.ts";
import { FileTransfers } from "../src/call/files.ts";
import { Group } from "../src/call/group.ts";
import { provide } from "../src/call/later.ts";
import { LocalMedia } from "../src/call/media.ts";
import { watchQuality } from "../src/call/quality.ts";
import { CallSession } from "../src/call/session.ts";
import { type Certified, certifyExpert, EXPERT, FakeService, ORGANISATION, until, VISITOR } from "./fixture.ts";

provide({ FileTransfers, Group, watchQuality });

const certified: Certified = await certifyExpert();
const expertMedia = new LocalMedia();
const talk = new FakeService(VISITOR);

/** What a reload remembers of the visitor's call. */
let continuity: string | undefined;

function visitorOf(service: FakeService, own: string, invited: boolean): CallSession {
  const context = { organisation: ORGANISATION, call: service.call.id };
  const trust = { siteKeys: certified.siteKeys, trust: certified.trust };
  const payloads = visitorPayloads({ ...context, ...trust, continuity: invited ? undefined : continuity });
  void payloads.then((made) => {
    if (!invited) continuity = made.continuity;
  });
  const common = { role: "visitor", media: new LocalMedia(), call: service.call.id, iceServers: [] } as const;
  service.visitor = new CallSession({ ...common, api: service.api("visitor"), own, payloads, invited });
  return service.visitor;
}

function expertOf(service: FakeService, host?: CallSession): CallSession {
  const payloads = new ExpertPayloads(
    { organisation: ORGANISATION, call: service.call.id },
    async () => certified.device,
  );
  const common = { role: "expert", media: expertMedia, call: service.call.id, iceServers: [], own: EXPERT } as const;
  service.expert = new CallSession({ ...common, api: service.api("expert"), payloads, ...(host ? { host } : {}) });
  return service.expert;
}

/** Rings and is answered; both ends are connected at the end. */
async function connect(visitor: CallSession, expert: CallSession, name?: string): Promise<void> {
  await Promise.all([visitor.media.start({ microphone: true, camera: true }), visitor.prepare()]);
  const page = { url: "https://example.org/", title: "Test" };
  await visitor.ring({ language: "en", page, media: "video", ...(name ? { name } : {}) });
  await until(expert, ({ call }) => call?.state === "ringing");
  await expert.prepare();
  await expert.answer();
  await Promise.all([visitor, expert].map((side) => until(side, ({ phase }) => phase === "connected")));
}

/** Who is called and who calls; the camera of both is on. */
async function begin(): Promise<{ visitor: CallSession; expert: CallSession }> {
  await expertMedia.start({ microphone: true, camera: true });
  const [visitor, expert] = [visitorOf(talk, VISITOR, false), expertOf(talk)];
  await connect(visitor, expert, "Vera");
  return { visitor, expert };
}

/** Somebody whom the expert lets join. */
async function join(host: CallSession, name: string): Promise<{ guest: CallSession; joined: CallSession; id: string }> {
  const id = newId();
  const service = new FakeService(id, host.id);
  const [guest, joined] = [visitorOf(service, id, true), expertOf(service, host)];
  await connect(guest, joined, name);
  return { guest, joined, id };
}

/** The visitor's page is loaded anew. */
async function again(visitor: CallSession): Promise<CallSession> {
  visitor.close();
  const anew = visitorOf(talk, VISITOR, false);
  await anew.media.start({ microphone: true, camera: true });
  await anew.resume(talk.call, EXPERT);
  return anew;
}

/** Pictures of a stream that change. */
async function moves(stream: MediaStream | undefined): Promise<boolean> {
  const video = document.body.appendChild(document.createElement("video"));
  video.muted = true;
  video.srcObject = stream ?? null;
  await video.play();
  const { currentTime } = video;
  while (video.videoWidth === 0 || video.currentTime === currentTime) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  video.remove();
  return true;
}

const channels = new Map<RTCDataChannel, RTCPeerConnection>();
const { createDataChannel } = RTCPeerConnection.prototype;
RTCPeerConnection.prototype.createDataChannel = function (...what) {
  const channel = createDataChannel.apply(this, what);
  channels.set(channel, this);
  return channel;
};

/** From now on the expert tells the visitor another certificate of who has this name. */
function lieAbout(name: string, expert: CallSession): void {
  const { send } = RTCDataChannel.prototype as { send: (data: unknown) => void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const lies = typeof data === "string" && channels.get(this) === expert.peerConnection;
    const about = new RegExp(`("name":"${name}","fingerprint":")[^"]*`);
    send.call(this, lies ? data.replace(about, `$1${"0f".repeat(32)}`) : data);
  };
}

Object.assign(globalThis, { begin, join, again, lieAbout, until, moves, talk });
