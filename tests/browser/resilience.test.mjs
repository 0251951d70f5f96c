// Reloads, lost networks and broken WebSockets: the call goes on by itself, or says why not.

import assert from "node:assert/strict";

import { scenario } from "./harness/scenario.mjs";

scenario("the visitor reloads the page and the call goes on", async (world) => {
  const { visitor, desk } = await world.call();
  await visitor.page.reload();
  await visitor.resumes();
  await visitor.inCall();
  await visitor.receives();
  await desk.inCall();
  await desk.receives();
});

scenario("the expert reloads the desk and the call goes on", async (world) => {
  const { visitor, desk } = await world.call();
  await desk.page.reload();
  await desk.resumes();
  await desk.inCall();
  await desk.receives();
  await visitor.inCall();
  await visitor.receives();
});

scenario("the expert goes on with a call at another computer, and again at the first", async (world) => {
  const { visitor, desk } = await world.call();
  const other = await world.otherComputer(desk);
  for (const [here, there] of [
    [other, desk],
    [desk, other],
  ]) {
    await here?.goesOn();
    await Promise.all([visitor.inCall(), here?.inCall()]);
    await Promise.all([visitor.receives(), here?.receives()]);
    await there?.page.getByText("You are in a call at another desk").waitFor();
    await there?.readyForNext();
  }
  await desk.hangUp();
  await visitor.callIsOver();
});

scenario("a ringing call survives a reload of the desk", async (world) => {
  const { visitor, desk } = await world.ringing();
  await desk.page.reload();
  await desk.rings();
  await desk.answer();
  await visitor.inCall();
  await visitor.receives();
});

scenario("the visitor loses the service for a moment while it rings", async (world) => {
  const wire = await world.wire();
  const { visitor, desk } = await world.ringing({ visitor: { wire } });
  await wire.cut();
  await desk.answer();
  await wire.mend();
  await visitor.inCall();
  await visitor.receives();
});

scenario("both lose the service mid-call: the call goes on, and what was said meanwhile arrives", async (world) => {
  const [one, two] = [await world.wire(), await world.wire()];
  const { visitor, desk } = await world.call({ visitor: { wire: one }, desk: { wire: two } });
  await Promise.all([visitor.isRenewed(), desk.isRenewed()]);
  for (const wire of [one, two]) await wire.cut();
  await visitor.say("Are you still there?");
  await desk.reads("Are you still there?");
  for (const side of [visitor, desk]) await side.receives();
  for (const wire of [one, two]) await wire.mend();
  await visitor.hangUp();
  await desk.readyForNext();
  // The desk is heard by the service again: the next call rings.
  await visitor.beginAgain();
  await visitor.ring();
  await desk.rings();
});

scenario("the visitor's network is gone for some seconds and comes back", async (world) => {
  const wire = await world.wire();
  const line = await world.line(world.stack.relay.address);
  const { visitor, desk } = await world.call({
    visitor: { wire, relay: "tcp", relayAt: `127.0.0.1:${line.port}` },
  });
  await visitor.isRenewed();
  await visitor.page.context().setOffline(true);
  await wire.cut();
  line.cut();
  await visitor.isReconnecting();
  await desk.isReconnecting();
  line.mend();
  await wire.mend();
  await visitor.page.context().setOffline(false);
  await visitor.inCall();
  await desk.inCall();
  for (const side of [visitor, desk]) await side.receives();
});

scenario("a visitor who closes the page for good is gone, and the expert is told", async (world) => {
  const { visitor, desk } = await world.call();
  await visitor.page.close({ runBeforeUnload: false });
  // 12 seconds are left to come back, as after a reload.
  await desk.isTold("other-gone");
  await desk.readyForNext();
});

scenario("an expert who is gone for good: the visitor is told", async (world) => {
  const { visitor, desk } = await world.call();
  await desk.page.close({ runBeforeUnload: false });
  await visitor.isTold("other-gone");
});

scenario("behind a proxy that breaks WebSockets both use server-sent events", async (world) => {
  const [one, two] = [await world.wire({ websockets: false }), await world.wire({ websockets: false })];
  const { visitor, desk } = await world.call({ visitor: { wire: one }, desk: { wire: two } });
  for (const side of [visitor, desk]) await side.receives();
  for (const wire of [one, two]) assert.ok(wire.tunnels > 0, "a WebSocket was tried, and refused");
  await desk.hangUp();
  await visitor.callIsOver();
});
