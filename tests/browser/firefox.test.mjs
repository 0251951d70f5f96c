// Calls between Firefox and Chromium, each at either end, verified and not.

import assert from "node:assert/strict";

import { Firefox } from "./harness/firefox.mjs";
import { scenario } from "./harness/scenario.mjs";
import { certify } from "./harness/trust.mjs";

scenario("a visitor with Firefox and an expert with Chromium see and hear each other", async (world) => {
  const organisation = await world.organisation();
  const desk = await world.desk(organisation.people[0]);
  const visitor = await Firefox.open(world, organisation.customer.page);
  await visitor.press("Talk to us");
  await visitor.press("Video call");
  await visitor.press("Call now");
  await desk.rings();
  await desk.answer();
  await desk.inCall();
  await desk.receives();
  await visitor.receives();
  assert.deepEqual(await visitor.violations(), []);
  await visitor.press("Hang up");
  await desk.readyForNext();
});

scenario("a visitor with Firefox knows that it is the expert with Chromium", async (world) => {
  const organisation = await world.organisation();
  const [ada] = organisation.people;
  const desk = await world.desk(ada);
  await certify(world, organisation, { page: desk.page, person: ada ?? assert.fail() });
  const visitor = await Firefox.open(world, organisation.customer.page);
  await visitor.press("Talk to us");
  await visitor.press("Video call");
  await visitor.press("Call now");
  await desk.rings();
  await desk.saysOfWaiting(/Protected/);
  await desk.answer();
  await desk.inCall();
  await Promise.all([visitor.receives(), desk.receives()]);
  await visitor.press("Verified: Ada Adviser, Garden Tools Ltd");
  const [one, other] = await Promise.all([visitor.code(), desk.code()]);
  assert.equal(one, other);
  assert.deepEqual(await visitor.violations(), []);
  await visitor.press("Hang up");
  await desk.readyForNext();
});

scenario("a visitor with Chromium knows that it is the expert with Firefox", async (world) => {
  const organisation = await world.organisation();
  const [ada = assert.fail()] = organisation.people;
  const desk = await Firefox.open(world, ada.sign_in_url);
  const trust = await certify(world, organisation);
  await desk.press("Set this browser up");
  await desk.sees("Read this code to an administrator");
  await trust.approve(ada.id);
  await desk.sees("This browser is certified until");
  const visitor = await world.visitor(organisation);
  await visitor.begin();
  await visitor.ring();
  await desk.press("Answer");
  await visitor.inCall();
  await Promise.all([visitor.receives(), desk.receives()]);
  await visitor.button("Verified: Ada Adviser, Garden Tools Ltd").waitFor();
  await desk.press("Protected");
  const [one, other] = await Promise.all([visitor.code(), desk.code()]);
  assert.equal(one, other);
  assert.deepEqual(await desk.violations(), []);
  await visitor.hangUp();
  await desk.sees("Everything is quiet");
});
