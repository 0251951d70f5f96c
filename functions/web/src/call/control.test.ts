import assert from "node:assert/strict";
import { test } from "node:test";

import { newId } from "./bytes.ts";
import { BURST, ControlReader, PER_SECOND } from "./control.ts";

const id = newId();
const member = (kind: string) => ({ id, kind, name: "Gustav", fingerprint: "0f".repeat(32) });
const pass = (message: unknown) => ({ type: "pass", to: id, from: id, message });
const read = (value: unknown) => new ControlReader().read(JSON.stringify(value));

test("what has the documented form comes out as it went in", () => {
  const at = "2026-11-23T21:00:00.000Z";
  for (const message of [
    { type: "chat", id, text: "Grüezi", at },
    { type: "showing", microphone: true, camera: false, screen: true },
    { type: "file", id, name: "a.pdf", size: 7, media_type: "application/pdf" },
    { type: "file-accept", id },
    { type: "file-refuse", id },
    { type: "file-cancel", id },
    { type: "file-done", id, sha256: "0".repeat(64) },
    { type: "code-commit", members: "m".repeat(43), commitment: "c".repeat(43) },
    { type: "code-reveal", members: "m".repeat(43), secret: "s".repeat(43) },
    { type: "members", call: id, members: [member("visitor"), member("expert")] },
    { type: "members", call: id, members: ["visitor", "expert", "colleague", "guest"].map((kind) => member(kind)) },
    pass({ type: "offer", connection: "one", sdp: "v=0" }),
    pass({ type: "answer", connection: "one", sdp: "v=0" }),
    pass({ type: "candidates", connection: "one", candidates: [{ candidate: "candidate:1" }] }),
    pass({ type: "restart" }),
    { type: "bye" },
  ]) {
    assert.deepEqual(read(message), message);
  }
});

test("what has not is dropped", () => {
  const at = "2026-11-23T21:00:00.000Z";
  for (const value of [
    null,
    7,
    [],
    {},
    { type: "file-accept" },
    { type: "code-commit", members: "m".repeat(43) },
    { type: "code-reveal", members: "m".repeat(42), secret: "s".repeat(43) },
    { type: "code-reveal", members: "m".repeat(43), secret: "s".repeat(2_000) },
    { type: "chat", id: "x".repeat(20_000), text: "a", at },
    { type: "chat", id: id.toUpperCase(), text: "a", at },
    { type: "chat", id, text: { toString: 1 }, at },
    { type: "chat", id, text: "a" },
    { type: "chat", id, text: "a".repeat(33_000), at },
    { type: "file", id, name: ["a"], size: 7, media_type: "" },
    { type: "file", id, name: "a", size: "7", media_type: "" },
    { type: "file-done", id, sha256: 7 },
    { type: "members", members: [member("visitor"), member("expert")] },
    { type: "members", call: "call", members: [member("visitor"), member("expert")] },
    { type: "members", call: id, members: { 0: member("visitor"), 1: member("expert"), length: 2 } },
    { type: "members", call: id, members: [member("visitor")] },
    { type: "members", call: id, members: Array(5).fill(member("guest")) },
    ...[
      null,
      "guest",
      { ...member("guest"), id: "guest" },
      { ...member("guest"), id: id.toUpperCase() },
      { ...member("guest"), kind: "administrator" },
      { ...member("guest"), kind: "toString" },
      { ...member("guest"), name: undefined },
      { ...member("guest"), name: ["Gustav"] },
      { ...member("guest"), fingerprint: "A".repeat(64) },
      { ...member("guest"), fingerprint: "a".repeat(63) },
      { ...member("guest"), fingerprint: ["a".repeat(64)] },
    ].map((wrong) => ({ type: "members", call: id, members: [member("expert"), wrong] })),
    { ...pass({ type: "restart" }), to: "visitor" },
    { ...pass({ type: "restart" }), from: undefined },
    pass({ type: "bye" }),
    pass({ type: "offer", connection: "one" }),
    pass({ type: "candidates", connection: "one", candidates: "none" }),
    pass(pass({ type: "restart" })),
    pass(undefined),
    { type: "surprise", id },
  ]) {
    assert.equal(read(value), undefined, JSON.stringify(value).slice(0, 80));
  }
  assert.equal(new ControlReader().read("{"), undefined);
});

test("of a member's name so much is read, and of nothing more than is documented", () => {
  const told = { ...member("guest"), name: "G".repeat(5_000), remote: "stream" };
  const message = read({ type: "members", call: id, members: [member("expert"), told] });
  assert.deepEqual(message?.type === "members" && message.members[1], { ...member("guest"), name: "G".repeat(80) });
  const passed = read({ ...pass({ type: "restart", also: 1 }), also: 1 });
  assert.deepEqual(passed, pass({ type: "restart" }));
});

test("a member's name holds nothing that is not seen or turns what follows", () => {
  const told = { ...member("guest"), name: "\u202eAda\u200b Adviser\u0007" };
  const message = read({ type: "members", call: id, members: [member("expert"), told] });
  assert.equal(message?.type === "members" && message.members[1]?.name, "Ada Adviser");
});

test("a media type is at most 100 characters", () => {
  const message = read({ type: "file", id, name: "a", size: 7, media_type: "x".repeat(5_000) });
  assert.equal(message?.type === "file" && message.media_type.length, 100);
});

test("what comes faster than a page can follow is dropped, and the next is heard", () => {
  let now = 0;
  const reader = new ControlReader(() => now);
  const heard = (messages: number): number =>
    Array.from({ length: messages }, () => reader.read('{"type":"bye"}')).filter((message) => message).length;
  assert.equal(heard(BURST + 1_000), BURST);
  now += 1_000;
  assert.equal(heard(1_000), PER_SECOND);
  now += 3_600_000;
  assert.equal(heard(BURST + 1_000), BURST);
});
