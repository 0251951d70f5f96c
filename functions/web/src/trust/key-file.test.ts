import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { fromBase64url, hex } from "../call/bytes.ts";
import { KeyFileError, type KeyFileProblem, makeKeyFile, openKeyFile } from "./key-file.ts";

const PASSPHRASE = "sieben Äpfel liegen im Regen";
const { file: made, publicKey: madeKey } = await makeKeyFile(PASSPHRASE, [
  "Visavis site key",
  "Organisation: -----BEGIN PRIVATE KEY-----",
]);

const refused = (problem: KeyFileProblem) => (error: unknown) =>
  error instanceof KeyFileError && error.problem === problem;

/** Runs openssl in a folder of its own; a machine without it must not pass by looking away. */
async function openssl(
  passphrase: string,
  args: string[],
  file?: string,
): Promise<{ status: number | null; out: Buffer; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), "visavis-"));
  try {
    if (file !== undefined) await writeFile(join(folder, "key.pem"), file);
    const run = spawnSync("openssl", args, { cwd: folder, env: { ...process.env, PASSPHRASE: passphrase } });
    assert.equal(run.error, undefined, "openssl is needed: install it");
    const written = await readFile(join(folder, "key.pem"), "utf8").catch(() => "");
    return { status: run.status, out: run.stdout, file: written };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("the file opens with its passphrase, and what it signs verifies", async () => {
  const key = await openKeyFile(made, PASSPHRASE);
  const said = new TextEncoder().encode("said");
  const verifier = await crypto.subtle.importKey("raw", fromBase64url(key.publicKey), "Ed25519", true, ["verify"]);
  assert.ok(
    await crypto.subtle.verify("Ed25519", verifier, await crypto.subtle.sign("Ed25519", key.privateKey, said), said),
  );
  assert.equal(key.publicKey, madeKey);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", key.privateKey), "it cannot be read back out");
});

test("no other passphrase opens it", async () => {
  for (const wrong of ["", PASSPHRASE.toLowerCase(), `${PASSPHRASE} `]) {
    await assert.rejects(openKeyFile(made, wrong), refused("passphrase"));
  }
});

test("an umlaut typed in two strokes is the same", async () => {
  await openKeyFile(made, PASSPHRASE.normalize("NFD"));
});

test("windows line ends and text around do no harm", async () => {
  const { publicKey } = await openKeyFile(made, PASSPHRASE);
  const again = await openKeyFile(`\u{feff}From: me\r\n${made.replaceAll("\n", "\r\n")}\r\nbye`, PASSPHRASE);
  assert.deepEqual(again.publicKey, publicKey);
});

test("openssl opens it and finds the same public key", async () => {
  const opened = await openssl(
    PASSPHRASE,
    ["pkey", "-in", "key.pem", "-passin", "env:PASSPHRASE", "-pubout", "-outform", "DER"],
    made,
  );
  assert.equal(opened.status, 0);
  const { publicKey } = await openKeyFile(made, PASSPHRASE);
  assert.equal(opened.out.subarray(-32).toString("hex"), hex(fromBase64url(publicKey)));
  const outside = await openssl(PASSPHRASE, ["asn1parse", "-in", "key.pem"], made.slice(made.indexOf("-----BEGIN")));
  assert.match(
    outside.out.toString(),
    /PBES2.*PBKDF2.*INTEGER\s+:0927C0.*hmacWithSHA256.*aes-256-cbc/s,
    "600,000 rounds",
  );
});

test("a file of openssl's opens", async () => {
  const args = ["genpkey", "-algorithm", "ed25519", "-aes-256-cbc", "-pass", "env:PASSPHRASE", "-out", "key.pem"];
  const { file } = await openssl(PASSPHRASE, args);
  const { publicKey } = await openKeyFile(file, PASSPHRASE);
  const read = await openssl(
    PASSPHRASE,
    ["pkey", "-in", "key.pem", "-passin", "env:PASSPHRASE", "-pubout", "-outform", "DER"],
    file,
  );
  assert.equal(read.out.subarray(-32).toString("hex"), hex(fromBase64url(publicKey)));
  await assert.rejects(openKeyFile(file, "another"), refused("passphrase"));
});

test("what is not such a file is refused with its reason", async () => {
  const ed25519 = ["genpkey", "-algorithm", "ed25519", "-out", "key.pem"];
  const { file: open } = await openssl(PASSPHRASE, ed25519);
  await assert.rejects(openKeyFile(open, PASSPHRASE), refused("unencrypted"));
  const p256 = [
    "genpkey",
    "-algorithm",
    "EC",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-aes-256-cbc",
    "-pass",
    "env:PASSPHRASE",
    "-out",
    "key.pem",
  ];
  await assert.rejects(openKeyFile((await openssl(PASSPHRASE, p256)).file, PASSPHRASE), refused("unsupported"));
  const scrypt = await openssl(
    PASSPHRASE,
    ["pkcs8", "-topk8", "-scrypt", "-in", "key.pem", "-passout", "env:PASSPHRASE"],
    open,
  );
  await assert.rejects(openKeyFile(scrypt.out.toString(), PASSPHRASE), refused("unsupported"));
  for (const nothing of ["", "hello", made.slice(0, -60), made.replaceAll("BEGIN", "BEGAN")]) {
    await assert.rejects(openKeyFile(nothing, PASSPHRASE), refused("not-a-key-file"));
  }
});
