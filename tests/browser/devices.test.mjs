// Refused and missing devices: each has a clear message and a way on.

import { describe } from "node:test";

import { scenario } from "./harness/scenario.mjs";

describe("devices", () => {
  scenario("refused camera and microphone: the visitor is told, and chat goes on", async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0]);
    const visitor = await world.visitor(organisation, { allowed: [] });
    await visitor.begin();
    await visitor.isToldOfDevices("refused");
    await visitor.ring({});
    await desk.rings();
    await desk.answer();
    await visitor.inCall();
    await visitor.receives();
    await visitor.say("I have no camera, but I can write.");
    await desk.reads("I have no camera, but I can write.");
  });

  scenario("no camera: the call is sound only from that side", async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0]);
    const visitor = await world.visitor(organisation, { devices: "no-camera" });
    await visitor.begin();
    await visitor.isToldOfDevices("no-camera");
    await visitor.ring({});
    await desk.rings();
    await desk.answer();
    await visitor.inCall();
    await visitor.receives();
    await desk.hears();
  });

  scenario("no microphone: the call is picture only from that side", async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0]);
    const visitor = await world.visitor(organisation, { microphone: false });
    await visitor.begin();
    await visitor.isToldOfDevices("no-microphone");
    await visitor.ring({});
    await desk.rings();
    await desk.answer();
    await visitor.inCall();
    await visitor.receives();
    await desk.sees();
  });

  scenario("no devices at all: chat goes on", async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0]);
    const visitor = await world.visitor(organisation, { devices: "none" });
    await visitor.begin();
    await visitor.isToldOfDevices("no-microphone");
    await visitor.ring({});
    await desk.rings();
    await desk.answer();
    await visitor.inCall();
    await visitor.say("Only letters from here.");
    await desk.reads("Only letters from here.");
  });

  scenario("an expert without camera answers all the same", async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0], { devices: "no-camera" });
    const visitor = await world.visitor(organisation);
    await visitor.begin();
    await visitor.ring({});
    await desk.rings();
    await desk.answer();
    await desk.inCall();
    await desk.receives();
    await visitor.hears();
  });
});
