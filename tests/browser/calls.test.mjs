// A visitor on the customer's page and an expert at the desk: they see and hear each other, talk, write, and hang up.

import assert from "node:assert/strict";

import { scenario } from "./harness/scenario.mjs";
import { until } from "./harness/wait.mjs";
import { devicesAsked } from "./harness/watch.mjs";

scenario("a visitor and an expert see and hear each other", async (world) => {
  const organisation = await world.organisation();
  const desk = await world.desk(organisation.people[0]);
  const visitor = await world.visitor(organisation);

  await visitor.seesFree();
  await visitor.begin();
  await visitor.ring({ name: "Vera Visitor" });
  await desk.rings();
  const waiting = await desk.saysOfWaiting(/Vera Visitor/);
  assert.ok(waiting.includes(`${organisation.customer.origin.replace("http://", "")}/shop`), waiting);
  assert.ok(!waiting.includes("secret"), "the page's query reaches no expert");
  await desk.answer();

  await visitor.inCall();
  await desk.inCall();
  for (const side of [visitor, desk]) await side.receives();
  await visitor.showsPicture();
  await desk.showsPicture();

  await visitor.hangUp();
  await visitor.callIsOver();
  await desk.readyForNext();
  await visitor.letsGoOfDevices();
});

scenario("what each side turns off, the other is told", async (world) => {
  const { visitor, desk } = await world.call();
  await visitor.turnOff("microphone");
  await desk.seesThat("microphone-off");
  await desk.turnOff("camera");
  await visitor.seesThat("camera-off");
  await desk.turnOn("camera");
  await visitor.seesNoLongerThat("camera-off");
});

scenario(
  "in a call the visitor sees themself, chooses another microphone, and sees how good the connection is",
  async (world) => {
    const { visitor } = await world.call();
    await visitor.showsOwnPicture();
    const before = await visitor.microphoneUsed();
    await visitor.chooseMicrophone("Fake Audio Input 2");
    await until("the other microphone is sent", async () => (await visitor.microphoneUsed()) === "Fake Audio Input 2");
    assert.notEqual(before, "Fake Audio Input 2");
    await visitor.seesQuality();
  },
);

scenario("a call fills the screen and shrinks again", async (world) => {
  const { visitor } = await world.call();
  await visitor.enlarge();
  await visitor.fullScreen(true);
  await visitor.receives();
  await visitor.fullScreen(false);
});

scenario("chat goes both ways", async (world) => {
  const { visitor, desk } = await world.call();
  await visitor.say("Which spade for clay? <b>heavy</b>");
  await desk.reads("Which spade for clay? <b>heavy</b>");
  await desk.say("The narrow one.\nGrüße");
  await visitor.reads("The narrow one. Grüße");
});

scenario("the expert hangs up and the visitor may call again", async (world) => {
  const { visitor, desk } = await world.call();
  // The other side hears it before the service does, which would find the visitor in a call still.
  const told = desk.page.waitForResponse((response) => response.url().endsWith("/hang-up"));
  await desk.hangUp();
  await visitor.callIsOver();
  await desk.readyForNext();
  await told;
  await visitor.beginAgain();
  await visitor.ring({});
  await desk.rings();
  await desk.answer();
  await visitor.inCall();
  await visitor.receives();
});

scenario("a visitor who chooses chat is asked for no device", async (world) => {
  const organisation = await world.organisation();
  const desk = await world.desk(organisation.people[0]);
  const visitor = await world.visitor(organisation);
  await visitor.begin({ media: "chat" });
  await visitor.ring();

  await desk.rings();
  await desk.answer();
  await visitor.inCall();
  await desk.inCall();
  await visitor.say("I would rather write.");
  await desk.reads("I would rather write.");
  assert.equal(await devicesAsked(visitor.page), 0);
});

scenario("nothing is stored and no device touched before the visitor acts", async (world) => {
  const organisation = await world.organisation();
  await world.desk(organisation.people[0]);
  const visitor = await world.visitor(organisation);
  await visitor.seesFree();
  const { page } = visitor;
  const stored = await page.evaluate(async () => ({
    cookies: document.cookie,
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  assert.deepEqual(stored, { cookies: "", local: {}, session: {}, databases: 0, caches: 0, workers: 0 });
  assert.deepEqual(await page.context().cookies(), [], "nor by the service's own origin");
  assert.equal(await devicesAsked(page), 0);
  await visitor.begin();
  await until("the devices are asked for after the click", async () => (await devicesAsked(page)) > 0);
});
