// A phone-sized screen: the same call, with nothing cut off and nothing too small to touch.

import { scenario } from "./harness/scenario.mjs";

scenario("a visitor calls from a phone", async (world) => {
  const organisation = await world.organisation();
  const desk = await world.desk(organisation.people[0]);
  const visitor = await world.visitor(organisation, { phone: true });
  await visitor.seesFree();
  await visitor.begin();
  await visitor.fitsScreen();
  await visitor.ring({ name: "Paula Phone" });
  await visitor.fitsScreen();
  await desk.rings();
  await desk.answer();
  await visitor.inCall();
  await visitor.receives();
  await visitor.fitsScreen();
  await visitor.turnOff("microphone");
  await desk.seesThat("microphone-off");
  await visitor.say("From the garden.");
  await desk.reads("From the garden.");
  await visitor.hangUp();
  await visitor.callIsOver();
});
