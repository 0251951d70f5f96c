// For tests: a hostile edge. It carries all messages, owns every key of the service, keys of its own, and one device that
// the organisation has certified for somebody else.

import { toBase64url } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";
import { transcript } from "./answer.ts";
import { sign } from "./ed25519.ts";
import { type Bytes, binary, fields, id, parseJson, text, utf8 } from "./encoding.ts";
import * as fixtures from "./fixtures.ts";
import { ADA, BEN, CONTEXT, DAY, NOW, OTHER_ORGANISATION, publicKey } from "./fixtures.ts";
import { type CallContext, type Device, ExpertHandshake, type TrustBundle, VisitorHandshake } from "./handshake.ts";
import { fromSender, newSealingKey, openAead, sealAead, toReceiver } from "./hpke.ts";
import { type OfferFacts, openOffer, sealOffer } from "./offer.ts";
import { openAtDevice } from "./recipients.ts";
import { deviceId, read } from "./statements.ts";

/** A payload of this client, opened as far as anybody can. */
export const outer = (payload: string): Record<string, unknown> =>
  parseJson(binary(payload)) as Record<string, unknown>;

/** A payload of any content. */
export const payloadOf = (value: unknown): string => toBase64url(utf8(JSON.stringify(value)));

/** What an answer holds inside. */
export interface AnswerInside {
  connection: string;
  sdp: string;
  nonce: string;
  device: string;
  approver: string;
  succession?: string;
  signature: string;
}

/** What the answer's box is bound to. */
const answerInfo = ({ organisation, call }: CallContext, hash: Bytes): Bytes =>
  fields("visavis/v1/answer", id(organisation), id(call), hash);

export interface World {
  ada: Device;
  /** The adversary's: certified, for another expert. */
  ben: Device;
  /** All that the service may tell a visitor when nobody lies. */
  trust: TrustBundle;
  siteKeys: string[];
}

export async function world(): Promise<World> {
  const ada = await fixtures.deviceOf("ada");
  const ben = await fixtures.deviceOf("ben", { expert: BEN, name: "Ben" });
  return { ada, ben, trust: await fixtures.bundle(ada, ben), siteKeys: [await publicKey("site")] };
}

/** Certificates of all kinds, for Ada and keys of the adversary: each would do if one check were left out. */
export async function forgedDevices(): Promise<Record<string, Device>> {
  const edge = { signing: await fixtures.signer("edge signing"), sealing: await fixtures.sealer("edge sealing") };
  const { deviceStatement: device, approverStatement: approver, successionStatement: succession } = fixtures;
  const approvedBy = async (by: string) => device("edge", { by });
  const byApprover = await approver();
  const byEdge = await approver({ by: "edge" });
  const lapsed = { notBefore: NOW - 9 * DAY, notAfter: NOW - 2 * DAY };
  const under = (certificate: string, by = byApprover, more: Partial<Device> = {}): Device => ({
    ...edge,
    certificate,
    approver: by,
    ...more,
  });
  return {
    "a chain of the edge's own": under(
      await approvedBy("edge approver"),
      await approver({ by: "edge", approverKey: await publicKey("edge approver") }),
    ),
    "by the edge's key, with a good approver": under(await approvedBy("edge")),
    "signed by itself": under(await device("edge", { by: "edge signing" })),
    "signed by a device": under(await device("edge", { by: "ben signing" })),
    "signed by a device as if it were an approver": under(
      await device("edge", { by: "ben signing" }),
      await approver({ by: "edge", approverKey: await publicKey("ben signing") }),
    ),
    "of another organisation": under(await device("edge", { organisation: OTHER_ORGANISATION })),
    "under an approver of another organisation": under(
      await device("edge", { by: "other approver" }),
      await approver({ organisation: OTHER_ORGANISATION, approverKey: await publicKey("other approver") }),
    ),
    expired: under(await device("edge", lapsed)),
    "not yet valid": under(await device("edge", { notBefore: NOW + DAY })),
    "that lasts too long": under(await device("edge", { notAfter: NOW + 8 * DAY })),
    "under an approver that has ended": under(
      await device("edge", { by: "other approver" }),
      await approver({ approverKey: await publicKey("other approver"), notAfter: NOW - DAY / 2 }),
    ),
    revoked: under(await device("cara"), byApprover, { signing: await fixtures.signer("cara signing") }),
    "under a revoked approver": under(
      await device("edge", { by: "lost approver" }),
      await approver({ approverKey: await publicKey("lost approver") }),
    ),
    "under a succession of the edge's own": under(
      await approvedBy("edge approver"),
      await approver({ by: "edge", approverKey: await publicKey("edge approver") }),
      { succession: await succession({ by: "edge", newKey: await publicKey("edge") }) },
    ),
    "with another's key, altered": under(
      swapped(await device("ben", { expert: BEN, name: "Ben" }), utf8("Ben"), utf8("Ada")),
      byApprover,
      {
        signing: await fixtures.signer("ben signing"),
      },
    ),
    "of Ben's with Ada's id": under(
      swapped(await device("ben", { expert: BEN, name: "Ben" }), id(BEN), id(ADA)),
      byEdge,
      { signing: await fixtures.signer("ben signing") },
    ),
  };
}

function swapped(statement: string, from: Bytes, to: Bytes): string {
  const bytes = binary(statement);
  const at = bytes.findIndex((_, start) => from.every((byte, offset) => bytes[start + offset] === byte));
  bytes.set(to, at);
  return toBase64url(bytes);
}

/** The list that an honest service has while {@link forgedDevices} go round. */
export async function listRevoking(): Promise<string> {
  const revoked = fixtures.ascending([await publicKey("cara signing"), await publicKey("lost approver")]);
  return fixtures.revocationsStatement({ revoked });
}

export class Adversary {
  readonly ben: Device;
  readonly context: CallContext;
  /** The key under which it asks experts in the visitor's place. */
  #own: CryptoKeyPair | undefined;

  constructor(ben: Device, context: CallContext = CONTEXT) {
    this.ben = ben;
    this.context = context;
  }

  /** With its certified device: what an offer says, the call key and nonce in it. */
  async read(offer: string) {
    const own = read("device", this.ben.certificate).signingKey;
    return openOffer(this.context, await deviceId(own), this.ben.sealing, offer);
  }

  /** An offer of its own to these devices, with whatever it likes of another's. */
  async offer(
    to: Device[],
    content: { connection: string; sdp: string; continuity: string },
    nonce: Bytes = crypto.getRandomValues(new Uint8Array(32)),
    context = this.context,
  ): Promise<{ payload: string; facts: OfferFacts }> {
    this.#own ??= await newSealingKey();
    const devices = to.map(({ certificate }) => read("device", certificate));
    const { payload, ...facts } = await sealOffer(context, devices, content, this.#own, nonce, async () => ({}));
    return { payload, facts };
  }

  /** Opens what an expert has answered to its own offer. */
  async inside(answer: string, facts: OfferFacts, context = this.context): Promise<AnswerInside> {
    const { enc, box } = outer(answer);
    const hpke = await fromSender(this.#own as CryptoKeyPair, binary(enc), answerInfo(context, facts.hash));
    return parseJson(await hpke.open(new Uint8Array(0), binary(box))) as AnswerInside;
  }

  /** An answer with any content, sealed to the visitor whose offer it has read. `sign` gets the fresh call key. */
  async answer(
    facts: OfferFacts,
    content: Omit<AnswerInside, "signature"> & { signature?: string },
    sign?: (expertKey: Bytes) => Promise<Bytes>,
  ): Promise<string> {
    const hpke = await toReceiver(facts.key, answerInfo(this.context, facts.hash));
    const signature = content.signature ?? toBase64url((await sign?.(hpke.enc)) ?? new Uint8Array(64));
    const box = await hpke.seal(new Uint8Array(0), utf8(JSON.stringify({ ...content, signature })));
    return payloadOf({
      v: 1,
      type: "answer",
      offer: toBase64url(facts.hash),
      enc: toBase64url(hpke.enc),
      box: toBase64url(box),
    });
  }

  /** An answer signed by a device that it has the keys of, or `by` another key; `about` is what it signs of the offer. */
  async answerAs(
    facts: OfferFacts,
    device: Pick<Device, "signing" | "certificate" | "approver" | "succession">,
    sdp: string,
    { by = device.signing, about = facts }: { by?: CryptoKeyPair; about?: OfferFacts } = {},
  ): Promise<string> {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const { certificate, approver, succession } = device;
    const content = {
      connection: facts.connection,
      sdp,
      nonce: toBase64url(nonce),
      device: certificate,
      approver,
      ...(succession === undefined ? {} : { succession }),
    };
    return this.answer(facts, content, async (expertKey) =>
      sign(by.privateKey, await transcript(this.context, about, expertKey, sdp, nonce, certificate)),
    );
  }

  /** The same offer to the same devices, with another box under the same content key. */
  async reboxed(offer: string, change: (content: Record<string, unknown>) => Record<string, unknown>): Promise<string> {
    const own = await deviceId(read("device", this.ben.certificate).signingKey);
    const { organisation, call } = this.context;
    const about = { type: "offer", organisation, about: call } as const;
    const { key } = await openAtDevice(about, own, this.ben.sealing, offer);
    const { box, ...rest } = outer(offer);
    const aad = fields("visavis/v1/offer", id(organisation), id(call));
    const zero = new Uint8Array(12);
    const content = JSON.parse(text(await openAead(key, zero, aad, binary(box)))) as Record<string, unknown>;
    const other = await sealAead(key, zero, aad, utf8(JSON.stringify(change(content))));
    return payloadOf({ ...rest, box: toBase64url(other) });
  }
}

/** Both ends of a call between which the adversary stands. */
export async function call(
  { ada, trust, siteKeys }: World,
  context = CONTEXT,
  { connection = "one", expert }: { connection?: string; expert?: Id } = {},
) {
  const visitor = await VisitorHandshake.create(context, trust, siteKeys, { now: fixtures.now });
  const sdp = await fixtures.description(`visitor of ${context.call} ${connection}`);
  return {
    visitor,
    expert: new ExpertHandshake(context, ada, { now: fixtures.now }),
    offer: await visitor.offer(connection, sdp, expert),
    ofVisitor: sdp,
    ofAda: await fixtures.description(`ada in ${context.call}`),
    ofEdge: await fixtures.description("edge"),
  };
}
