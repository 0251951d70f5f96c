// What docs/handshake-vectors.json holds, made anew from seeds: the same bytes each time.

import { hex, toBase64url } from "../call/bytes.ts";
import type { Id, Message } from "../call/types.ts";
import { transcript } from "./answer.ts";
import { ShortCode } from "./code.ts";
import { type Bytes, binary, concat, fields, fromHex, id, integer, sha256, text, utf8 } from "./encoding.ts";
import type { CheckReason } from "./failure.ts";
import { fingerprintOf } from "./fingerprint.ts";
import * as fixtures from "./fixtures.ts";
import { ADA, BEN, CALL, CONTEXT, DAY, NOW, ORGANISATION, OTHER_ORGANISATION, publicKey, signed } from "./fixtures.ts";
import { ExpertHandshake, VisitorHandshake } from "./handshake.ts";
import { sealMessage } from "./message.ts";
import { openOffer } from "./offer.ts";
import { deviceId, enrolmentCode, type Key, type Label, read } from "./statements.ts";

/** A chain and what every client must say of it. The times are seconds since 1970. */
export interface ChainVector {
  name: string;
  organisation: Id;
  now: number;
  site_keys: Key[];
  successions: string[];
  approvers: string[];
  device: string;
  revocations?: string;
  /** The highest number of a list that was seen before. */
  seen?: number;
  result: "good" | CheckReason;
}

export async function makeVectors(): Promise<object> {
  const names = ["site", "next site", "approver", "other approver", "ada signing", "ben signing", "edge"];
  const sealing = ["ada sealing", "ben sealing"];
  return {
    about:
      "Test vectors of docs/handshake.md, version 1. Binary values are base64url, times seconds since 1970. `keys` holds private keys that exist for this file only. Made by functions/web/src/trust/vectors.ts; WRITE_VECTORS=1 writes it anew.",
    keys: {
      ed25519: await named(names, async (name) => ({
        private: toBase64url(await fixtures.seed(name)),
        public: await publicKey(name),
      })),
      x25519: await named(sealing, async (name) => ({
        private: toBase64url(await fixtures.seed(name)),
        public: await fixtures.sealingKey(name),
      })),
    },
    statements: await goodStatements(),
    bad_statements: await badStatements(),
    signatures: await signatures(),
    chains: await chains(),
    enrolment: await enrolment(),
    handshake: await handshake(),
    message: await message(),
    code: await code(),
  };
}

async function named<T>(names: string[], make: (name: string) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await make(name)])));
}

// ---- Statements

async function goodStatements(): Promise<object[]> {
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

async function badStatements(): Promise<object[]> {
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

// ---- Signatures

/** Signatures for which platforms differ. */
async function signatures(): Promise<object[]> {
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

// ---- Chains

async function chains(): Promise<ChainVector[]> {
  const site = await publicKey("site");
  const next = await publicKey("next site");
  const good: Omit<ChainVector, "name" | "result"> = {
    organisation: ORGANISATION,
    now: NOW,
    site_keys: [site],
    successions: [],
    approvers: [await fixtures.approverStatement()],
    device: await fixtures.deviceStatement("ada"),
    revocations: await fixtures.revocationsStatement(),
  };
  const approver = fixtures.approverStatement;
  const device = fixtures.deviceStatement;
  const list = fixtures.revocationsStatement;
  const succession = fixtures.successionStatement;
  const [approverKey, otherApprover, adaKey] = [
    await publicKey("approver"),
    await publicKey("other approver"),
    await publicKey("ada signing"),
  ];
  const other = await approver({ approverKey: otherApprover });
  const underNext = [await approver({ by: "next site" })];
  const lasting = (days: number) => ({ notBefore: NOW - 1, notAfter: NOW - 1 + days * DAY });
  const without = ({ revocations: _, ...rest }: typeof good): typeof good => rest;
  const vector = (
    name: string,
    result: ChainVector["result"],
    over: Partial<ChainVector> = {},
    base = good,
  ): ChainVector => ({ name, ...base, ...over, result });
  return [
    vector("good", "good"),
    vector("one of two pinned keys", "good", { site_keys: [next, site] }),
    vector("by a succession", "good", { approvers: underNext, successions: [await succession()] }),
    vector("among others", "good", {
      approvers: [other, await approver({ notBefore: 0, notAfter: 1 }), ...good.approvers],
      successions: [await succession({ notBefore: 0, notAfter: 1 })],
    }),
    vector("as long as may be", "good", {
      approvers: [await approver(lasting(100))],
      device: await device("ada", lasting(8)),
      revocations: await list(lasting(7)),
    }),
    vector("clocks ten minutes apart", "good", {
      approvers: [await approver({ notBefore: NOW + 600, notAfter: NOW + DAY })],
      device: await device("ada", { notBefore: NOW - DAY, notAfter: NOW - 600 }),
      revocations: await list({ notBefore: NOW - DAY, notAfter: NOW - 600 }),
    }),
    vector("a list by another approver", "good", {
      approvers: [...good.approvers, other],
      revocations: await list({ by: "other approver" }),
    }),
    vector("a list by the site key", "good", { revocations: await list({ by: "site" }) }),
    vector("a list by the site key that follows", "good", {
      revocations: await list({ by: "next site" }),
      successions: [await succession()],
    }),
    vector("the number that was seen", "good", { seen: 7 }),
    vector("others are revoked", "good", {
      revocations: await list({ revoked: fixtures.ascending([otherApprover, await publicKey("edge")]) }),
    }),

    vector("another key is pinned", "chain", { site_keys: [next] }),
    vector("no key is pinned", "chain", { site_keys: [] }),
    vector("no approver", "chain", { approvers: [] }),
    vector("another approver", "chain", { approvers: [other] }),
    vector("an approver by the edge", "chain", { approvers: [await approver({ by: "edge" })] }),
    vector("a device by the edge", "chain", { device: await device("ada", { by: "edge" }) }),
    vector("a device by the site key", "chain", { device: await device("ada", { by: "site" }) }),
    vector("a device by itself", "chain", { device: await device("ada", { by: "ada signing" }) }),
    vector("a device by another device", "chain", { device: await device("ada", { by: "ben signing" }) }),
    vector("no succession", "chain", { approvers: underNext }),
    vector("a succession by the edge", "chain", {
      approvers: underNext,
      successions: [await succession({ by: "edge" })],
    }),
    vector("two successions in a row", "chain", {
      approvers: [await approver({ by: "edge" })],
      successions: [await succession(), await succession({ by: "next site", newKey: await publicKey("edge") })],
    }),
    vector("a list by a stranger", "chain", { revocations: await list({ by: "edge" }) }),
    vector("a list by a device", "chain", { revocations: await list({ by: "ada signing" }) }),
    vector("an approver of 100 days and a second", "chain", {
      approvers: [await approver({ notBefore: NOW - 1, notAfter: NOW + 100 * DAY })],
    }),
    vector("a device of 8 days and a second", "chain", {
      device: await device("ada", { notBefore: NOW - 1, notAfter: NOW + 8 * DAY }),
    }),
    vector("a list of 7 days and a second", "chain", {
      revocations: await list({ notBefore: NOW - 1, notAfter: NOW + 7 * DAY }),
    }),
    vector("a device that ends before it begins", "chain", {
      device: await device("ada", { notBefore: NOW + 1, notAfter: NOW - 1 }),
    }),

    vector("of another organisation", "organisation", { organisation: OTHER_ORGANISATION }),
    vector("a device of another organisation", "organisation", {
      device: await device("ada", { organisation: OTHER_ORGANISATION }),
    }),
    vector("an approver of another organisation", "organisation", {
      approvers: [await approver({ organisation: OTHER_ORGANISATION })],
    }),
    vector("a succession of another organisation", "organisation", {
      approvers: underNext,
      successions: [await succession({ organisation: OTHER_ORGANISATION })],
    }),
    vector("a list of another organisation", "organisation", {
      revocations: await list({ organisation: OTHER_ORGANISATION }),
    }),

    vector("a device that has ended", "expired", { device: await device("ada", { notAfter: NOW - 601 }) }),
    vector("an approver that has ended", "expired", { approvers: [await approver({ notAfter: NOW - 601 })] }),
    vector("a succession that has ended", "expired", {
      approvers: underNext,
      successions: [await succession({ notAfter: NOW - 601 })],
    }),
    vector("a device that begins later", "not-yet-valid", {
      device: await device("ada", { notBefore: NOW + 601 }),
    }),
    vector("an approver that begins later", "not-yet-valid", {
      approvers: [await approver({ notBefore: NOW + 601 })],
    }),
    vector("a succession that begins later", "not-yet-valid", {
      approvers: underNext,
      successions: [await succession({ notBefore: NOW + 601 })],
    }),
    vector("a list that begins later", "not-yet-valid", { revocations: await list({ notBefore: NOW + 601 }) }),

    vector("a revoked device", "revoked", { revocations: await list({ revoked: [adaKey] }) }),
    vector("a revoked approver", "revoked", { revocations: await list({ by: "site", revoked: [approverKey] }) }),
    vector("a list by an approver that it revokes", "revoked", {
      revocations: await list({ revoked: [approverKey] }),
    }),
    vector("no list", "revocations-missing", {}, without(good)),
    vector("a list that has ended", "revocations-old", { revocations: await list({ notAfter: NOW - 601 }) }),
    vector("an older list than was seen", "revocations-old", { seen: 8 }),

    vector("a device whose name was altered", "signature", { device: altered(good.device) }),
    vector("a list that was altered", "signature", { revocations: altered(await list({ revoked: [otherApprover] })) }),
    vector("an approver that was altered", "signature", { approvers: [altered(good.approvers[0] ?? "")] }),
    vector("a request for a certificate", "malformed", { device: await requestOf("ada") }),
    vector("a list for an approver", "malformed", { approvers: [await list()] }),
    vector("an approver for a list", "malformed", { revocations: good.approvers[0] ?? "" }),
  ];
}

/** With the last byte before the signature changed. */
function altered(statement: string): string {
  const bytes = binary(statement);
  const at = bytes.length - 65;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return toBase64url(bytes);
}

async function requestOf(name: string): Promise<string> {
  const values = {
    organisation: ORGANISATION,
    expert: ADA,
    signingKey: await publicKey(`${name} signing`),
    sealingKey: await fixtures.sealingKey(`${name} sealing`),
  };
  return signed("device-request", values, `${name} signing`);
}

async function enrolment(): Promise<object[]> {
  return Promise.all(
    ["ada", "ben"].map(async (name) => ({
      request: await requestOf(name),
      device: await deviceId(await publicKey(`${name} signing`)),
      code: await enrolmentCode(await requestOf(name)),
    })),
  );
}

// ---- A call

async function handshake(): Promise<object> {
  const device = await fixtures.deviceOf("ada");
  const trust = await fixtures.bundle(device);
  const [ofVisitor, ofExpert] = [await fixtures.description("visitor"), await fixtures.description("ada")];
  const early: Message = { type: "candidates", connection: "one", candidates: [{ candidate: "candidate:1 1 udp 1" }] };
  const restart: Message = { type: "restart", connection: "one" };
  const made = await withoutChance(async (drawn) => {
    const visitor = await VisitorHandshake.create(CONTEXT, trust, [await publicKey("site")], { now: fixtures.now });
    const expert = new ExpertHandshake(CONTEXT, device);
    const offer = await visitor.offer("one", ofVisitor);
    await expert.takeOffer(offer);
    const sealedEarly = await visitor.seal(early);
    const answer = await expert.answer("one", ofExpert);
    await visitor.takeAnswer(answer, ADA);
    return {
      drawn: drawn(),
      offer,
      early: sealedEarly,
      answer,
      fromVisitor: await visitor.seal(early),
      fromExpert: await expert.seal(restart),
    };
  });
  const own = await deviceId(await publicKey("ada signing"));
  const { facts } = await openOffer(CONTEXT, own, device.sealing, made.offer);
  const outer = JSON.parse(text(binary(made.answer))) as { enc: string };
  const { callKey, expertNonce } = made.drawn;
  const signedTranscript = await transcript(
    CONTEXT,
    facts,
    binary(outer.enc),
    ofExpert,
    expertNonce,
    device.certificate,
  );
  return {
    organisation: ORGANISATION,
    call: CALL,
    now: NOW,
    site_keys: [await publicKey("site")],
    trust,
    device: own,
    sealing_key: toBase64url(await fixtures.seed("ada sealing")),
    connection: "one",
    visitor: {
      sdp: ofVisitor,
      fingerprint: fingerprintOf(ofVisitor),
      call_key: toBase64url(callKey),
      nonce: toBase64url(facts.nonce),
      continuity: facts.continuity,
    },
    expert: { sdp: ofExpert, fingerprint: fingerprintOf(ofExpert), nonce: toBase64url(expertNonce) },
    offer: made.offer,
    offer_hash: toBase64url(facts.hash),
    early: { payload: made.early, message: early },
    answer: made.answer,
    transcript: toBase64url(signedTranscript),
    transcript_hash: hex(await sha256(signedTranscript)),
    signals: [
      { from: "visitor", payload: made.fromVisitor, message: early },
      { from: "expert", payload: made.fromExpert, message: restart },
    ],
  };
}

async function message(): Promise<object> {
  const device = await fixtures.deviceOf("ada");
  const trust = await fixtures.bundle(device);
  const content = {
    name: "Vera",
    contact: "vera@example.org",
    text: "Bitte rufen Sie mich an.",
    page: { url: "https://example.org/kontakt", title: "Kontakt" },
    language: "de",
  };
  const context = { organisation: ORGANISATION, message: BEN };
  const payload = await withoutChance(async () =>
    sealMessage(context, trust, [await publicKey("site")], content, ADA, fixtures.now),
  );
  return { ...context, sealing_key: toBase64url(await fixtures.seed("ada sealing")), content, payload };
}

/** What was drawn in a handshake that cannot be seen from outside. */
interface Drawn {
  /** The visitor's private call key. */
  callKey: Bytes;
  expertNonce: Bytes;
}

/** Runs with keys and random values that are the same each time. */
async function withoutChance<T>(run: (drawn: () => Drawn) => Promise<T>): Promise<T> {
  const generated: Bytes[] = [];
  const values: Bytes[] = [];
  const { getRandomValues } = crypto;
  const { generateKey } = crypto.subtle;
  let next = await fixtures.seed("chance");
  const draw = async (): Promise<Bytes> => (next = await sha256(next));
  const pool: Bytes[] = [];
  for (let at = 0; at < 16; at++) pool.push(await draw());
  const own = { configurable: true, writable: true };
  Object.defineProperty(crypto, "getRandomValues", {
    ...own,
    value: (into: Uint8Array) => {
      const value = pool.shift();
      if (!value || into.length !== 32) throw new Error("only 32 bytes, and not for long");
      values.push(value);
      into.set(value);
      return into;
    },
  });
  Object.defineProperty(crypto.subtle, "generateKey", {
    ...own,
    value: async () => {
      const value = await draw();
      generated.push(value);
      return fixtures.keyPair("X25519", value);
    },
  });
  try {
    // The visitor's call key is the first; the expert's nonce the last.
    return await run(() => ({ callKey: generated[0] as Bytes, expertNonce: values.at(-1) as Bytes }));
  } finally {
    Object.defineProperty(crypto, "getRandomValues", { ...own, value: getRandomValues });
    Object.defineProperty(crypto.subtle, "generateKey", { ...own, value: generateKey });
  }
}

// ---- The short code

async function code(): Promise<object[]> {
  const ids = [ADA, BEN, CALL, ORGANISATION];
  return Promise.all(
    [2, 3, 4].map(async (size) => {
      const members = await Promise.all(
        ids.slice(0, size).map(async (member, at) => ({
          id: member,
          fingerprint: hex(await fixtures.seed(`certificate of member ${at}`)),
          secret: await fixtures.seed(`secret of member ${at}`),
        })),
      );
      const set = members.map(({ id, fingerprint }) => ({ id, fingerprint }));
      const runs = members.map(({ id, secret }) => ({ id, run: new ShortCode(CALL, id, () => secret) }));
      let spoken = await Promise.all(
        runs.map(async ({ id, run }) => ({ from: id, messages: (await run.members(set)).messages })),
      );
      const commitments = spoken.flatMap(({ messages }) => messages);
      let agreed: string | undefined;
      while (spoken.some(({ messages }) => messages.length > 0)) {
        const heard = spoken;
        spoken = await Promise.all(
          runs.map(async ({ id, run }) => {
            const messages = [];
            for (const { from, messages: said } of heard)
              for (const one of from === id ? [] : said) {
                const step = await run.take(from, one);
                messages.push(...step.messages);
                agreed = step.code ?? agreed;
              }
            return { from: id, messages };
          }),
        );
      }
      return {
        call: CALL,
        members: members.map(({ id, fingerprint, secret }, at) => {
          const said = commitments[at];
          const commitment = said?.type === "code-commit" ? said.commitment : "";
          return { id, fingerprint, secret: toBase64url(secret), commitment };
        }),
        members_hash: commitments[0]?.members,
        code: agreed,
      };
    }),
  );
}
