// axe finds nothing serious on any page, in any state that matters. It cannot find everything; what it finds is wrong.

import assert from "node:assert/strict";

import { AxeBuilder } from "@axe-core/playwright";

import { scenario } from "./harness/scenario.mjs";
import { certify, enrol, Trust } from "./harness/trust.mjs";
import { until } from "./harness/wait.mjs";

/** In the page: no animation that has an end goes on. */
function settled() {
  /** @param {Document | ShadowRoot} root @returns {Animation[]} */
  const animations = (root) => [
    ...root.getAnimations(),
    ...[...root.querySelectorAll("*")].flatMap(({ shadowRoot }) => (shadowRoot ? animations(shadowRoot) : [])),
  ];
  return animations(document).every(
    ({ playState, effect }) =>
      playState !== "running" || effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY,
  );
}

/** @param {import("playwright-core").Page} page @param {string} state for the message */
async function accessible(page, state) {
  await until("nothing fades in any more", () => page.evaluate(settled));
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  if (serious.length === 0) return;
  const found = serious.map(
    ({ id, help, nodes }) =>
      `${id} (${help}):\n${nodes.map(({ target, failureSummary }) => `  ${target}: ${failureSummary}`).join("\n")}`,
  );
  throw new Error(`${state}: ${found.join("\n")}`);
}

for (const scheme of /** @type {const} */ (["light", "dark"])) {
  scenario(`widget, call and desk have no serious accessibility findings, ${scheme}`, async (world) => {
    const organisation = await world.organisation();
    const desk = await world.desk(organisation.people[0], { scheme });
    await accessible(desk.page, "the desk, nobody waits");
    const visitor = await world.visitor(organisation, { scheme });
    await visitor.seesFree();
    await accessible(visitor.page, "the launcher");
    await visitor.openPanel();
    await accessible(visitor.page, "the panel");
    await visitor.choose();
    await accessible(visitor.page, "the device check");
    await visitor.ring({ name: "Vera Visitor" });
    await desk.rings();
    await accessible(visitor.page, "ringing at the visitor");
    await accessible(desk.page, "ringing at the desk");
    await desk.answer();
    await visitor.inCall();
    await desk.inCall();
    await visitor.say("Good morning");
    await desk.reads("Good morning");
    await accessible(visitor.page, "the call at the visitor");
    await accessible(desk.page, "the call at the desk");
    await visitor.hangUp();
    await visitor.callIsOver();
    await accessible(visitor.page, "after the call");
    await desk.readyForNext();
    await accessible(desk.page, "the desk after the call");
    await desk.checkDevices();
    await accessible(desk.page, "the desk's device check");
  });

  scenario(`what is said of who is there has no serious accessibility findings, ${scheme}`, async (world) => {
    const organisation = await world.organisation();
    const ada = organisation.people[0] ?? assert.fail();
    const desk = await world.desk(ada, { scheme });
    const trust = await certify(world, organisation);
    const visitor = await world.visitor(organisation, { scheme });
    await visitor.openPanel();
    await visitor.widget.getByRole("button", { name: "Video call", exact: true }).click();
    await visitor.widget.getByText("What was reported").click();
    await accessible(visitor.page, "a call that could not be verified");
    await visitor.widget.getByRole("button", { name: "Done" }).click();
    await enrol(trust, desk.page, ada);
    await visitor.begin();
    await visitor.ring();
    await desk.rings();
    await accessible(desk.page, "a sealed call rings");
    await desk.answer();
    await Promise.all([visitor.inCall(), desk.inCall()]);
    for (const side of [visitor, desk]) {
      await side.view.locator("visavis-proof .mark").click();
      await side.button("Show the code").click();
      await side.view.locator("visavis-proof output").waitFor();
    }
    await accessible(visitor.page, "the mark's explanation at the visitor");
    await accessible(desk.page, "the mark's explanation at the desk");
    await visitor.hangUp();
    await visitor.callIsOver();
    await desk.setAvailable(false);
    await visitor.widget.getByRole("button", { name: "Done" }).click();
    await visitor.seesClosed();
    await visitor.openPanel();
    await visitor.widget.getByRole("button", { name: "Leave a message" }).click();
    await visitor.widget.getByLabel("Your message").fill("Please call me.");
    await accessible(visitor.page, "the form for a message");
    await visitor.widget.getByRole("button", { name: "Send" }).click();
    await visitor.widget.getByText("Your message is on its way").waitFor();
    await accessible(visitor.page, "a message is left");
    await desk.page.reload();
    await desk.page.getByText("Please call me.").waitFor();
    await accessible(desk.page, "the desk's messages");
  });

  scenario(
    `a call of three and the page for guests have no serious accessibility findings, ${scheme}`,
    async (world) => {
      const organisation = await world.organisation({ names: ["Ada Adviser", "Ben Builder"] });
      const [ada, ben] = organisation.people;
      const desk = await world.desk(ada, { scheme });
      const trust = await certify(world, organisation, { page: desk.page, person: ada ?? assert.fail() });
      const other = await world.desk(ben, { scheme });
      await enrol(trust, other.page, ben ?? assert.fail());
      const visitor = await world.visitor(organisation, { scheme });
      await visitor.begin();
      await visitor.ring({ name: "Vera Visitor" });
      await desk.rings();
      await desk.answer();
      await Promise.all([visitor.inCall(), desk.inCall()]);
      await desk.addSomebody();
      const link = await desk.makesLink();
      await desk.asks("Ben Builder");
      await accessible(desk.page, "the desk that adds somebody");
      await other.page.getByRole("button", { name: "Join", exact: true }).waitFor();
      await accessible(other.page, "a desk that is invited");
      const lost = await world.guest(`${world.stack.service}/join`, { scheme });
      await accessible(lost.page, "a link that was cut off");
      const guest = await world.guest(link, { scheme, phone: true });
      await guest.isTold("Garden Tools Ltd invites you to a call");
      await accessible(guest.page, "the page for guests");
      await guest.asks({ name: "Gustav Guest" });
      await accessible(guest.page, "a guest who waits to be let in");
      await desk.knocks("Gustav Guest");
      await accessible(desk.page, "the desk at which somebody knocks");
      await desk.letsIn("Gustav Guest");
      await Promise.all([visitor.seesJoined("Gustav Guest"), guest.seesJoined("Vera Visitor")]);
      await accessible(guest.page, "the call at the guest");
      await visitor.view.locator("visavis-proof .mark").click();
      await accessible(visitor.page, "the call of three at the visitor");
      await accessible(desk.page, "the call of three at the desk");
      await guest.hangUp();
      await guest.isTold("The call is over for you");
      await accessible(guest.page, "after the guest's call");
    },
  );

  scenario(
    `the console, signing in and the first page have no serious accessibility findings, ${scheme}`,
    async (world) => {
      const organisation = await world.organisation();
      const console = await world.console(organisation, { scheme });
      for (const section of ["Organisation", "Embed", "Reports", "People"]) {
        await console.section(section);
        await accessible(console.page, `the console's ${section}`);
      }
      await console.page.getByRole("button", { name: "Add a person" }).click();
      await console.page.getByRole("dialog").waitFor();
      await accessible(console.page, "adding a person");
      await console.page.keyboard.press("Escape");
      await console.section("Trust");
      await accessible(console.page, "before there is a site key");
      await console.page.getByRole("button", { name: "Make the site key" }).click();
      await console.page.getByLabel("Passphrase", { exact: true }).fill("rabbit orbit velvet seventeen ladder");
      await accessible(console.page, "choosing a passphrase");
      const other = await world.page("nobody signed in", { scheme });
      for (const path of ["/desk", "/console", "/"]) {
        await other.goto(`${world.stack.service}${path}`);
        await other.getByRole("heading").first().waitFor();
        await accessible(other, `${path} without signing in`);
      }
    },
  );
}

scenario("the widget with nobody there, and on a phone, has no serious accessibility findings", async (world) => {
  const organisation = await world.organisation({ contact: "mailto:office@example.org" });
  const visitor = await world.visitor(organisation, { phone: true });
  await visitor.seesContact("mailto:office@example.org");
  await accessible(visitor.page, "nobody there");
});

for (const scheme of /** @type {const} */ (["light", "dark"])) {
  scenario(`approving a device has no serious accessibility findings, ${scheme}`, async (world) => {
    const organisation = await world.organisation();
    await Trust.establish(world, organisation);
    const desk = await world.desk(organisation.people[0], { scheme });
    await accessible(desk.page, "a desk without a certificate");
    await desk.page.getByRole("button", { name: "Set this browser up" }).click();
    await desk.page.getByRole("heading", { name: "Read this code to an administrator" }).waitFor();
    await accessible(desk.page, "a desk that shows its code");
    const console = await world.console(organisation, { scheme });
    await console.section("Trust");
    await console.page.getByText("Waits for approval").waitFor();
    await accessible(console.page, "the console's Trust");
    await console.page.getByRole("button", { name: "Open the key file" }).click();
    await console.page.getByLabel("Key file", { exact: true }).waitFor();
    await accessible(console.page, "opening a key file");
  });
}
