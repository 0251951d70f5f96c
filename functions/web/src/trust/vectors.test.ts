// The vectors that other clients read: made as docs/handshake-vectors.json has them, and each with the result it says.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { Chains } from "./chain.ts";
import { checkSignature } from "./ed25519.ts";
import { binary } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";
import { deviceOf } from "./fixtures.ts";
import { openMessage } from "./message.ts";
import { type Label, read, verify } from "./statements.ts";
import { makeVectors } from "./vectors.ts";
import type { ChainVector } from "./vectors-chains.ts";

const FILE = new URL("../../../../docs/handshake-vectors.json", import.meta.url);

interface Vectors {
  statements: { name: string; label: Label; values: object; statement: string }[];
  bad_statements: { name: string; label: Label; statement: string; reason: string }[];
  signatures: { name: string; key: string; message: string; signature: string; good: boolean }[];
  chains: ChainVector[];
  message: { organisation: string; message: string; content: object; payload: string };
}

const made = `${JSON.stringify(await makeVectors(), null, 2)}\n`;
if (process.env.WRITE_VECTORS) writeFileSync(FILE, made);
const vectors = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;
const reason = (wanted: string) => (error: unknown) => error instanceof CheckFailed && error.reason === wanted;

test("the file is what this client makes", () => {
  assert.deepEqual(vectors, JSON.parse(made), "if the change is intended: WRITE_VECTORS=1");
});

test("good statements are read and verified", async () => {
  assert.ok(vectors.statements.length > 0);
  for (const { name, label, values, statement } of vectors.statements) {
    assert.deepEqual(read(label, statement), values, name);
    assert.deepEqual(await verify(label, statement), values, name);
  }
});

test("bad statements are refused", async () => {
  assert.ok(vectors.bad_statements.length > 0);
  for (const { name, label, statement, reason: wanted } of vectors.bad_statements)
    await assert.rejects(verify(label, statement), reason(wanted), name);
});

test("signatures are taken and refused", async () => {
  assert.ok(vectors.signatures.length > 0);
  for (const { name, key, message, signature, good } of vectors.signatures) {
    const checked = checkSignature(key, binary(signature), binary(message));
    await (good ? checked : assert.rejects(checked, reason("signature"), name));
  }
});

test("chains are good or bad for the reason given", async () => {
  assert.ok(vectors.chains.length > 0);
  for (const { name, organisation, now, site_keys: siteKeys, device, result, seen, ...evidence } of vectors.chains) {
    const memory = new Map(seen === undefined ? [] : [[organisation, seen]]);
    const checked = new Chains(evidence, { organisation, siteKeys, now }, memory).device(device);
    if (result === "good") assert.equal((await checked).organisation, organisation, name);
    else await assert.rejects(checked, reason(result), name);
  }
});

test("the message opens", async () => {
  const { organisation, message, content, payload } = vectors.message;
  assert.deepEqual(await openMessage({ organisation, message }, await deviceOf("ada"), payload), content);
  assert.equal(await openMessage({ organisation, message }, await deviceOf("ben"), payload), undefined);
});
