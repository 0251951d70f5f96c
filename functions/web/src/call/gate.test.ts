import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";

import type { CheckFailed } from "../trust/failure.ts";
import { determined, done } from "./fake-network.ts";
import { CertificateGate } from "./gate.ts";

const CERTIFICATE = new TextEncoder().encode("a certificate").buffer;
const OTHER = new TextEncoder().encode("another certificate").buffer;

function description(certificate: ArrayBuffer): string {
  const digest = createHash("sha256").update(new Uint8Array(certificate)).digest("hex").toUpperCase();
  return `v=0\r\na=fingerprint:sha-256 ${digest.match(/../g)?.join(":")}\r\n`;
}

class FakeTransport extends EventTarget {
  state: RTCDtlsTransportState = "new";
  certificates: ArrayBuffer[] = [];

  getRemoteCertificates(): ArrayBuffer[] {
    return this.certificates;
  }

  become(state: RTCDtlsTransportState, ...certificates: ArrayBuffer[]): void {
    this.state = state;
    this.certificates = certificates;
    this.dispatchEvent(new Event("statechange"));
  }
}

/** A gate before a connection with these transports, and what it told. */
function gate(...transports: FakeTransport[]) {
  const pc = Object.assign(new EventTarget(), {
    getTransceivers: () => transports.map((transport) => ({ sender: { transport }, receiver: { transport } })),
    sctp: { transport: transports[0] },
  });
  const told: string[] = [];
  const made = new CertificateGate(pc as unknown as RTCPeerConnection, {
    opened: () => told.push("opened"),
    failed: ({ reason }: CheckFailed) => told.push(reason),
  });
  return { gate: made, told };
}

// Digests, which are made elsewhere in their own time, are made at once.
determined(randomBytes);

beforeEach(() => Object.assign(globalThis, { RTCDtlsTransport: FakeTransport }));
afterEach(() => Reflect.deleteProperty(globalThis, "RTCDtlsTransport"));

test("what comes waits for the certificate and passes in its order", async () => {
  const transport = new FakeTransport();
  const { gate: closed, told } = gate(transport);
  closed.expect(description(CERTIFICATE));
  await closed.look();
  closed.pass(() => told.push("first"));
  closed.pass(() => told.push("second"));
  assert.deepEqual(told, []);
  transport.become("connected", CERTIFICATE);
  await done();
  closed.pass(() => told.push("third"));
  assert.deepEqual(told, ["opened", "first", "second", "third"]);
});

test("another certificate fails, and nothing passes any more", async () => {
  const transport = new FakeTransport();
  const { gate: closed, told } = gate(transport);
  closed.expect(description(CERTIFICATE));
  await closed.look();
  closed.pass(() => told.push("before"));
  transport.become("connected", OTHER);
  await done();
  closed.pass(() => told.push("after"));
  transport.become("connected", CERTIFICATE);
  await done();
  assert.deepEqual(told, ["certificate-changed"]);
  assert.equal(closed.open, false);
});

test("a certificate that changes later fails too", async () => {
  const transport = new FakeTransport();
  const { gate: opened, told } = gate(transport);
  opened.expect(description(CERTIFICATE));
  transport.become("connected", CERTIFICATE);
  await opened.look();
  transport.become("connected", OTHER);
  await done();
  opened.pass(() => told.push("after"));
  assert.deepEqual(told, ["opened", "certificate-changed"]);
});

test("a second transport is compared too, and waited for", async () => {
  const [one, two] = [new FakeTransport(), new FakeTransport()];
  const { gate: closed, told } = gate(one, two);
  closed.expect(description(CERTIFICATE));
  await closed.look();
  one.become("connected", CERTIFICATE);
  await done();
  assert.deepEqual(told, []);
  two.become("connected", OTHER);
  await done();
  assert.deepEqual(told, ["certificate-changed"]);
});

test("a transport that is connected and shows no certificate fails", async () => {
  const transport = new FakeTransport();
  const { gate: closed, told } = gate(transport);
  closed.expect(description(CERTIFICATE));
  transport.become("connected");
  await closed.look();
  assert.deepEqual(told, ["certificate-changed"]);
});

test("nothing opens before a description has said what is expected", async () => {
  const transport = new FakeTransport();
  const { gate: closed, told } = gate(transport);
  transport.become("connected", CERTIFICATE);
  await closed.look();
  assert.deepEqual(told, ["certificate-changed"]);
});

test("a later description with another fingerprint is refused", () => {
  const { gate: closed } = gate(new FakeTransport());
  closed.expect(description(CERTIFICATE));
  closed.expect(description(CERTIFICATE));
  assert.throws(() => closed.expect(description(OTHER)), { reason: "fingerprint" });
  assert.throws(() => closed.expect("v=0\r\n"), { reason: "fingerprint" });
});

test("what waits is bounded", async () => {
  const transport = new FakeTransport();
  const { gate: closed } = gate(transport);
  closed.expect(description(CERTIFICATE));
  let passed = 0;
  for (let at = 0; at < 5_000; at++) closed.pass(() => passed++);
  transport.become("connected", CERTIFICATE);
  await closed.look();
  assert.equal(passed, 1_000);
});
