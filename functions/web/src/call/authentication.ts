// Which payloads a call speaks: sealed and checked where the visitor's page has a key pinned, plain where it has none.

import { CheckFailed, Unsupported } from "../trust/failure.ts";
import {
  type CallContext,
  type Device,
  ExpertHandshake,
  type ExpertOptions,
  kindOf,
  type TrustBundle,
  VisitorHandshake,
} from "../trust/handshake.ts";
import { fromBase64url } from "./bytes.ts";
import { canCompare } from "./gate.ts";
import { type Expected, type Heard, type Payloads, plainPayloads, restartPayload } from "./payload.ts";
import type { Message } from "./types.ts";

export interface VisitorTrust extends CallContext {
  /** As the service tells. */
  trust: TrustBundle | undefined;
  /** As the page tells; nothing plain is accepted where there is one. */
  siteKeys: string[];
  /** From before a reload. */
  continuity?: string | undefined;
  /** Of a colleague who joins a call. */
  device?: Device | undefined;
  /** Of a guest who joins a call: the key in their link, in base64url. */
  linkKey?: string | undefined;
}

/** What a visitor speaks. Throws `CheckFailed` when there is no good device to ring, `Unsupported` in an old browser. */
export async function visitorPayloads({
  organisation,
  call,
  trust,
  siteKeys,
  continuity,
  device,
  linkKey,
}: VisitorTrust): Promise<Payloads> {
  if (siteKeys.length === 0) return plainPayloads;
  if (!canCompare()) throw new Unsupported();
  const options = { ...(continuity === undefined ? {} : { continuity }), ...(device ? { device } : {}) };
  const link = linkKey === undefined ? {} : { linkKey: fromBase64url(linkKey) };
  return new SealedVisitor(
    await VisitorHandshake.create({ organisation, call }, trust, siteKeys, { ...options, ...link }),
  );
}

class SealedVisitor implements Payloads {
  readonly sealed = true;
  #handshake: VisitorHandshake;

  constructor(handshake: VisitorHandshake) {
    this.#handshake = handshake;
  }

  get continuity(): string {
    return this.#handshake.continuity;
  }

  offer(...offer: Parameters<Payloads["offer"]>): Promise<string> {
    return this.#handshake.offer(...offer);
  }

  async answer(): Promise<string> {
    throw new TypeError("visitors offer");
  }

  seal(message: Message): Promise<string> {
    return this.#handshake.seal(message);
  }

  async open(payload: string, { answeredBy, wanted, answers }: Expected): Promise<Heard | undefined> {
    switch (kindOf(payload)) {
      case "plain":
        throw new CheckFailed("unsealed");
      case "answer": {
        const answered = answeredBy && (await this.#handshake.takeAnswer(payload, answeredBy, wanted));
        if (!answered) return undefined;
        const { connection, sdp, peer } = answered;
        return { message: { type: "answer", connection, sdp }, proven: { verified: peer } };
      }
      default: {
        if (answers) throw new CheckFailed("malformed");
        const message = await this.#handshake.open(payload);
        return message && { message };
      }
    }
  }
}

/** The offer is sealed, and this desk has no certificate to open it with. */
export class Uncertified extends Error {}

/** What an expert speaks: as the first offer does, and never plain after a sealed one. */
export class ExpertPayloads implements Payloads {
  #context: CallContext;
  #device: () => Promise<Device | undefined>;
  #handshake: ExpertHandshake | undefined;
  #continuity: string | undefined;
  #linkKeys: ExpertOptions["linkKeys"];
  #plain = false;

  /**
   * `device` is asked when a sealed offer comes; `continuity` is of the answered call, from before a reload; `linkKeys` of
   * a call that joins another.
   */
  constructor(
    context: CallContext,
    device: () => Promise<Device | undefined>,
    continuity?: string,
    linkKeys?: ExpertOptions["linkKeys"],
  ) {
    this.#context = context;
    this.#device = device;
    this.#continuity = continuity;
    this.#linkKeys = linkKeys;
  }

  get continuity(): string | undefined {
    return this.#continuity;
  }

  async offer(): Promise<string> {
    throw new TypeError("the visitor offers");
  }

  answer(connection: string, sdp: string): Promise<string> {
    return (this.#handshake ?? plainPayloads).answer(connection, sdp);
  }

  async seal(message: Message): Promise<string> {
    if (this.#handshake) return this.#handshake.seal(message);
    return this.#plain ? plainPayloads.seal(message) : restartPayload();
  }

  /** Throws {@link Uncertified} besides. */
  async open(payload: string, expected: Expected): Promise<Heard | undefined> {
    const kind = kindOf(payload);
    if (kind === "plain") {
      if (this.#continuity !== undefined || this.#linkKeys?.()) throw new CheckFailed("unsealed");
      this.#plain = true;
      return plainPayloads.open(payload, expected);
    }
    if (kind !== "offer") {
      const message = await this.#handshake?.open(payload);
      return message && { message };
    }
    const handshake = this.#handshake ?? (await this.#begin());
    const { connection, sdp, continuity, name, colleague } = await handshake.takeOffer(payload);
    this.#handshake = handshake;
    this.#continuity = continuity;
    return {
      message: { type: "offer", connection, sdp },
      proven: colleague ? { verified: colleague } : "anonymous",
      ...(name === undefined ? {} : { name }),
    };
  }

  async #begin(): Promise<ExpertHandshake> {
    if (!canCompare()) throw new Unsupported();
    const device = await this.#device().catch(() => undefined);
    if (!device) throw new Uncertified();
    return new ExpertHandshake(this.#context, device, {
      ...(this.#continuity === undefined ? {} : { continuity: this.#continuity }),
      ...(this.#linkKeys ? { linkKeys: this.#linkKeys } : {}),
    });
  }
}
