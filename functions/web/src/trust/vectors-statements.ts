// Vectors of statements and signatures, good and bad.

import { toBase64url } from "../call/bytes.ts";
import { type Bytes, binary, concat, fields, fromHex, id, integer, utf8 } from "./encoding.ts";
import type { CheckReason } from "./failure.ts";
import * as fixtures from "./fixtures.ts";
import { ADA, NOW, ORGANISATION, publicKey, signed } from "./fixtures.ts";
import { type Key, type Label, read } from "./statements.ts";

export async function goodStatements(): Promise<object[]> {
  const siteKey = { organisation: ORGANISATION, key: await publicKey("site"), created: NOW };
  const request = {
    organisation: ORGANISATION,
    expert: ADA,
    signingKey: await publicKey("ada signing"),
    sealingKey: await fixtures.sealingKey("ada sealing"),
  };
  const revoked = fixtures.ascending([await publicKey("edge"), await publicKey("ben signing"), request.signingKey]);
  const made: [string, Label, string][] = [
    ["a site key", "site-key", await signed("site-key", siteKey, "site")],
    ["the latest time", "site-key", await signed("site-key", { ...siteKey, created: Number.MAX_SAFE_INTEGER }, "site")],
    ["a succession", "succession", await fixtures.successionStatement()],
    ["an approver", "approver", await fixtures.approverStatement()],
    ["a device's request", "device-request", await signed("device-request", request, "ada signing")],
    ["a device", "device", await fixtures.deviceStatement("ada")],
    [
      "the longest texts, of characters outside the basic plane",
      "device",
      await fixtures.deviceStatement("ada", {
        name: "\u{1f600}".repeat(80),
        title: "\u{10ffff}".repeat(80),
        organisationName: "\ufeff".repeat(80),
      }),
    ],
    [
      "the shortest texts",
      "device",
      await fixtures.deviceStatement("ada", { name: "A", title: "", organisationName: "S" }),
    ],
    ["an empty list", "revocations", await fixtures.revocationsStatement({ number: 0 })],
    ["a list", "revocations", await fixtures.revocationsStatement({ revoked })],
    ["a list by the site key", "revocations", await fixtures.revocationsStatement({ by: "site", revoked })],
  ];
  return made.map(([name, label, statement]) => ({ name, label, values: read(label, statement), statement }));
}

/** A statement made of raw fields, whatever they are. */
async function raw(by: string, label: string, ...values: (string | Bytes)[]): Promise<string> {
  const encoded = fields(`visavis/v1/${label}`, ...values);
  return toBase64url(concat(encoded, await signatureOf(by, encoded)));
}

async function signatureOf(by: string, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", (await fixtures.signer(by)).privateKey, bytes));
}

export async function badStatements(): Promise<object[]> {
  const own = id(ORGANISATION);
  const [site, approver, signing, sealing] = await Promise.all([
    publicKey("site"),
    publicKey("approver"),
    publicKey("ada signing"),
    fixtures.sealingKey("ada sealing"),
  ]).then((keys) => keys.map((key) => binary(key)) as [Bytes, Bytes, Bytes, Bytes]);
  const time = integer(NOW);
  const good = binary(await raw("site", "site-key", own, site, time));
  const statement = good.slice(0, -64);
  const flip = (bytes: Bytes, at: number): Bytes => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const order = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  const device = (name: string | Bytes, title: string | Bytes = "", organisationName: string | Bytes = "S") =>
    raw("approver", "device", own, approver, id(ADA), name, title, organisationName, signing, sealing, time, time);
  const list = (...keys: Bytes[]) =>
    raw("approver", "revocations", own, approver, integer(1), time, time, concat(...keys));
  const [lower, higher] = fixtures.ascending([toBase64url(site), toBase64url(signing)]).map((key) => binary(key));
  const many = Array.from({ length: 1025 }, (_, at) => concat(new Uint8Array(24), integer(at)));
  const encode = async (bytes: Bytes): Promise<string> => toBase64url(bytes);
  const bad: [string, Label, Promise<string>, CheckReason][] = [
    ["empty", "site-key", encode(new Uint8Array()), "malformed"],
    ["only a signature", "site-key", encode(good.slice(-64)), "malformed"],
    ["another label", "site-key", raw("site", "site-keys", own, site, time), "malformed"],
    ["a label of another version", "site-key", raw("site", "../v2/site-key", own, site, time), "malformed"],
    ["the label of another statement", "succession", encode(good), "malformed"],
    ["a field missing", "site-key", raw("site", "site-key", own, site), "malformed"],
    ["a field more", "site-key", raw("site", "site-key", own, site, time, ""), "malformed"],
    ["a byte left over", "site-key", encode(concat(statement, new Uint8Array(1), good.slice(-64))), "malformed"],
    ["an id too short", "site-key", raw("site", "site-key", own.slice(1), site, time), "malformed"],
    ["a key too long", "site-key", raw("site", "site-key", own, concat(site, integer(0, 1)), time), "malformed"],
    ["an integer too short", "site-key", raw("site", "site-key", own, site, integer(NOW, 7)), "malformed"],
    ["an integer of 2^53", "site-key", raw("site", "site-key", own, site, fromHex("0020000000000000")), "malformed"],
    ["fields in another order", "site-key", raw("site", "site-key", site, own, time), "malformed"],
    ["padding", "site-key", encode(good).then((encoded) => `${encoded}=`), "malformed"],
    ["unused bits", "revocations", strayBits(), "malformed"],
    ["base64 of the other alphabet", "site-key", encode(good).then(otherAlphabet), "malformed"],
    ["an empty name", "device", device(""), "malformed"],
    ["a name of 81 characters", "device", device("x".repeat(81)), "malformed"],
    ["a title of 81 characters", "device", device("A", "\u{1f600}".repeat(81)), "malformed"],
    ["an organisation without a name", "device", device("A", "", ""), "malformed"],
    ["a line break", "device", device("A\nB"), "malformed"],
    ["a control character of the second block", "device", device("A\u0085B"), "malformed"],
    ["a delete", "device", device("A\u007f"), "malformed"],
    ["bytes that are not UTF-8", "device", device(fromHex("41ff")), "malformed"],
    ["an overlong character", "device", device(fromHex("c081")), "malformed"],
    ["half a surrogate pair", "device", device(fromHex("eda080")), "malformed"],
    ["keys in descending order", "revocations", list(higher as Bytes, lower as Bytes), "malformed"],
    ["a key twice", "revocations", list(lower as Bytes, lower as Bytes), "malformed"],
    ["a key of 31 bytes", "revocations", list(site.slice(1)), "malformed"],
    ["1025 keys", "revocations", list(...many), "malformed"],
    ["signed by another key", "site-key", raw("edge", "site-key", own, site, time), "signature"],
    ["a bit of the statement flipped", "site-key", encode(flip(good, statement.length - 1)), "signature"],
    ["a bit of R flipped", "site-key", encode(flip(good, statement.length)), "signature"],
    ["a bit of S flipped", "site-key", encode(flip(good, good.length - 32)), "signature"],
    [
      "S with the order added",
      "site-key",
      encode(concat(good.slice(0, -32), addLittleEndian(good.slice(-32), order))),
      "signature",
    ],
    [
      "a signature over another label",
      "site-key",
      signatureOf("site", fields("visavis/v1/approver", own, site, time)).then((signature) =>
        toBase64url(concat(statement, signature)),
      ),
      "signature",
    ],
  ];
  return Promise.all(bad.map(async ([name, label, made, reason]) => ({ name, label, statement: await made, reason })));
}

/** A list whose last character has a bit that belongs to no byte. */
async function strayBits(): Promise<string> {
  const list = await fixtures.revocationsStatement();
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return list.slice(0, -1) + digits[digits.indexOf(list.slice(-1)) + 1];
}

const otherAlphabet = (encoded: string): string => {
  const other = encoded.replaceAll("-", "+").replaceAll("_", "/");
  if (other === encoded) throw new Error("this statement is the same in both alphabets");
  return other;
};

function addLittleEndian(one: Bytes, other: Bytes): Bytes {
  let carry = 0;
  return one.map((byte, at) => {
    const sum = byte + (other[at] ?? 0) + carry;
    carry = sum >> 8;
    return sum & 0xff;
  });
}

/** Signatures for which platforms differ. */
export async function signatures(): Promise<object[]> {
  const bytes = utf8("visavis");
  const key = await publicKey("site");
  const signature = await signatureOf("site", bytes);
  const order = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  const identity = fromHex("0100000000000000000000000000000000000000000000000000000000000000");
  const small = {
    "of order 1": identity,
    "of order 1, with a sign": fromHex("0100000000000000000000000000000000000000000000000000000000000080"),
    "of order 1, not canonical": fromHex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    "of order 2": fromHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    "of order 2, with a sign": fromHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
    "of order 4": fromHex("0000000000000000000000000000000000000000000000000000000000000000"),
    "of order 4, with a sign": fromHex("0000000000000000000000000000000000000000000000000000000000000080"),
    "of order 4, not canonical": fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    "of order 8": fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "of order 8, negative": fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    "of order 8, the other": fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    "of order 8, the other negative": fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
    "that is no point": fromHex("0200000000000000000000000000000000000000000000000000000000000000"),
  };
  const of = (name: string, by: Key, signed: Bytes, good: boolean): object => ({
    name,
    key: by,
    message: toBase64url(bytes),
    signature: toBase64url(signed),
    good,
  });
  return [
    of("a signature", key, signature, true),
    of(
      "S with the order added",
      key,
      concat(signature.slice(0, 32), addLittleEndian(signature.slice(32), order)),
      false,
    ),
    of("all zeros", key, new Uint8Array(64), false),
    // R the identity and S zero: many libraries take it for a signature of any text by a key of small order.
    ...Object.entries(small).map(([name, point]) =>
      of(`a key ${name}`, toBase64url(point), concat(identity, new Uint8Array(32)), false),
    ),
  ];
}
