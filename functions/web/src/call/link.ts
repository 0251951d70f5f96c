// The peer connection of a call: three transceivers and two channels, made once and never negotiated anew. What comes
// from the other side passes the certificate gate first.

import type { CheckFailed } from "../trust/failure.ts";
import { fingerprintOf } from "../trust/fingerprint.ts";
import { CertificateGate } from "./gate.ts";

/** What a link tells its session. */
export interface LinkEvents {
  /** Candidates of this side, batched; an empty list says that there are no more. */
  candidates: (candidates: RTCIceCandidateInit[]) => void;
  /** The state of the connection changed. */
  state: () => void;
  /** The other side has shown the expected certificate: its streams may be shown from now on. */
  checked: () => void;
  /** The other side has shown another certificate. */
  failed: (error: CheckFailed) => void;
  /** Text from the channel `control`. */
  control: (text: string) => void;
  controlOpen: () => void;
  /** A frame from the channel `files`. */
  file: (frame: ArrayBuffer) => void;
}

/** Candidates are collected for so long before they are sent: few requests, little delay. Milliseconds. */
const BATCH = 50;

/** The highest bit rates, in bits per second. */
const RATES = { voice: 48_000, camera: 1_700_000, screen: 2_500_000 };

export interface Transceivers {
  voice: RTCRtpTransceiver;
  camera: RTCRtpTransceiver;
  screen: RTCRtpTransceiver;
}

export interface Tracks {
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  screen: MediaStreamTrack | null;
}

export class Link {
  /** Names this peer connection to the other side; made by the visitor. */
  readonly connection: string;
  readonly pc: RTCPeerConnection;
  readonly control: RTCDataChannel;
  readonly files: RTCDataChannel;
  /** The other side's voice and camera; to be shown only when {@link checked}. */
  readonly remote = new MediaStream();
  /** The other side's screen. */
  readonly remoteScreen = new MediaStream();
  /** The candidates of this side that were told so far. */
  readonly gathered: RTCIceCandidateInit[] = [];
  #events: LinkEvents;
  #gate: CertificateGate;
  #transceivers: Transceivers | undefined;
  #tracks: Tracks = { microphone: null, camera: null, screen: null };
  #offer: string | undefined;
  #batch: RTCIceCandidateInit[] = [];
  #batchTimer: ReturnType<typeof setTimeout> | undefined;
  #waiting: RTCIceCandidateInit[] = [];
  #released = true;
  #closed = false;
  #end: (nothing: undefined) => void = () => {};
  #ended = new Promise<undefined>((resolve) => {
    this.#end = resolve;
  });

  /**
   * `certificate`: the one of this side for the whole call. `expected`: the fingerprint of the other side's, where it is
   * known before its description.
   */
  constructor(
    connection: string,
    iceServers: RTCIceServer[],
    certificate: RTCCertificate,
    events: LinkEvents,
    expected?: string,
  ) {
    this.connection = connection;
    this.#events = events;
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle", certificates: [certificate] });
    this.#gate = new CertificateGate(
      this.pc,
      {
        opened: () => {
          events.checked();
          events.state();
        },
        failed: (error) => events.failed(error),
      },
      expected,
    );
    this.pc.addEventListener("icecandidate", ({ candidate }) => this.#gathered(candidate));
    this.pc.addEventListener("connectionstatechange", () => events.state());
    // In the offerer the channels must be there before the offer; in the answerer they do no harm.
    this.control = this.pc.createDataChannel("control", { negotiated: true, id: 0 });
    this.files = this.pc.createDataChannel("files", { negotiated: true, id: 1 });
    this.files.binaryType = "arraybuffer";
    this.control.addEventListener("open", () => this.#gate.pass(() => events.controlOpen()));
    this.control.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.#gate.pass(() => events.control(data), data.length);
    });
    this.files.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer) this.#gate.pass(() => events.file(data), data.byteLength);
    });
  }

  /** Whether the other side has shown the expected certificate. */
  get checked(): boolean {
    return this.#gate.open;
  }

  /** The connection's state; as long as the other side's certificate is not checked it is not `connected`. */
  get state(): RTCPeerConnectionState {
    const { connectionState } = this.pc;
    return connectionState === "connected" && !this.#gate.open ? "connecting" : connectionState;
  }

  /**
   * Makes the offer; again with `restart` for an ICE restart, unless the last one is not answered yet: its answer would not
   * fit the next, and so the same one is to be said again. It carries no candidates: they follow as events. Nothing when
   * the connection is closed meanwhile.
   */
  async offer(restart = false): Promise<string | undefined> {
    if (this.#closed) return undefined;
    if (this.offering) return this.#offer;
    if (!this.#transceivers) {
      const add = (kind: "audio" | "video"): RTCRtpTransceiver =>
        this.pc.addTransceiver(kind, { direction: "sendrecv" });
      this.#adopt({ voice: add("audio"), camera: add("video"), screen: add("video") });
    }
    if (restart) this.pc.restartIce();
    const offer = await this.#unlessClosed(this.pc.createOffer());
    this.#offer = offer?.sdp;
    return offer && this.#unlessClosed(this.pc.setLocalDescription(offer).then(() => offer.sdp));
  }

  /** Whether an offer of this side waits for its answer. */
  get offering(): boolean {
    return this.pc.signalingState === "have-local-offer";
  }

  /** Throws {@link CheckFailed} when the other side's certificate is another one than before. */
  async takeAnswer(sdp: string): Promise<void> {
    this.#gate.expect(sdp);
    if (!this.offering) return;
    await this.#unlessClosed(this.pc.setRemoteDescription({ type: "answer", sdp }));
    await this.#gate.look();
    await this.#addWaiting();
  }

  /**
   * Takes the other side's offer and makes the answer. Unless `release`, the other side's candidates are kept back until
   * {@link release}, so that nothing is sent to the other side and it learns no address. For the same reason candidates
   * inside the offer are dropped: they belong into signals. Throws {@link CheckFailed} when the other side's certificate
   * is another one than before. Does nothing when the connection is closed meanwhile.
   */
  async answer(sdp: string, release: boolean): Promise<void> {
    this.#gate.expect(sdp);
    this.#released = release;
    await this.#unlessClosed(this.pc.setRemoteDescription({ type: "offer", sdp: withoutCandidates(sdp) }));
    if (this.#closed) return;
    if (!this.#transceivers) {
      const [voice, camera, screen] = this.pc.getTransceivers();
      if (!voice || !camera || !screen) throw new TypeError("no transceivers");
      for (const transceiver of [voice, camera, screen]) transceiver.direction = "sendrecv";
      this.#adopt({ voice, camera, screen });
    }
    await this.#unlessClosed(this.pc.setLocalDescription());
    await this.#gate.look();
    if (release) await this.#addWaiting();
  }

  /** The answer with the candidates gathered so far; those that follow come as events. */
  takeLocalAnswer(): string {
    this.#batch = [];
    return this.pc.localDescription?.sdp ?? "";
  }

  /** Gives the other side's candidates to the connection: from now on the two may find each other. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#addWaiting();
  }

  async addCandidates(candidates: RTCIceCandidateInit[]): Promise<void> {
    this.#waiting.push(...candidates);
    await this.#addWaiting();
  }

  async #addWaiting(): Promise<void> {
    if (!this.#released || !this.pc.remoteDescription) return;
    const candidates = this.#waiting.splice(0);
    // One that does not fit (of an earlier generation, or a protocol this browser does not know) is left out.
    const added = candidates.map((candidate) => this.pc.addIceCandidate(candidate).catch(() => {}));
    await this.#unlessClosed(Promise.all(added));
  }

  /** Browsers never tell how it went with what a connection was asked for when it is closed meanwhile: then nothing. */
  #unlessClosed<T>(asked: Promise<T>): Promise<T | undefined> {
    return Promise.race([asked, this.#ended]);
  }

  /** Puts tracks on the transceivers, without negotiating. */
  setTracks(tracks: Tracks): void {
    const before = this.#tracks;
    this.#tracks = tracks;
    if (!this.#transceivers) return;
    const { voice, camera, screen } = this.#transceivers;
    if (tracks.microphone !== before.microphone) replace(voice, tracks.microphone);
    if (tracks.camera !== before.camera) replace(camera, tracks.camera);
    if (tracks.screen !== before.screen) replace(screen, tracks.screen);
  }

  /** What goes out is divided among so many connections of this side. */
  share(among: number): void {
    if (this.#transceivers) limit(this.#transceivers.camera.sender, RATES.camera / among);
  }

  get transceivers(): Transceivers | undefined {
    return this.#transceivers;
  }

  /** Whether an ICE restart cannot help: it is closed, or the network is there and DTLS does not come about. */
  get stuck(): boolean {
    const { connectionState, iceConnectionState } = this.pc;
    return connectionState === "closed" || (connectionState === "connecting" && iceConnectionState === "connected");
  }

  /** Of the two DTLS certificates: SHA-256 in lower-case hexadecimal. */
  get fingerprints(): { local: string; remote: string | undefined } {
    return { local: fingerprintOf(this.pc.localDescription?.sdp ?? ""), remote: this.#gate.expected };
  }

  setIceServers(iceServers: RTCIceServer[]): void {
    // With all the rest, the certificate too: Chromium takes what is left out for a change.
    this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#batchTimer);
    this.pc.close();
    this.#end(undefined);
  }

  #adopt(transceivers: Transceivers): void {
    this.#transceivers = transceivers;
    const { voice, camera, screen } = transceivers;
    this.remote.addTrack(voice.receiver.track);
    this.remote.addTrack(camera.receiver.track);
    this.remoteScreen.addTrack(screen.receiver.track);
    replace(voice, this.#tracks.microphone);
    replace(camera, this.#tracks.camera);
    replace(screen, this.#tracks.screen);
    for (const [name, transceiver] of Object.entries(transceivers) as [keyof Transceivers, RTCRtpTransceiver][]) {
      limit(transceiver.sender, RATES[name]);
    }
  }

  #gathered(candidate: RTCIceCandidate | null): void {
    if (this.#closed) return;
    if (candidate && candidate.candidate !== "") {
      this.#batch.push(candidate.toJSON());
      this.#batchTimer ??= setTimeout(() => this.#flush(), BATCH);
    } else if (!candidate) {
      this.#flush();
      this.#events.candidates([]);
    }
  }

  #flush(): void {
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    const batch = this.#batch.splice(0);
    this.gathered.push(...batch);
    if (batch.length > 0) this.#events.candidates(batch);
  }
}

/** Reads lines as loosely as any browser does. */
function withoutCandidates(sdp: string): string {
  return sdp
    .split(/[\r\n]+/)
    .filter((line) => !/^\s*a\s*=\s*(candidate|remote-candidates|end-of-candidates)/i.test(line))
    .join("\r\n");
}

function replace(transceiver: RTCRtpTransceiver, track: MediaStreamTrack | null): void {
  if (transceiver.sender.track === track) return;
  // Fails only when the connection is closed.
  transceiver.sender.replaceTrack(track).catch(() => {});
}

function limit(sender: RTCRtpSender, maxBitrate: number): void {
  const parameters = sender.getParameters();
  // A browser that lists no encodings before negotiation keeps its own bounds.
  if (!parameters.encodings?.[0]) return;
  parameters.encodings[0].maxBitrate = maxBitrate;
  sender.setParameters(parameters).catch(() => {});
}
