import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url, uuidFromBytes } from "../call/bytes.ts";
import { binary, concat } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";
import { ascending, Chance, publicKey, signed } from "./fixtures.ts";
import { deviceId, enrolmentCode, type Label, make, read, type Statements, verify } from "./statements.ts";

const malformed = (error: unknown) => error instanceof CheckFailed && error.reason === "malformed";
const refused = (error: unknown) =>
  error instanceof CheckFailed && (error.reason === "malformed" || error.reason === "signature");

/** Any values that are in their bounds, signed by the key of that name. */
async function anyOf(chance: Chance, label: Label, by: string): Promise<Statements[Label]> {
  const own = await publicKey(by);
  const id = () => uuidFromBytes(chance.bytes(16));
  const key = () => toBase64url(chance.bytes(32));
  const time = () => chance.below(2 ** 31) * chance.of([0, 1, 2 ** 20]);
  const text = (least: number) =>
    Array.from({ length: least + chance.below(81 - least) }, () =>
      String.fromCodePoint(chance.of([32, 0x7e, 0xa0, 0xfeff, 0x2028, 0x202e, 0x1f600, 0x41 + chance.below(26)])),
    ).join("");
  const validity = { notBefore: time(), notAfter: time() };
  switch (label) {
    case "site-key":
      return { organisation: id(), key: own, created: time() };
    case "succession":
      return { organisation: id(), oldKey: own, newKey: key(), ...validity };
    case "approver":
      return { organisation: id(), siteKey: own, approverKey: key(), person: id(), ...validity };
    case "device-request":
      return { organisation: id(), expert: id(), signingKey: own, sealingKey: key() };
    case "device": {
      const names = { name: text(1), title: text(0), organisationName: text(1) };
      const keys = { approverKey: own, signingKey: key(), sealingKey: key() };
      return { organisation: id(), expert: id(), ...names, ...keys, ...validity };
    }
    case "revocations": {
      const revoked = ascending(Array.from({ length: chance.below(20) }, key));
      return { organisation: id(), issuer: own, number: time(), ...validity, revoked };
    }
  }
}

const LABELS: Label[] = ["site-key", "succession", "approver", "device-request", "device", "revocations"];

test("what is made is read and verified as it was", async () => {
  const chance = new Chance(1);
  for (let run = 0; run < 120; run++) {
    const label = chance.of(LABELS);
    const values = await anyOf(chance, label, "site");
    const statement = await signed(label, values, "site");
    assert.deepEqual(read(label, statement), values);
    assert.deepEqual(await verify(label, statement), values);
    const other = chance.of(LABELS);
    if (other !== label) assert.throws(() => read(other, statement), malformed);
    const byAnother = await signed(label, values, "edge");
    await assert.rejects(verify(label, byAnother), (error) => refused(error) && !malformed(error));
  }
});

test("any change to a statement is refused, and never anything but a refusal", async () => {
  const chance = new Chance(2);
  for (let run = 0; run < 300; run++) {
    const label = chance.of(LABELS);
    const bytes = binary(await signed(label, await anyOf(chance, label, "site"), "site"));
    const at = chance.below(bytes.length);
    const changed = chance.of([
      () => bytes.map((byte, index) => (index === at ? byte ^ (1 << chance.below(8)) : byte)),
      () => bytes.slice(0, at),
      () => bytes.slice(at + 1),
      () => concat(bytes.slice(0, at), chance.bytes(1 + chance.below(3)), bytes.slice(at)),
      () => concat(bytes.slice(0, at), bytes.slice(at + 1)),
      () => concat(bytes, bytes),
      () => chance.bytes(chance.below(300)),
    ])();
    await assert.rejects(verify(label, toBase64url(changed)), refused);
  }
});

test("what is out of its bounds is not made", async () => {
  const { privateKey } = (await crypto.subtle.generateKey("Ed25519", false, ["sign"])) as CryptoKeyPair;
  const chance = new Chance(3);
  const device = (await anyOf(chance, "device", "site")) as Statements["device"];
  const list = (await anyOf(chance, "revocations", "site")) as Statements["revocations"];
  const wrong: Partial<Statements["device"]>[] = [
    { name: "" },
    { name: "x".repeat(81) },
    { title: "\u007f" },
    { organisationName: "a\u0000" },
    { notAfter: -1 },
    { notAfter: 1.5 },
    { notAfter: 2 ** 53 },
    { notAfter: Number.NaN },
    { expert: "nobody" },
    { signingKey: "AAAA" },
    { signingKey: `${device.signingKey}=` },
  ];
  for (const over of wrong) await assert.rejects(make("device", { ...device, ...over }, privateKey), malformed);
  const [one, two] = ascending([device.signingKey, device.sealingKey]) as [string, string];
  await make("revocations", { ...list, revoked: [one, two] }, privateKey);
  for (const revoked of [[two, one], [one, one], Array.from({ length: 1025 }, () => one)])
    await assert.rejects(make("revocations", { ...list, revoked }, privateKey), malformed);
});

test("a device has one id, and an enrolment code of 60 bits for each of its keys", async () => {
  const request = async (expert: string) => {
    const values = (await anyOf(new Chance(4), "device-request", "ada signing")) as Statements["device-request"];
    return signed("device-request", { ...values, expert }, "ada signing");
  };
  const [one, two] = await Promise.all([
    request("0193a1b2-0000-7000-8000-000000000001"),
    request("0193a1b2-0000-7000-8000-000000000002"),
  ]);
  const code = await enrolmentCode(one);
  assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.equal(await enrolmentCode(one), code);
  assert.notEqual(await enrolmentCode(two), code);
  assert.equal(binary(await deviceId(read("device-request", one).signingKey)).length, 16);
  assert.equal(await deviceId(read("device-request", one).signingKey), await deviceId(await publicKey("ada signing")));
});
