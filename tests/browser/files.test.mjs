// Files over the data channel: complete, unchanged, to whoever accepts them.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";

import { scenario } from "./harness/scenario.mjs";

const sha256 = (/** @type {Buffer} */ bytes) => createHash("sha256").update(bytes).digest("hex");

scenario("a file of 20 MB arrives intact", async (world) => {
  const { visitor, desk } = await world.call();
  const bytes = randomBytes(20_000_000);
  await visitor.sendFile({ name: "Garden plan (final).bin", mimeType: "application/octet-stream", buffer: bytes });
  const received = await desk.takesFile("Garden plan (final).bin");
  assert.equal(sha256(await readFile(received)), sha256(bytes));
});

scenario("an expert's file arrives at the visitor, another is refused", async (world) => {
  const { visitor, desk } = await world.call();
  const bytes = randomBytes(300_000);
  await desk.sendFile({ name: "offer.pdf", mimeType: "application/pdf", buffer: bytes });
  assert.equal(sha256(await readFile(await visitor.takesFile("offer.pdf"))), sha256(bytes));
  await desk.sendFile({ name: "more.pdf", mimeType: "application/pdf", buffer: bytes });
  await visitor.refusesFile("more.pdf");
  await desk.isToldOfRefusal("more.pdf");
});
