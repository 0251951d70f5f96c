import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "./bytes.ts";
import { plainPayloads, restartPayload } from "./payload.ts";
import type { Message } from "./types.ts";

const raw = (value: unknown): string => toBase64url(new TextEncoder().encode(JSON.stringify(value)));

test("every message comes out as it went in", async () => {
  const messages: Message[] = [
    { type: "offer", connection: "c", sdp: "v=0\r\nö" },
    { type: "answer", connection: "c", sdp: "v=0" },
    { type: "candidates", connection: "c", candidates: [{ candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0 }] },
    { type: "candidates", connection: "c", candidates: [] },
    { type: "restart", connection: "c" },
    { type: "restart" },
  ];
  for (const message of messages)
    assert.deepEqual((await plainPayloads.open(await plainPayloads.seal(message), {}))?.message, message);
});

test("what is no message is refused", async () => {
  const wrong = [null, 7, [], {}, { type: "offer" }, { type: "answer", connection: 1, sdp: "" }, { type: "bye" }];
  for (const one of wrong) await assert.rejects(plainPayloads.open(raw(one), {}));
  await assert.rejects(plainPayloads.open("%%%", {}));
  await assert.rejects(plainPayloads.open(toBase64url(Uint8Array.of(0xff, 0xfe)), {}));
});

test("candidates that are none are left out", async () => {
  const open = await plainPayloads.open(
    raw({ type: "candidates", connection: "c", candidates: [null, 3, { candidate: "x" }] }),
    {},
  );
  assert.deepEqual(open?.message, { type: "candidates", connection: "c", candidates: [{ candidate: "x" }] });
});

test("what the service would refuse as too long is not sent", async () => {
  const sdp = "x".repeat(64 * 1024);
  await assert.rejects(plainPayloads.seal({ type: "offer", connection: "c", sdp }), RangeError);
});

test("descriptions say that nothing is proven, and a desk that knows nothing asks anybody for an offer", async () => {
  const offer = await plainPayloads.open(await plainPayloads.offer("c", "v=0"), {});
  assert.deepEqual(offer, { message: { type: "offer", connection: "c", sdp: "v=0" }, proven: "unverified" });
  assert.deepEqual(await plainPayloads.open(restartPayload(), {}), { message: { type: "restart" } });
});
