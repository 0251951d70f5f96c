// Calls from a page with a site key: who is proven to be there, and what people see of it.

import assert from "node:assert/strict";

import { scenario } from "./harness/scenario.mjs";
import { certify, enrol } from "./harness/trust.mjs";
import { until } from "./harness/wait.mjs";

/** @typedef {import("./harness/side.mjs").Side} Side */

/** The mark, once it is there. @param {Side} side @param {string} name */
async function mark(side, name) {
  const button = side.button(name);
  await button.waitFor();
  return button;
}

scenario("a call is verified by itself, and stays so over reloads of both sides and in another tab", async (world) => {
  const organisation = await world.organisation();
  const [ada] = organisation.people;
  const desk = await world.desk(ada);
  await certify(world, organisation, { page: desk.page, person: ada ?? assert.fail() });
  const visitor = await world.visitor(organisation);
  await visitor.begin();
  await visitor.ring();
  await desk.rings();
  await desk.saysOfWaiting(/Protected/);
  await desk.answer();
  await Promise.all([visitor.inCall(), desk.inCall()]);
  await Promise.all([visitor.receives(), desk.receives()]);
  await mark(visitor, "Verified: Ada Adviser, Garden Tools Ltd");
  await mark(desk, "Protected");
  const [one, other] = await Promise.all([visitor.code(), desk.code()]);
  assert.equal(one, other);
  await visitor.view.getByText("Your browser has checked who this is").waitFor();
  await visitor.page.keyboard.press("Escape");
  await visitor.view.getByText("Your browser has checked who this is").waitFor({ state: "hidden" });

  await visitor.page.reload();
  await Promise.all([visitor.inCall(), desk.inCall()]);
  await Promise.all([visitor.receives(), desk.receives()]);
  await mark(visitor, "Verified: Ada Adviser, Garden Tools Ltd");

  await desk.page.reload();
  await Promise.all([visitor.inCall(), desk.inCall()]);
  await Promise.all([visitor.receives(), desk.receives()]);
  await mark(desk, "Protected");

  const tab = await world.tab(desk);
  await tab.goesOn();
  await Promise.all([visitor.inCall(), tab.inCall()]);
  await Promise.all([visitor.receives(), tab.receives()]);
  await mark(tab, "Protected");
  await desk.readyForNext();
  await tab.button("Hang up").click();
  await visitor.callIsOver();
});

scenario("a call from a page without a key says on both sides that it is not verified", async (world) => {
  const { desk, visitor } = await world.ringing();
  await desk.saysOfWaiting(/Not verified/);
  await desk.answer();
  await Promise.all([visitor.inCall(), desk.inCall()]);
  await mark(visitor, "Not verified");
  await mark(desk, "Not verified");
  const [one, other] = await Promise.all([visitor.code(), desk.code()]);
  assert.equal(one, other);
});

scenario("a desk that is not certified says so and cannot answer, while a certified one can", async (world) => {
  const organisation = await world.organisation({ names: ["Ada Adviser", "Ben Builder"] });
  const [ada, ben] = organisation.people;
  const [certified, other] = [await world.desk(ada), await world.desk(ben)];
  await certify(world, organisation, { page: certified.page, person: ada ?? assert.fail() });
  const visitor = await world.visitor(organisation);
  await visitor.begin({ media: "chat" });
  await visitor.ring();
  await certified.rings();
  await other.page.getByText("This call is sealed for certified desks, and this one is not certified yet.").waitFor();
  assert.equal(await other.page.getByRole("button", { name: "Answer", exact: true }).count(), 0);
  await certified.answer();
  await Promise.all([visitor.inCall(), certified.inCall()]);
  await mark(visitor, "Verified: Ada Adviser, Garden Tools Ltd");
});

scenario("a page whose key certifies nobody calls nobody, and says why", async (world) => {
  const organisation = await world.organisation();
  const [ada] = organisation.people;
  const desk = await world.desk(ada);
  const trust = await certify(world, organisation);
  const visitor = await world.visitor(organisation);
  await visitor.openPanel();
  await visitor.widget.getByRole("button", { name: "Video call", exact: true }).click();
  await visitor.widget.getByText("We ended it for your safety").waitFor();
  await visitor.widget.getByText("Is your computer’s clock right?").waitFor();
  await visitor.widget.getByText("What was reported").click();
  await visitor.widget.getByText("with the reason “no-device”").waitFor();
  await until("the organisation is told", async () => {
    const { alarms } = await trust.ask("GET", "/alarms");
    return alarms.some((/** @type {{ reason: string }} */ { reason }) => reason === "no-device");
  });
  await enrol(trust, desk.page, ada ?? assert.fail());
  await visitor.widget.getByRole("button", { name: "Try again" }).click();
  await visitor.ring();
  await desk.rings();
});

scenario("a message left while nobody is there is read at the certified desk, and by nobody else", async (world) => {
  const organisation = await world.organisation({ names: ["Ada Adviser", "Ben Builder"] });
  const [ada, ben] = organisation.people;
  const [desk, other] = [await world.desk(ada), await world.desk(ben)];
  await certify(world, organisation, { page: desk.page, person: ada ?? assert.fail() });
  await Promise.all([desk.setAvailable(false), other.setAvailable(false)]);
  const visitor = await world.visitor(organisation);
  await visitor.seesClosed();
  await visitor.openPanel();
  const { widget } = visitor;
  await widget.getByRole("button", { name: "Leave a message" }).click();
  await widget.getByRole("button", { name: "Send" }).click();
  await widget.getByText("Please write something.").waitFor();
  await widget.getByLabel("Your message").fill("My card is 4111 1111 1111 1111");
  await widget.getByRole("button", { name: "Send" }).click();
  await widget.getByText("Please do not enter card numbers.").waitFor();
  await widget.getByLabel("Your message").fill("The rake broke.\nPlease call me.");
  await widget.getByLabel("Your name").fill("Vera Visitor");
  await widget.getByLabel("How we reach you").fill("vera@example.org");
  const [sent] = await Promise.all([
    visitor.page.waitForRequest((request) => request.url().endsWith("/api/v1/messages")),
    widget.getByRole("button", { name: "Send" }).click(),
  ]);
  await widget.getByText("Your message is on its way").waitFor();
  const { payload } = JSON.parse(sent.postData() ?? "");
  const carried = Buffer.from(payload, "base64url").toString();
  assert.ok(!carried.includes("rake") && !carried.includes("vera"), "the service could read it");
  await widget.getByRole("button", { name: "Done" }).click();

  await desk.page.reload();
  await desk.page.getByText("The rake broke.").waitFor();
  await desk.page.getByRole("link", { name: "vera@example.org" }).waitFor();
  await other.page.reload();
  await other.page.getByText("This message cannot be opened in this browser").waitFor();
  await desk.page.getByRole("button", { name: "Delete the message of Vera Visitor" }).click();
  await desk.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await desk.page.getByText("The rake broke.").waitFor({ state: "hidden" });
});
