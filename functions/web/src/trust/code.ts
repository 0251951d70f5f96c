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

/** So much is kept of what a member says about sets that are not known here yet; its newest. */
const MOST_EARLY = 16;
/** More than a call with all its reloads needs. Each set is one more guess for who stands in between. */
export const MOST_SETS = 100;

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
  /** By sender, so that none crowds out another: a member may know of the new set before this one does. */
  #early = new Map<Id, CodeMessage[]>();
  #turn: Promise<unknown> = Promise.resolve();

  /** `draw` gives the secrets, of 32 bytes. */
  constructor(call: Id, own: Id, draw = () => random(32)) {
    this.#call = call;
    this.#own = own;
    this.#draw = draw;
  }

  /**
   * The set of members changed, or a connection is another: `messages` is all that this one has to say about it. Two to
   * four, with this one. After too many sets there is no code for a further one.
   */
  members(members: readonly Member[]): Promise<CodeStep> {
    return this.#after(() => this.#begin([...members]));
  }

  /**
   * `from` is who the authenticated channel belongs to; what it has said before has no effect. Throws
   * `CheckFailed("short-code")`: it says what no honest member does.
   */
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
    if (known) return this.#told(name, known);
    if (this.#rounds.size >= MOST_SETS) return { messages: [] };
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
    for (const [from, kept] of this.#early) {
      this.#early.set(
        from,
        kept.filter((message) => message.members !== name),
      );
      for (const message of kept) if (message.members === name) await this.#take(from, message);
    }
    return this.#told(name, round);
  }

  async #take(from: Id, message: CodeMessage): Promise<CodeStep> {
    const round = this.#rounds.get(message.members);
    if (!round) {
      this.#keep(from, message);
      return { messages: [] };
    }
    const broken = new CheckFailed("short-code", from);
    if (from === this.#own || !round.ids.includes(from)) throw broken;
    const messages: CodeMessage[] = [];
    const commits = message.type === "code-commit";
    const said = bytes(commits ? message.commitment : message.secret);
    if (!said) throw broken;
    const before = (commits ? round.commitments : round.secrets).get(from);
    if (before) {
      if (!equal(before, said)) throw broken;
      return { messages };
    }
    if (commits) {
      round.commitments.set(from, said);
      // With the commitment once more: what it was said on may have been replaced meanwhile.
      if (allCommitted(round)) messages.push(...this.#told(message.members, round).messages);
    } else {
      const commitment = round.commitments.get(from);
      if (!commitment || !equal(commitment, await commit(round.hash, from, said))) throw broken;
      round.secrets.set(from, said);
    }
    if (round.secrets.size === round.ids.length) round.code ??= await codeOf(round);
    return message.members === this.#current ? withCode(messages, round) : { messages };
  }

  /** All that this member has to say so far. */
  #told(members: string, round: Round): CodeStep {
    const commitment = toBase64url(round.commitments.get(this.#own) ?? new Uint8Array());
    const commits: CodeMessage = { type: "code-commit", members, commitment };
    return withCode(allCommitted(round) ? [commits, reveal(members, round)] : [commits], round);
  }

  #keep(from: Id, message: CodeMessage): void {
    this.#early.set(from, [...(this.#early.get(from) ?? []).slice(1 - MOST_EARLY), message]);
  }

  #after(run: () => Promise<CodeStep>): Promise<CodeStep> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => {});
    return done;
  }
}

const allCommitted = ({ commitments, ids }: Round): boolean => commitments.size === ids.length;

const reveal = (members: string, { secret }: Round): CodeMessage => ({
  type: "code-reveal",
  members,
  secret: toBase64url(secret),
});

const withCode = (messages: CodeMessage[], { code }: Round): CodeStep =>
  code === undefined ? { messages } : { messages, code };

async function codeOf({ hash, ids, secrets }: Round): Promise<string> {
  const digest = await sha256(fields("visavis/v1/code", hash, ...ids.flatMap((member) => secrets.get(member) ?? [])));
  const number = new DataView(digest.buffer).getBigUint64(0) % 1_000_000n;
  return String(number).padStart(6, "0").replace(/(...)/, "$1 ");
}

/** 32 bytes, or nothing. */
function bytes(text: string): Bytes | undefined {
  try {
    return binary(text, 32);
  } catch {
    return undefined;
  }
}

function commit(members: Bytes, own: Id, secret: Bytes): Promise<Bytes> {
  return sha256(fields("visavis/v1/commitment", members, id(own), secret));
}
