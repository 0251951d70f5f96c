// The short code that all members of a call read to each other: commit, then reveal.

import { toBase64url } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";
import { type Bytes, binary, equal, fields, fromHex, id, random, sha256 } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";

/** `fingerprint` in lower-case hexadecimal. */
export interface Member {
  id: Id;
  fingerprint: string;
}

export type CodeMessage =
  | { type: "code-commit"; members: string; commitment: string }
  | { type: "code-reveal"; members: string; secret: string };

/** Send `messages` to all other members; `code` is there once all have revealed, written `123 456`. */
export interface CodeStep {
  messages: CodeMessage[];
  code?: string;
}

/** One run: a set of members, and what they have said about it. */
interface Round {
  /** SHA-256 of the members. */
  hash: Bytes;
  /** In their order. */
  ids: Id[];
  secret: Bytes;
  commitments: Map<Id, Bytes>;
  secrets: Map<Id, Bytes>;
  code: string | undefined;
}

/** What came for a set of members that is not known here yet is kept for so many sets. */
const MOST_EARLY = 8;

/**
 * Runs for one call and one own id; what comes in is handled in its order. Each set of members is run once: who comes
 * back to it shows the same code.
 */
export class ShortCode {
  #call: Id;
  #own: Id;
  #draw: () => Bytes;
  #rounds = new Map<string, Round>();
  #current = "";
  /** By set and sender: a member may know of the new set before this one does. */
  #early = new Map<string, [from: Id, message: CodeMessage][]>();
  #turn: Promise<unknown> = Promise.resolve();

  /** `draw` gives the secrets, of 32 bytes. */
  constructor(call: Id, own: Id, draw = () => random(32)) {
    this.#call = call;
    this.#own = own;
    this.#draw = draw;
  }

  /** The set of members changed; two to four, with this one. */
  members(members: readonly Member[]): Promise<CodeStep> {
    return this.#after(() => this.#begin([...members]));
  }

  /** `from` is who the authenticated channel belongs to. Throws `CheckFailed("short-code")`: the call ends. */
  take(from: Id, message: CodeMessage): Promise<CodeStep> {
    return this.#after(() => this.#take(from, message));
  }

  async #begin(members: Member[]): Promise<CodeStep> {
    members.sort((one, other) => (one.id < other.id ? -1 : 1));
    const ids = members.map((member) => member.id);
    if (new Set(ids).size !== ids.length || ids.length < 2 || ids.length > 4 || !ids.includes(this.#own))
      throw new TypeError("two to four members, each once, with this one");
    const encoded = members.flatMap((member) => [id(member.id), fromHex(member.fingerprint)]);
    const hash = await sha256(fields("visavis/v1/members", id(this.#call), ...encoded));
    const name = toBase64url(hash);
    this.#current = name;
    const known = this.#rounds.get(name);
    if (known) return withCode([], known);
    const secret = this.#draw();
    const commitment = await commit(hash, this.#own, secret);
    const round: Round = {
      hash,
      ids,
      secret,
      commitments: new Map([[this.#own, commitment]]),
      secrets: new Map([[this.#own, secret]]),
      code: undefined,
    };
    this.#rounds.set(name, round);
    const messages: CodeMessage[] = [{ type: "code-commit", members: name, commitment: toBase64url(commitment) }];
    const early = this.#early.get(name) ?? [];
    this.#early.delete(name);
    for (const [from, message] of early) messages.push(...(await this.#take(from, message)).messages);
    return withCode(messages, round);
  }

  async #take(from: Id, message: CodeMessage): Promise<CodeStep> {
    const round = this.#rounds.get(message.members);
    if (!round) {
      this.#keep(from, message);
      return { messages: [] };
    }
    if (from === this.#own || !round.ids.includes(from)) throw new CheckFailed("short-code");
    const messages: CodeMessage[] = [];
    if (message.type === "code-commit") {
      if (round.commitments.has(from)) throw new CheckFailed("short-code");
      round.commitments.set(from, bytes(message.commitment));
      if (round.commitments.size === round.ids.length)
        messages.push({ type: "code-reveal", members: message.members, secret: toBase64url(round.secret) });
    } else {
      const secret = bytes(message.secret);
      const commitment = round.commitments.get(from);
      if (!commitment || round.secrets.has(from) || !equal(commitment, await commit(round.hash, from, secret)))
        throw new CheckFailed("short-code");
      round.secrets.set(from, secret);
    }
    if (round.secrets.size === round.ids.length) round.code ??= await codeOf(round);
    return message.members === this.#current ? withCode(messages, round) : { messages };
  }

  #keep(from: Id, message: CodeMessage): void {
    const kept = this.#early.get(message.members) ?? [];
    // The three others say two things each about a set.
    if (kept.length < 6) kept.push([from, message]);
    this.#early.set(message.members, kept);
    const [oldest] = this.#early.keys();
    if (this.#early.size > MOST_EARLY && oldest !== undefined) this.#early.delete(oldest);
  }

  #after(run: () => Promise<CodeStep>): Promise<CodeStep> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => {});
    return done;
  }
}

const withCode = (messages: CodeMessage[], { code }: Round): CodeStep =>
  code === undefined ? { messages } : { messages, code };

async function codeOf({ hash, ids, secrets }: Round): Promise<string> {
  const digest = await sha256(fields("visavis/v1/code", hash, ...ids.flatMap((member) => secrets.get(member) ?? [])));
  const number = new DataView(digest.buffer).getBigUint64(0) % 1_000_000n;
  return String(number).padStart(6, "0").replace(/(...)/, "$1 ");
}

/** 32 bytes, or the call ends. */
function bytes(text: string): Bytes {
  try {
    return binary(text, 32);
  } catch {
    throw new CheckFailed("short-code");
  }
}

function commit(members: Bytes, own: Id, secret: Bytes): Promise<Bytes> {
  return sha256(fields("visavis/v1/commitment", members, id(own), secret));
}
