// The code for the ear: how often a middleman who may compute as much as it likes has the same one on both sides.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ShortCode } from "../../functions/web/src/trust/code.ts";

const CALL = "0193b000-1111-7222-8333-444455556666";
const VISITOR = "0193a1b2-0000-7000-8000-000000000001";
const EXPERT = "0193a1b2-0000-7000-8000-000000000002";
const [HERS, HIS, MINE] = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));

/** @typedef {import("../../functions/web/src/trust/code.ts").CodeStep} Step */

/** Both ends of one side of the middleman: an honest one, and the one that it plays. @param {string} honest @param {string | undefined} fingerprint of the honest one */
async function side(honest, fingerprint) {
  const played = honest === VISITOR ? EXPERT : VISITOR;
  const members = [
    { id: honest, fingerprint: fingerprint ?? "" },
    { id: played, fingerprint: MINE ?? "" },
  ];
  return { honest: new ShortCode(CALL, honest), played: new ShortCode(CALL, played), ids: { honest, played }, members };
}

/** Runs it to the end; the middleman has to commit before it sees the honest secret. @param {Awaited<ReturnType<typeof side>>} one */
async function run({ honest, played, ids, members }) {
  let [his, mine] = [await honest.members(members), await played.members(members)];
  for (let round = 0; round < 2; round++) {
    const [toHonest, toPlayed] = [mine.messages, his.messages];
    for (const message of toHonest) his = await honest.take(ids.played, message);
    for (const message of toPlayed) mine = await played.take(ids.honest, message);
  }
  assert.ok(his.code, "the honest side has a code");
  return his.code;
}

test("a middleman has one guess: the codes of its two sides agree by chance only", async () => {
  // It plays one side to the end, so that it knows that code, and begins the other then: nothing better is open to it,
  // as each of its secrets is committed to before it learns the honest one. With 10⁶ codes, 20,000 calls give 0.02 hits
  // on average; three would happen in one of a million runs of this test.
  const calls = 20_000;
  let hits = 0;
  let near = 0;
  for (let call = 0; call < calls; call++) {
    const first = await run(await side(VISITOR, HERS));
    const second = await run(await side(EXPERT, HIS));
    if (first === second) hits += 1;
    // Of the first three digits alone a thousandth agree: that the codes are spread evenly, not merely different.
    if (first.slice(0, 3) === second.slice(0, 3)) near += 1;
  }
  assert.ok(hits < 3, `${hits} hits`);
  assert.ok(near > 1 && near < 60, `${near} near misses, about ${calls / 1000} expected`);
});

test("whoever could choose a secret after seeing the other's would find the same code soon", async () => {
  // The same code without commitments: why they are there. Three of six digits, to keep it short.
  const wanted = (await run(await side(VISITOR, HERS))).slice(0, 3);
  let tries = 0;
  for (; tries < 20_000; tries++) if ((await run(await side(EXPERT, HIS))).startsWith(wanted)) break;
  assert.ok(tries < 20_000, "found");
});

test("a commitment cannot be opened to a secret chosen later, and there is no second one", async () => {
  const { honest, played, ids, members } = await side(VISITOR, HERS);
  await honest.members(members);
  const [commitment] = (await played.members(members)).messages;
  if (commitment?.type !== "code-commit") assert.fail("it begins with a commitment");
  await honest.take(ids.played, commitment);
  await assert.rejects(
    honest.take(ids.played, { ...commitment, commitment: Buffer.alloc(32, 1).toString("base64url") }),
    {
      reason: "short-code",
    },
  );
  const secret = Buffer.alloc(32, 2).toString("base64url");
  await assert.rejects(honest.take(ids.played, { type: "code-reveal", members: commitment.members, secret }), {
    reason: "short-code",
  });
});
