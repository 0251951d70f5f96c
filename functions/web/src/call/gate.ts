// The certificate gate: nothing of the other side passes before the certificate that DTLS really used is the one that
// was agreed on, and nothing after it is another one.

import { CheckFailed } from "../trust/failure.ts";
import { fingerprintOf } from "../trust/fingerprint.ts";
import { hex } from "./bytes.ts";

export interface GateEvents {
  /** The certificate is the expected one: what waited has passed. Told once. */
  opened: () => void;
  /** It is another one. Nothing passes any more. Told once. */
  failed: (error: CheckFailed) => void;
}

/** So much waits for the comparison, which takes a millisecond; more is dropped. */
const MOST_WAITING = 1_000;
/** Bytes. */
const LARGEST_WAITING = 1 << 20;

/** Whether this browser tells which certificate the other side has shown. */
export function canCompare(): boolean {
  return "getRemoteCertificates" in ((globalThis.RTCDtlsTransport?.prototype as object | undefined) ?? {});
}

export class CertificateGate {
  #pc: RTCPeerConnection;
  #events: GateEvents;
  #state: "closed" | "open" | "failed" = "closed";
  #expected: string | undefined;
  #waiting: (() => void)[] = [];
  #size = 0;
  #watched = new Set<RTCDtlsTransport>();

  /** `expected`: the fingerprint, where it is known before a description. */
  constructor(pc: RTCPeerConnection, events: GateEvents, expected?: string) {
    this.#pc = pc;
    this.#events = events;
    this.#expected = expected;
    pc.addEventListener("connectionstatechange", () => void this.look());
  }

  get expected(): string | undefined {
    return this.#expected;
  }

  get open(): boolean {
    return this.#state === "open";
  }

  /**
   * Takes the fingerprint of a description of the other side, before the connection is given it: unless it is known, the
   * first says what is expected. Throws {@link CheckFailed} when one has another.
   */
  expect(sdp: string): void {
    const fingerprint = fingerprintOf(sdp);
    this.#expected ??= fingerprint;
    if (fingerprint !== this.#expected) throw new CheckFailed("fingerprint");
  }

  /** Does it now, or as soon as the gate opens. `size` in bytes. */
  pass(act: () => void, size = 0): void {
    if (this.#state === "open") act();
    else if (this.#state === "closed" && this.#waiting.length < MOST_WAITING && this.#size + size <= LARGEST_WAITING) {
      this.#size += size;
      this.#waiting.push(act);
    }
  }

  /** Compares; to be called whenever something may have changed. */
  async look(): Promise<void> {
    const transports = this.#transports();
    for (const transport of transports) {
      if (this.#watched.has(transport)) continue;
      this.#watched.add(transport);
      transport.addEventListener("statechange", () => void this.look());
    }
    const connected = transports.filter(({ state }) => state === "connected");
    const same = await Promise.all(connected.map((transport) => this.#isExpected(transport)));
    if (this.#state === "failed") return;
    if (same.includes(false)) {
      this.#state = "failed";
      this.#waiting = [];
      this.#events.failed(new CheckFailed("certificate-changed"));
    } else if (this.#state === "closed" && connected.length > 0 && connected.length === transports.length) {
      this.#state = "open";
      this.#events.opened();
      for (const act of this.#waiting.splice(0)) act();
    }
  }

  /** All of them: a description may have kept the other side from bundling. */
  #transports(): RTCDtlsTransport[] {
    const found = this.#pc.getTransceivers().flatMap(({ sender, receiver }) => [sender.transport, receiver.transport]);
    return [...new Set([...found, this.#pc.sctp?.transport])].filter((transport) => transport != null);
  }

  async #isExpected(transport: RTCDtlsTransport): Promise<boolean> {
    // Without it only calls that are not authenticated are made; the browser itself keeps to the description.
    if (!canCompare()) return true;
    const [certificate] = transport.getRemoteCertificates();
    if (!certificate) return false;
    return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", certificate))) === this.#expected;
  }
}
