// Connections without a browser, for tests: what goes over a line comes in its order, and lines overtake each other as a
// test lets them.

import { hex } from "./bytes.ts";
import { Sha256 } from "./sha256.ts";

export interface FakeCertificate {
  bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 in lower-case hexadecimal. */
  fingerprint: string;
}

export function fakeCertificate(name: string): FakeCertificate {
  const bytes = new TextEncoder().encode(name);
  const hash = new Sha256();
  hash.update(bytes);
  return { bytes, fingerprint: hex(hash.digest()) };
}

export const asCertificate = (certificate: FakeCertificate): RTCCertificate => certificate as unknown as RTCCertificate;

/** Makes everything of this process that takes its time or leaves something to chance do it at once and always alike. */
export function determined(bytes: (length: number) => Uint8Array): void {
  const digest = async (_: string, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> => {
    const hash = new Sha256();
    hash.update(new Uint8Array(data));
    return new Uint8Array(hash.digest()).buffer;
  };
  const getRandomValues = (array: Uint8Array): Uint8Array => {
    array.set(bytes(array.length));
    return array;
  };
  Object.defineProperty(crypto.subtle, "digest", { value: digest });
  Object.defineProperty(crypto, "getRandomValues", { value: getRandomValues });
}

/** After all that is ready to be done. */
export function done(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** What is on its way. */
export class FakeNetwork {
  #lines = new Map<string, (() => void)[]>();
  #connections: FakeConnection[] = [];
  #below: (limit: number) => number;

  /** `below` chooses: a whole number from 0 to below `limit`. */
  constructor(below: (limit: number) => number) {
    this.#below = below;
  }

  post(line: string, act: () => void): void {
    this.#lines.set(line, [...(this.#lines.get(line) ?? []), act]);
  }

  /** Lets the next thing on some line arrive; `false` when there is none. */
  deliver(): boolean {
    const waiting = [...this.#lines].filter(([, acts]) => acts.length > 0);
    const [, acts] = waiting[this.#below(waiting.length)] ?? [];
    acts?.shift()?.();
    return acts !== undefined;
  }

  /** Makes this the network of the connections that this process makes from now on. */
  install(): void {
    const connections = this.#connections;
    const network = this;
    let made = 0;
    class Connection extends FakeConnection {
      constructor({ certificates }: { certificates: FakeCertificate[] } = { certificates: [] }) {
        super(network, connections, certificates[0] ?? fakeCertificate("none"));
      }

      static async generateCertificate(): Promise<FakeCertificate> {
        return fakeCertificate(`made ${++made}`);
      }
    }
    Object.assign(globalThis, {
      RTCPeerConnection: Connection,
      RTCDtlsTransport: FakeTransport,
      MediaStream: class {
        addTrack(): void {}
      },
    });
  }

  /** How many connections are made and not closed. */
  get open(): number {
    return this.#connections.filter(({ connectionState }) => connectionState !== "closed").length;
  }

  /** All paths break. */
  cut(): void {
    for (const connection of this.#connections) connection.become("failed");
  }
}

class FakeTransport extends EventTarget {
  state = "new";
  certificates: ArrayBuffer[] = [];

  getRemoteCertificates(): ArrayBuffer[] {
    return this.certificates;
  }
}

class FakeChannel extends EventTarget {
  readyState = "connecting";
  bufferedAmount = 0;
  #send: (data: unknown) => void;

  constructor(send: (data: unknown) => void) {
    super();
    this.#send = send;
  }

  send(data: unknown): void {
    this.#send(data);
  }
}

/** Names itself in its descriptions; two that have each other's find each other, whatever certificates these tell. */
class FakeConnection extends EventTarget {
  connectionState = "new";
  iceConnectionState = "new";
  signalingState = "stable";
  localDescription: { sdp: string } | undefined;
  remoteDescription: { sdp: string } | undefined;
  readonly transport = new FakeTransport();
  readonly sctp = { transport: this.transport };
  readonly channels: FakeChannel[] = [];
  #network: FakeNetwork;
  #all: FakeConnection[];
  #number: number;
  #certificate: FakeCertificate;
  #transceivers: object[] = [];
  #held: (() => void)[] = [];

  constructor(network: FakeNetwork, all: FakeConnection[], certificate: FakeCertificate) {
    super();
    this.#network = network;
    this.#all = all;
    this.#number = all.push(this) - 1;
    this.#certificate = certificate;
  }

  createDataChannel(): FakeChannel {
    const number = this.channels.length;
    const channel = new FakeChannel((data) => {
      const peer = this.#peer;
      if (!peer) return;
      this.#network.post(`to ${peer.#number}`, () => {
        // Sent again and again until the path is back.
        const arrive = () => peer.channels[number]?.dispatchEvent(new MessageEvent("message", { data }));
        if (peer.connectionState === "connected") arrive();
        else if (peer.connectionState !== "closed") peer.#held.push(arrive);
      });
    });
    this.channels.push(channel);
    return channel;
  }

  addTransceiver(): object {
    const { transport } = this;
    const sender = {
      ...{ transport, track: null as unknown, getParameters: () => ({}) },
      replaceTrack: async (track: unknown) => {
        sender.track = track;
      },
    };
    this.#transceivers.push({ sender, receiver: { transport, track: {} }, direction: "sendrecv" });
    return this.#transceivers.at(-1) ?? {};
  }

  getTransceivers(): object[] {
    return this.#transceivers;
  }

  get #sdp(): string {
    const fingerprint = this.#certificate.fingerprint.toUpperCase().match(/../g)?.join(":");
    return `v=0\r\na=fingerprint:sha-256 ${fingerprint}\r\na=ice-ufrag:${this.#number}\r\n`;
  }

  /** As browsers do: what is not done when the connection is closed is never told. */
  async #unlessClosed(): Promise<void> {
    await undefined;
    if (this.connectionState === "closed") await new Promise(() => {});
  }

  async createOffer(): Promise<{ type: string; sdp: string }> {
    await this.#unlessClosed();
    return { type: "offer", sdp: this.#sdp };
  }

  async setLocalDescription(description?: { sdp: string }): Promise<void> {
    await this.#unlessClosed();
    this.localDescription = { sdp: description?.sdp ?? this.#sdp };
    this.signalingState = description ? "have-local-offer" : "stable";
  }

  async setRemoteDescription({ type, sdp }: { type: string; sdp: string }): Promise<void> {
    if (this.connectionState === "closed") throw new TypeError("closed");
    await this.#unlessClosed();
    this.remoteDescription = { sdp };
    if (type === "offer") {
      this.signalingState = "have-remote-offer";
      while (this.#transceivers.length < 3) this.addTransceiver();
      return;
    }
    this.signalingState = "stable";
    const peer = this.#peer;
    if (!peer || peer.#peer !== this) return;
    for (const [one, other] of [
      [this, peer],
      [peer, this],
    ] as const) {
      this.#network.post(`to ${one.#number}`, () => one.#connected(other));
    }
  }

  get #peer(): FakeConnection | undefined {
    return this.#all[Number(/ice-ufrag:(\d+)/.exec(this.remoteDescription?.sdp ?? "")?.[1])];
  }

  #connected(peer: FakeConnection): void {
    if (this.connectionState === "closed") return;
    this.transport.state = "connected";
    this.transport.certificates = [peer.#certificate.bytes.buffer];
    this.transport.dispatchEvent(new Event("statechange"));
    this.become("connected");
    // Of two that do not both have channels none opens.
    if (peer.channels.length === 0) return;
    for (const channel of this.channels) {
      if (channel.readyState === "open") continue;
      channel.readyState = "open";
      channel.dispatchEvent(new Event("open"));
    }
    for (const arrive of this.#held.splice(0)) arrive();
  }

  become(state: string): void {
    if (this.connectionState === "closed" || this.connectionState === state) return;
    this.connectionState = state;
    this.iceConnectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  async addIceCandidate(): Promise<void> {}
  restartIce(): void {}
  setConfiguration(): void {}

  close(): void {
    this.connectionState = "closed";
    for (const channel of this.channels) channel.readyState = "closed";
  }
}
