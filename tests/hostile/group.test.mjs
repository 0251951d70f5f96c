// Who else would like to be in a call: guests of the edge's own, and a middleman before a guest who was invited.

import assert from "node:assert/strict";

import { until } from "../browser/harness/wait.mjs";
import { received } from "../browser/harness/watch.mjs";
import { pack, VisitorHandshake } from "./harness/forge.mjs";
import { Middleman } from "./harness/middleman.mjs";
import { attack } from "./harness/stage.mjs";

/** @typedef {import("./harness/stage.mjs").Stage} Stage */

/** A guest on the page of the link, behind the edge. @param {Stage} stage @param {string} link */
const guestBehind = async (stage, link) => stage.world.guest(link, { wire: await stage.edge.before("guest") });

/** The id of the call that goes on. @param {Stage} stage */
const callIn = (stage) =>
  stage.edge.seen.map((text) => /\/calls\/([\w-]+)\/ring/.exec(text)?.[1]).find(Boolean) ?? assert.fail();

attack("a guest of the edge's own, with an invitation that it made", async (stage) => {
  const visitor = await stage.call();
  const invited = await stage.edge.speak("expert", `POST /api/v1/calls/${callIn(stage)}/invitations`, {});
  assert.equal(invited.status, 201);
  const origin = stage.edge.service.origin;
  const organisation = stage.organisation.id;
  const access = await fetch(`${origin}/api/v1/organisations/${organisation}/visitors`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: JSON.stringify({ invitation: invited.body.secret }),
  }).then((answer) => answer.json());
  const ghost = await VisitorHandshake.create({ organisation, call: access.call }, access.trust, [
    stage.trust.siteKey.publicKey,
  ]);
  const middleman = await Middleman.open(stage.world, stage.organisation.customer.page);
  const payload = await ghost.offer(crypto.randomUUID(), await middleman.offerSdp(), stage.ada.id, "Ben Builder");
  await fetch(`${origin}/api/v1/calls/${access.call}/ring`, {
    method: "POST",
    headers: { origin, authorization: `Bearer ${access.token}`, "content-type": "application/json" },
    body: JSON.stringify({ language: "en", page: { url: `${origin}/join`, title: "" }, media: "video", payload }),
  });
  const card = await stage.desk.knocks("A guest");
  await card.getByText("A check of A guest failed. They were not let in.").waitFor();
  assert.equal(await card.getByRole("button", { name: "Let in" }).count(), 0);
  await Promise.all([visitor.isAlone(), stage.desk.isAlone()]);
  assert.ok(
    (await middleman.decoded()).every((frames) => frames === 0),
    "the ghost saw nothing",
  );
  await stage.desk.refuses("A guest");
  await Promise.all([visitor.sees(), stage.desk.sees()]);
});

attack("a guest told as let in whom nobody has let in", async (stage) => {
  const visitor = await stage.call();
  await stage.desk.addSomebody();
  const guest = await guestBehind(stage, await stage.desk.makesLink());
  let told = 0;
  stage.edge.onAnswer("expert", /^PUT .*\/presence$/, ({ body }) => {
    for (const call of body.calls ?? []) {
      if (!call.invitation) continue;
      Object.assign(call, { state: "answered", version: call.version + 1, answered_at: call.created_at });
      delete call.payload;
      told += 1;
    }
  });
  await guest.asks({ name: "Gustav Guest" });
  await until("the service has told it more than once", async () => told > 1);
  await Promise.all([visitor.isAlone(), stage.desk.isAlone()]);
  assert.equal(await stage.desk.page.getByText("On the way in").count(), 0);
  assert.equal(await guest.view.count(), 0, "the guest is outside");
  await Promise.all([visitor.sees(), stage.desk.sees()]);
  await guest.page.close();
});

attack("a middleman before a guest, who answers in the expert's place", async (stage) => {
  const visitor = await stage.call();
  await stage.desk.addSomebody();
  const guest = await guestBehind(stage, await stage.desk.makesLink());
  stage.edge.onRequest("expert", /^POST .*\/answer$/, ({ body }) => {
    body.payload = pack({ type: "answer", connection: "c", sdp: "v=0" });
  });
  await guest.asks({ name: "Gustav Guest" });
  await stage.desk.letsIn("Gustav Guest");
  await guest.isTold("We ended it for your safety");
  const { frames, sound } = await received(guest.page);
  assert.deepEqual({ frames, sound }, { frames: 0, sound: 0 }, "nothing was played");
  await until("the call goes on between two", () => visitor.isAlone().then(() => true));
  await Promise.all([visitor.sees(), stage.desk.sees()]);
  await guest.page.close();
});

attack("what the edge sees of a call of three", async (stage) => {
  const visitor = await stage.call();
  await stage.desk.addSomebody();
  const guest = await guestBehind(stage, await stage.desk.makesLink());
  await guest.asks({ name: "Gustav Guest" });
  await stage.desk.letsIn("Gustav Guest");
  await Promise.all([visitor.seesJoined("Gustav Guest"), guest.inCall()]);
  await guest.say("My number is 1234");
  await visitor.reads("My number is 1234");
  const seen = stage.edge.seen
    .filter((text) => /^(answer to )?\w+ \/api\/|^envelope/.test(text))
    .map((text) => text + text.replaceAll(/[\w-]{24,}/g, (word) => Buffer.from(word, "base64url").toString("latin1")))
    .join("\n");
  assert.ok(seen.includes("/invitations"), "it sees that there is an invitation");
  for (const secret of ["a=fingerprint", "a=ice-ufrag", "candidate:", "Gustav", "My number is 1234"]) {
    assert.ok(!seen.includes(secret), `it sees no ${secret}`);
  }
  await guest.page.close();
});
