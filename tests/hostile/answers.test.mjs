// Between ringing and picking up: offers and answers that are not what the two ends said.

import assert from "node:assert/strict";

import { fields } from "../../functions/web/src/trust/encoding.ts";
import { answer, callOf, device, flip, ownDescription, pack, unpack, VisitorHandshake } from "./harness/forge.mjs";
import { Middleman } from "./harness/middleman.mjs";
import { attack } from "./harness/stage.mjs";

/** @typedef {import("./harness/stage.mjs").Stage} Stage */

const RING = /^POST .*\/ring$/;
const ANSWER = /^POST .*\/answer$/;

/** Changes the expert's answer. @param {string} name @param {string} reason @param {(payload: any, stage: Stage, call: string) => any} change */
function changed(name, reason, change) {
  attack(name, async (stage) => {
    stage.edge.onRequest("expert", ANSWER, async (passing) => {
      passing.body.payload = pack(await change(unpack(passing.body.payload), stage, callOf(passing.route)));
    });
    await stage.refuses(await stage.answered(), reason);
  });
}

changed("the fingerprint swapped in the answer", "malformed", ({ box, ...rest }) => ({ ...rest, box: flip(box, 200) }));

changed("an answer in plain, as from a page without a key", "unsealed", ({ offer }) => ({
  type: "answer",
  connection: offer,
  sdp: "v=0",
}));

changed("an older version", "version", (payload) => ({ ...payload, v: 0 }));

changed("a newer version", "version", (payload) => ({ ...payload, v: 2 }));

changed("a field stripped from the answer", "malformed", ({ enc: _, ...rest }) => rest);

changed("the expert's call key swapped", "malformed", ({ enc, ...rest }) => ({ ...rest, enc: flip(enc, 3) }));

attack("the visitor's offer reflected as its answer", async (stage) => {
  let offer = "";
  stage.edge.onRequest("visitor", RING, ({ body }) => {
    offer = body.payload;
  });
  stage.edge.onRequest("expert", ANSWER, (passing) => {
    passing.body.payload = offer;
  });
  await stage.refuses(await stage.answered(), "malformed");
});

attack("the fingerprint swapped in the offer: an offer of the edge's own in its place", async (stage) => {
  stage.edge.onRequest("visitor", RING, async (passing) => {
    const own = await VisitorHandshake.create(
      { organisation: stage.organisation.id, call: callOf(passing.route) },
      stage.edge.told.trust,
      [stage.trust.siteKey.publicKey],
    );
    const middleman = await Middleman.open(stage.world, stage.organisation.customer.page);
    passing.body.payload = await own.offer(crypto.randomUUID(), await middleman.offerSdp());
  });
  // The expert answers whom they cannot know; the answer belongs to another offer than the visitor's.
  await stage.refuses(await stage.answered(), "second-answer");
});

attack("both swapped: a middleman with ends of its own on both sides", async (stage) => {
  const middleman = await Middleman.open(stage.world, stage.organisation.customer.page);
  /** @type {VisitorHandshake | undefined} */
  let towardsExpert;
  let offered = "";
  stage.edge.onRequest("visitor", RING, async (passing) => {
    offered = unpack(passing.body.payload);
    const context = { organisation: stage.organisation.id, call: callOf(passing.route) };
    towardsExpert = await VisitorHandshake.create(context, stage.edge.told.trust, [stage.trust.siteKey.publicKey]);
    passing.body.payload = await towardsExpert.offer(crypto.randomUUID(), await middleman.offerSdp());
  });
  stage.edge.onRequest("expert", ANSWER, async (passing) => {
    // It really speaks with the expert …
    const heard = await towardsExpert?.takeAnswer(passing.body.payload, stage.ada.id);
    if (!heard?.sdp.includes("a=fingerprint")) assert.fail("it has no answer of the expert");
    await middleman.takeAnswer(heard.sdp);
    // … but has neither the visitor's call key nor a certified device, and can only say that it answers.
    const answer = unpack(passing.body.payload);
    const { box } = /** @type {any} */ (offered);
    const digest = await crypto.subtle.digest("SHA-256", Buffer.from(box, "base64url"));
    passing.body.payload = pack({ ...answer, offer: Buffer.from(digest).toString("base64url") });
  });
  await stage.refuses(await stage.answered(), "malformed");
});

attack("an answer replayed from an earlier call", async (stage) => {
  let earlier = "";
  stage.edge.onRequest("expert", ANSWER, ({ body }) => {
    earlier = body.payload;
  });
  const before = await stage.call();
  await before.hangUp();
  await before.callIsOver();
  await stage.desk.readyForNext();
  await before.page.close();
  stage.edge.behave();
  stage.edge.onRequest("expert", ANSWER, (passing) => {
    passing.body.payload = earlier;
  });
  await stage.refuses(await stage.answered(), "second-answer");
});

attack("a sealed offer wrapped anew for another device", async (stage) => {
  stage.edge.onRequest("visitor", RING, (passing) => {
    const offer = unpack(passing.body.payload);
    const [[id, wrapped]] = offer.to;
    passing.body.payload = pack({ ...offer, to: [[id, flip(wrapped, 50)]] });
  });
  const visitor = await stage.visitor();
  await visitor.begin();
  await visitor.ring();
  await stage.desk.page.getByText("This call did not pass the check.").waitFor();
  assert.equal(
    await stage.desk.page.getByRole("button", { name: "Answer", exact: true }).count(),
    0,
    "nothing to answer",
  );
  await visitor.cancel();
});

/**
 * Somebody whose device is certified works with the edge: the offer is sealed to it too, the answer is of it.
 *
 * @param {string} name @param {string} reason
 * @param {{ who?: "ada" | "ben", altered?: object, sign?: Parameters<typeof answer>[5], show?: (sdp: string) => string }} how
 */
function traitor(name, reason, { who = "ada", altered = {}, sign, show } = {}) {
  attack(name, async (stage) => {
    const good = await device(stage, stage[who]);
    let offer = "";
    stage.edge.onAnswer("visitor", /^POST .*\/visitors?(\/token)?$/, ({ body }) =>
      body?.trust?.devices.push(good.certificate),
    );
    stage.edge.onRequest("visitor", RING, ({ body }) => {
      offer = body.payload;
    });
    const shown =
      Object.keys(altered).length === 0 ? good : { ...good, certificate: await recertified(stage, good, who, altered) };
    stage.edge.onRequest("expert", ANSWER, async (passing) => {
      const own = { ...good, certificate: shown.certificate };
      passing.body.payload = pack(
        await answer(stage, callOf(passing.route), own, offer, ({ sdp }) => ownDescription(sdp), sign, show),
      );
    });
    await stage.refuses(await stage.answered(), reason);
  });
}

/** The same keys in another certificate. @param {Stage} stage @param {any} good @param {"ada" | "ben"} who @param {object} altered */
async function recertified(stage, good, who, altered) {
  const { read, make } = await import("../../functions/web/src/trust/statements.ts");
  const values = { ...read("device", good.certificate), expert: stage[who].id, ...altered };
  return make("device", values, stage.trust.approver.privateKey);
}

traitor("the device of another expert answers in this one's name", "wrong-expert", { who: "ben" });

traitor("a transcript with the roles swapped", "signature", {
  sign: (signed) => swapped(signed, "visitor", "expert"),
});

traitor("a transcript with another fingerprint than the description's", "signature", {
  sign: (signed, { fingerprint }) => {
    const hex = Buffer.from(signed).toString("hex");
    return Uint8Array.from(Buffer.from(hex.replace(fingerprint, "00".repeat(32)), "hex"));
  },
});

traitor("a transcript of another call", "signature", {
  sign: (signed) => {
    const bytes = Uint8Array.from(signed);
    // Within the call's id, the third field.
    const at = 2 + "visavis/v1/call".length + 2 + 16 + 2 + 5;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  },
});

traitor("a signature over something else than a transcript", "signature", {
  sign: () => fields("visavis/v1/device", "whatever"),
});

traitor("an expired certificate presented with the answer", "expired", {
  altered: {
    notBefore: Math.floor(Date.now() / 1000) - 9 * 86_400,
    notAfter: Math.floor(Date.now() / 1000) - 2 * 86_400,
  },
});

traitor("a description with two fingerprints", "fingerprint", {
  show: (sdp) =>
    sdp.replace(
      "m=audio",
      `a=fingerprint:sha-256 ${"AA:".repeat(31)}AA
m=audio`,
    ),
});

/** Two neighbouring fields in each other's place. @param {Uint8Array} signed @param {string} one @param {string} other */
function swapped(signed, one, other) {
  const text = Buffer.from(signed).toString("latin1");
  const field = (/** @type {string} */ value) => `\0${String.fromCharCode(value.length)}${value}`;
  const altered = text.replace(field(one) + field(other), field(other) + field(one));
  assert.notEqual(altered, text);
  return Uint8Array.from(Buffer.from(altered, "latin1"));
}
