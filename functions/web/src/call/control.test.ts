import assert from "node:assert/strict";
import { test } from "node:test";

import { newId } from "./bytes.ts";
import { BURST, ControlReader, PER_SECOND } from "./control.ts";

const id = newId();
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
    { type: "surprise", id },
  ]) {
    assert.equal(read(value), undefined, JSON.stringify(value).slice(0, 80));
  }
  assert.equal(new ControlReader().read("{"), undefined);
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
