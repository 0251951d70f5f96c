// Calls that do not come about, and calls that two people want.

import assert from "node:assert/strict";
import { describe } from "node:test";

import { scenario } from "./harness/scenario.mjs";

// A call rings for 45 seconds before it is missed: the others run beside that one.
describe("outcomes", { concurrency: 2 }, () => {
  scenario("a call that nobody answers is missed, and both are told", async (world) => {
    const { visitor, desk } = await world.ringing();
    await visitor.isTold("missed");
    await desk.isTold("missed");
    await desk.readyForNext();
    await visitor.beginAgain();
  });

  scenario("the expert declines and the visitor is told", async (world) => {
    const { visitor, desk } = await world.ringing();
    await desk.decline();
    await visitor.isTold("declined");
    await desk.readyForNext();
    await visitor.beginAgain();
  });

  scenario("the visitor cancels and the desk stops ringing", async (world) => {
    const { visitor, desk } = await world.ringing();
    await visitor.cancel();
    await desk.stopsRinging();
    await desk.isTold("cancelled");
    await desk.readyForNext();
    await visitor.letsGoOfDevices();
  });

  scenario("of two experts who answer at once one gets the call, and the other is told", async (world) => {
    const organisation = await world.organisation({ names: ["Ada Adviser", "Ben Bench"] });
    const desks = await Promise.all(organisation.people.slice(0, 2).map((person) => world.desk(person)));
    const visitor = await world.visitor(organisation);
    await visitor.begin();
    await visitor.ring({});
    await Promise.all(desks.map((desk) => desk.rings()));
    await Promise.all(desks.map((desk) => desk.triesToAnswer()));
    await visitor.inCall();
    const states = await Promise.all(desks.map((desk) => desk.settles()));
    assert.deepEqual(states.toSorted(), ["call", "taken"]);
    const winner = desks[states.indexOf("call")];
    await winner?.receives();
    await visitor.receives();
  });

  scenario("a card number in place of a name rings nowhere, and the visitor may go on", async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0]);
    const visitor = await world.visitor(organisation);
    await visitor.begin();
    await visitor.isRefusedTheName("4111 1111 1111 1111");
    await visitor.ring({ name: "Vera Visitor" });
    await desk.rings();
    await desk.saysOfWaiting(/Vera Visitor/);
  });

  scenario("with all desks closed nobody is there, and nothing rings", async (world) => {
    const organisation = await world.organisation({ contact: "mailto:office@example.org" });
    const visitor = await world.visitor(organisation);
    await visitor.seesClosed();
    await visitor.seesContact("mailto:office@example.org");
  });

  scenario("a desk that closes disappears from the widget", async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0]);
    const visitor = await world.visitor(organisation);
    await visitor.seesFree();
    await desk.page.close();
    await visitor.seesClosed();
  });

  scenario("an expert who is away does not count as there", async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0]);
    const visitor = await world.visitor(organisation);
    await visitor.seesFree();
    await desk.setAvailable(false);
    await visitor.seesClosed();
    await desk.setAvailable(true);
    await visitor.seesFree();
  });

  scenario("while all are busy a visitor waits in line and is next", async (world) => {
    const { organisation, desk, visitor: first } = await world.call();
    const second = await world.visitor(organisation);
    await second.seesBusy();
    await second.begin();
    await second.ring({ name: "Wanda Waiting" });
    await desk.seesWaiting("Wanda Waiting");
    await first.hangUp();
    await desk.readyForNext();
    await desk.answer();
    await second.inCall();
    await second.receives();
  });
});
