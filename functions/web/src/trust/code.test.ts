import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";
import { type CodeMessage, type CodeStep, type Member, MOST_SETS, ShortCode } from "./code.ts";
import { fields, id, sha256 } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";
import { ADA, BEN, CALL, Chance, ORGANISATION, OTHER_ORGANISATION } from "./fixtures.ts";

const IDS: Id[] = [ADA, BEN, ORGANISATION, OTHER_ORGANISATION];
const failed = (error: unknown) =>
  error instanceof CheckFailed && error.reason === "short-code" && error.by !== undefined;
const memberOf = (who: Id, certificate = who): Member => ({
  id: who,
  fingerprint: certificate.replaceAll("-", "").repeat(2),
});

/** Members with a channel from each to each; what is on its way comes in any order but that of its channel. */
class Mesh {
  readonly runs = new Map<Id, ShortCode>();
  readonly codes = new Map<Id, string | undefined>();
  readonly said = new Map<Id, CodeMessage[]>();
  #channels = new Map<string, { from: Id; to: Id; queue: CodeMessage[] }>();
  #present: Id[] = [];
  #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  async set(who: Id, members: Member[]): Promise<void> {
    this.#present = [...new Set([...this.#present, ...members.map((member) => member.id)])];
    const run = this.runs.get(who) ?? new ShortCode(CALL, who, () => this.#chance.bytes(32));
    this.runs.set(who, run);
    this.#apply(who, await run.members(members), true);
  }

  #apply(who: Id, { messages, code }: CodeStep, anew = false): void {
    if (anew || code !== undefined) this.codes.set(who, code);
    this.said.set(who, [...(this.said.get(who) ?? []), ...messages]);
    for (const to of this.#present) {
      if (to === who) continue;
      const channel = this.#channels.get(who + to) ?? { from: who, to, queue: [] };
      this.#channels.set(who + to, channel);
      channel.queue.push(...messages);
    }
  }

  async deliverOne(): Promise<boolean> {
    const waiting = [...this.#channels.values()].filter(({ queue, to }) => queue.length > 0 && this.runs.has(to));
    if (waiting.length === 0) return false;
    const { from, to, queue } = this.#chance.of(waiting);
    const message = queue.shift() as CodeMessage;
    this.#apply(to, await (this.runs.get(to) as ShortCode).take(from, message));
    return true;
  }

  async settle(): Promise<void> {
    while (await this.deliverOne());
  }
}

test("all members come to the same code, in whatever order they hear and learn of each other", async () => {
  const codes = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const chance = new Chance(seed);
    const mesh = new Mesh(chance);
    const sizes = chance.of([[2], [3], [4], [2, 3], [2, 3, 4], [3, 2], [2, 3, 2, 4, 3]]);
    for (const [step, size] of sizes.entries()) {
      const present = IDS.slice(0, size);
      for (const who of [...present].sort(() => chance.below(3) - 1)) {
        await mesh.set(
          who,
          present.map((one) => memberOf(one)).sort(() => chance.below(3) - 1),
        );
        for (let more = chance.below(4); more > 0; more--) await mesh.deliverOne();
      }
      if (step < sizes.length - 1 && chance.below(2) === 0) continue;
      await mesh.settle();
      const shown = new Set(present.map((who) => mesh.codes.get(who)));
      assert.equal(shown.size, 1, `seed ${seed}`);
      const [code] = shown;
      assert.match(code ?? "", /^\d{3} \d{3}$/);
      codes.add(code ?? "");
    }
  }
  assert.ok(codes.size > 50, "codes differ");
});

test("who sees other members or certificates sees no code", async () => {
  const mesh = new Mesh(new Chance(1));
  await mesh.set(ADA, [memberOf(ADA), memberOf(BEN)]);
  await mesh.set(BEN, [memberOf(ADA, CALL), memberOf(BEN)]);
  await mesh.settle();
  assert.equal(mesh.codes.get(ADA), undefined);
  assert.equal(mesh.codes.get(BEN), undefined);
});

test("nothing is revealed before all have committed", async () => {
  const members = IDS.slice(0, 3).map((who) => memberOf(who));
  const ada = new ShortCode(CALL, ADA);
  const { messages } = await ada.members(members);
  assert.deepEqual(
    messages.map((message) => message.type),
    ["code-commit"],
  );
  const name = messages[0]?.members ?? "";
  const commit: CodeMessage = { type: "code-commit", members: name, commitment: toBase64url(new Uint8Array(32)) };
  assert.deepEqual(await ada.take(BEN, commit), { messages: [] });
  const { messages: revealed } = await ada.take(ORGANISATION, commit);
  assert.deepEqual(revealed[0], messages[0], "on a new connection nobody is to hear a secret without its commitment");
  assert.deepEqual(
    revealed.map((message) => message.type),
    ["code-commit", "code-reveal"],
  );
});

/** Ada with one other, who has committed to `secret` and got her reveal. */
async function committed(secret: Uint8Array<ArrayBuffer> = new Uint8Array(32), draw = new Chance(1)) {
  const ada = new ShortCode(CALL, ADA, () => draw.bytes(32));
  const { messages } = await ada.members([memberOf(ADA), memberOf(BEN)]);
  const members = messages[0]?.members ?? "";
  const hash = new Uint8Array(Buffer.from(members, "base64url"));
  const commitment = toBase64url(await sha256(fields("visavis/v1/commitment", hash, id(BEN), secret)));
  await ada.take(BEN, { type: "code-commit", members, commitment });
  return { ada, members, commitment };
}

test("a commitment opens to one value, once, and is made once", async () => {
  const secret = new Uint8Array(32).fill(1);
  const opening = (members: string, value = secret): CodeMessage => ({
    type: "code-reveal",
    members,
    secret: toBase64url(value),
  });
  {
    const { ada, members } = await committed(secret);
    assert.match((await ada.take(BEN, opening(members))).code ?? "", /^\d{3} \d{3}$/);
    assert.deepEqual(await ada.take(BEN, opening(members)), { messages: [] }, "the same again");
    await assert.rejects(ada.take(BEN, opening(members, new Uint8Array(32).fill(2))), failed, "another after it");
  }
  {
    const { ada, members } = await committed(secret);
    await assert.rejects(ada.take(BEN, opening(members, new Uint8Array(32).fill(2))), failed, "another value");
  }
  {
    const { ada, members, commitment } = await committed(secret);
    const repeated = await ada.take(BEN, { type: "code-commit", members, commitment });
    assert.deepEqual(repeated, { messages: [] }, "the same again");
    const other = toBase64url(new Uint8Array(32));
    const second = ada.take(BEN, { type: "code-commit", members, commitment: other });
    await assert.rejects(second, failed, "a second commitment");
  }
  for (const wrong of ["", "AAAA", "%", toBase64url(new Uint8Array(33))]) {
    const { ada, members } = await committed(secret);
    await assert.rejects(ada.take(BEN, { type: "code-reveal", members, secret: wrong }), failed);
  }
});

test("a secret without a commitment, from oneself, or from nobody in the call", async () => {
  for (const from of [BEN, ADA, ORGANISATION]) {
    const ada = new ShortCode(CALL, ADA);
    const { messages } = await ada.members([memberOf(ADA), memberOf(BEN)]);
    const members = messages[0]?.members ?? "";
    const message: CodeMessage = { type: "code-reveal", members, secret: toBase64url(new Uint8Array(32)) };
    await assert.rejects(ada.take(from, message), failed);
    if (from === BEN) continue;
    const commitment = toBase64url(new Uint8Array(32));
    await assert.rejects(ada.take(from, { type: "code-commit", members, commitment }), failed);
  }
});

test("a mirror of one's own messages agrees with nothing", async () => {
  const ada = new ShortCode(CALL, ADA);
  const { messages } = await ada.members([memberOf(ADA), memberOf(BEN)]);
  const reveal = await ada.take(BEN, messages[0] as CodeMessage);
  await assert.rejects(ada.take(BEN, reveal.messages.at(-1) as CodeMessage), failed);
});

test("what one says of sets that are not known yet crowds out nobody else", async () => {
  const members = IDS.slice(0, 3).map((who) => memberOf(who));
  const [ada, ben] = [new ShortCode(CALL, ADA), new ShortCode(CALL, BEN)];
  const [commit] = (await ben.members(members)).messages as [CodeMessage];
  await ada.take(BEN, commit);
  const own = { type: "code-commit", members: commit.members, commitment: toBase64url(new Uint8Array(32)) } as const;
  for (let count = 0; count < 100; count++) {
    const unknown = toBase64url(new Chance(count).bytes(32));
    await ada.take(ORGANISATION, { ...own, members: count % 2 === 0 ? unknown : commit.members });
  }
  await ada.take(ORGANISATION, own);
  const { messages } = await ada.members(members);
  assert.deepEqual(
    messages.map(({ type }) => type),
    ["code-commit", "code-reveal"],
  );
});

test("whose earlier word breaks the code is to blame when the set is known", async () => {
  const members = IDS.slice(0, 3).map((who) => memberOf(who));
  const [ada, ben] = [new ShortCode(CALL, ADA), new ShortCode(CALL, BEN)];
  const [commit] = (await ben.members(members)).messages as [CodeMessage];
  await ada.take(BEN, commit);
  await ada.take(ORGANISATION, {
    type: "code-reveal",
    members: commit.members,
    secret: toBase64url(new Uint8Array(32)),
  });
  await assert.rejects(
    ada.members(members),
    (error: unknown) => error instanceof CheckFailed && error.by === ORGANISATION,
  );
});

test("who stands in between has so many guesses in a call: of further sets there is no code, of known ones the same", async () => {
  const [ada, ben] = [new ShortCode(CALL, ADA), new ShortCode(CALL, BEN)];
  const code = async (certificate: Id) => {
    const members = [memberOf(ADA), memberOf(BEN, certificate)];
    const [his, hers] = [await ben.members(members), await ada.members(members)];
    let last = hers;
    const said = [...his.messages];
    for (const message of hers.messages) said.push(...(await ben.take(ADA, message)).messages);
    for (const message of said) last = await ada.take(BEN, message);
    return last.code ?? hers.code;
  };
  const certificates = Array.from({ length: MOST_SETS + 1 }, (_, count) => newId(count));
  const codes: (string | undefined)[] = [];
  for (const certificate of certificates) codes.push(await code(certificate));
  assert.deepEqual(
    codes.map((one) => one !== undefined),
    [...Array(MOST_SETS).fill(true), false],
  );
  assert.equal((await ada.members([memberOf(ADA), memberOf(BEN, certificates[0])])).code, codes[0]);
});

const newId = (count: number): Id => `00000000-0000-7000-8000-${String(count).padStart(12, "0")}`;

test("of two to four members, each once, with oneself", async () => {
  const run = () => new ShortCode(CALL, ADA);
  for (const wrong of [
    [memberOf(ADA)],
    [memberOf(BEN), memberOf(CALL)],
    [memberOf(ADA), memberOf(ADA)],
    [...IDS, CALL].map((who) => memberOf(who)),
  ])
    await assert.rejects(run().members(wrong), TypeError);
});

test("codes are evenly spread: who must commit first has one guess in a million", async () => {
  const chance = new Chance(5);
  const digits = new Array<number>(10).fill(0);
  for (let run = 0; run < 500; run++) {
    const { ada, members } = await committed(undefined, chance);
    const { code } = await ada.take(BEN, { type: "code-reveal", members, secret: toBase64url(new Uint8Array(32)) });
    for (const digit of (code ?? "").replace(" ", "")) digits[Number(digit)] = (digits[Number(digit)] ?? 0) + 1;
  }
  // 3000 digits, 300 of each expected; 100 is more than six standard deviations.
  for (const count of digits) assert.ok(Math.abs(count - 300) < 100, String(digits));
});
