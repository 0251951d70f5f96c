// A third person in a call: a guest by a link, a colleague from their desk.

import assert from "node:assert/strict";

import { scenario } from "./harness/scenario.mjs";
import { certify, enrol } from "./harness/trust.mjs";
import { until } from "./harness/wait.mjs";

/** A verified call between Ada and a visitor. @param {import("./harness/world.mjs").World} world */
async function verified(world) {
  const organisation = await world.organisation({ names: ["Ada Adviser", "Ben Builder"] });
  const ada = organisation.people[0] ?? assert.fail();
  const desk = await world.desk(ada);
  const trust = await certify(world, organisation, { page: desk.page, person: ada });
  const visitor = await world.visitor(organisation);
  await visitor.begin();
  await visitor.ring({ name: "Vera Visitor" });
  await desk.rings();
  await desk.answer();
  await Promise.all([visitor.inCall(), desk.inCall()]);
  return { organisation, trust, desk, visitor };
}

/** @param {(side: import("./harness/side.mjs").Side) => Promise<string>} read @param {import("./harness/side.mjs").Side[]} sides */
async function sameCode(read, ...sides) {
  await until("all see the same code", async () => {
    const codes = await Promise.all(sides.map(read));
    return new Set(codes).size === 1;
  });
}

/** Where a guest is there. @param {import("./harness/side.mjs").Side} side */
const shown = (side) => side.codeShown();
/** Who has asked for it sees it until a reload. @param {import("./harness/side.mjs").Side} side */
const asked = (side) => side.codeAsked();

scenario("a guest joins by a link once let in, and all see, hear and read each other under one code", async (world) => {
  const { desk, visitor } = await verified(world);
  await visitor.say("before");
  await desk.addSomebody();
  const link = await desk.makesLink();
  const guest = await world.guest(link);
  await guest.isTold("Garden Tools Ltd invites you to a call");
  await guest.asks({ name: "Gustav Guest" });
  await (await desk.knocks("Gustav Guest")).getByText("Nothing proves who it is").waitFor();
  await visitor.isAlone();
  await desk.letsIn("Gustav Guest");
  await guest.inCall();
  await Promise.all([
    visitor.seesJoined("Gustav Guest"),
    desk.seesJoined("Gustav Guest"),
    guest.seesJoined("Vera Visitor"),
  ]);
  await guest.button("Verified: Ada Adviser, Garden Tools Ltd").waitFor();
  await sameCode(shown, visitor, desk, guest);
  await guest.say("hello from the guest");
  await Promise.all([visitor.reads("hello from the guest"), desk.reads("hello from the guest")]);
  assert.equal(await guest.view.getByText("before", { exact: true }).count(), 0, "written before the guest came");

  const again = await world.guest(link);
  await again.page.getByRole("button", { name: "Go on" }).click();
  await again.isTold("This invitation is over");

  await guest.page.reload();
  await Promise.all([visitor, desk].map((side) => side.seesJoined("Gustav Guest")));
  await guest.seesJoined("Vera Visitor");
  await visitor.page.reload();
  await visitor.seesJoined("Gustav Guest");
  await guest.seesJoined("Vera Visitor");
  await sameCode(shown, visitor, desk, guest);

  await guest.hangUp();
  await guest.isTold("The call is over for you");
  await Promise.all([visitor.isAlone(), desk.isAlone()]);
  await visitor.receives();
});

scenario(
  "a colleague joins from their desk, verified, and is ready for the next when the call is over",
  async (world) => {
    const { organisation, trust, desk, visitor } = await verified(world);
    const ben = organisation.people[1] ?? assert.fail();
    const other = await world.desk(ben);
    await enrol(trust, other.page, ben);
    await desk.addSomebody();
    await desk.asks("Ben Builder");
    await other.joins("Ada Adviser");
    await (await desk.knocks("Ben Builder")).getByText("Colleague, verified").waitFor();
    await desk.letsIn("Ben Builder");
    await other.inCall();
    await Promise.all([
      visitor.seesJoined("Ben Builder"),
      desk.seesJoined("Ben Builder"),
      other.seesJoined("Vera Visitor"),
    ]);
    await other.button("Verified: Ada Adviser, Garden Tools Ltd").waitFor();
    const codes = await Promise.all([visitor.code(), desk.code(), other.code()]);
    assert.equal(new Set(codes).size, 1, codes.join());

    await desk.page.reload();
    await desk.resumes();
    await Promise.all([visitor.seesJoined("Ben Builder"), desk.seesJoined("Ben Builder")]);
    await other.seesJoined("Vera Visitor");
    await desk.code();
    await sameCode(asked, visitor, desk, other);
    await other.page.reload();
    await other.seesJoined("Vera Visitor");
    await Promise.all([visitor, desk].map((side) => side.seesJoined("Ben Builder")));
    await other.code();
    await sameCode(asked, visitor, desk, other);

    await desk.hangUp();
    await visitor.callIsOver();
    await Promise.all([desk.readyForNext(), other.readyForNext()]);
  },
);

scenario("who is refused does not get in, and who is removed is out; the call goes on", async (world) => {
  const { desk, visitor } = await verified(world);
  await desk.addSomebody();
  const refused = await world.guest(await desk.makesLink());
  await refused.asks({ name: "Rita Refused" });
  await desk.refuses("Rita Refused");
  await refused.isTold("You were not let in");
  await desk.page.getByRole("button", { name: "Make another" }).click();
  const first = new URL(refused.page.url()).hash;
  const link = await until("another link", async () => {
    const value = await desk.page.getByLabel("Link for one guest").first().inputValue();
    return value.endsWith(first) ? undefined : value;
  });
  const guest = await world.guest(link);
  await guest.asks({ name: "Gustav Guest" });
  await desk.letsIn("Gustav Guest");
  await visitor.seesJoined("Gustav Guest");
  await desk.removes("Gustav Guest");
  await guest.isTold("The call is over for you");
  await Promise.all([visitor.isAlone(), desk.isAlone()]);
  await visitor.receives();
});

scenario("a guest who reloads the page before asking goes on there, and hears when the call is over", async (world) => {
  const { desk } = await verified(world);
  await desk.addSomebody();
  const guest = await world.guest(await desk.makesLink());
  await guest.goesOn();
  await guest.page.getByRole("heading", { name: "Ready to join?" }).waitFor();
  await guest.page.locator("button[data-focus]:not([aria-disabled])", { hasText: "Ask to be let in" }).waitFor();
  await guest.page.reload();
  await guest.asksFromThere({ name: "Gustav Guest" });
  await desk.knocks("Gustav Guest");
  await desk.hangUp();
  await guest.page.getByText("It ended before you were let in").waitFor();
});

scenario("in a call that is not verified a guest joins too, and everybody is told", async (world) => {
  const { desk, visitor } = await world.call();
  await desk.addSomebody();
  const guest = await world.guest(await desk.makesLink());
  await guest.page.getByText("This link carries no key").waitFor();
  await guest.asks({ name: "Gustav Guest" });
  await desk.letsIn("Gustav Guest");
  await Promise.all([visitor.seesJoined("Gustav Guest"), guest.seesJoined("Vera Visitor")]);
  await Promise.all([visitor, desk, guest].map((side) => side.button("Not verified").waitFor()));
  await sameCode(shown, visitor, desk, guest);
});

scenario("a link that was cut off is no invitation", async (world) => {
  const { service } = world.stack;
  const guest = await world.guest(`${service}/join`);
  await guest.isTold("This link is not complete");
});
