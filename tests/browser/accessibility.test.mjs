// axe finds nothing serious on any page, in any state that matters. It cannot find everything; what it finds is wrong.

import { AxeBuilder } from "@axe-core/playwright";

import { scenario } from "./harness/scenario.mjs";

/** @param {import("playwright-core").Page} page @param {string} state for the message */
async function accessible(page, state) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  if (serious.length === 0) return;
  const found = serious.map(
    ({ id, help, nodes }) =>
      `${id} (${help}):\n${nodes.map(({ target, failureSummary }) => `  ${target}: ${failureSummary}`).join("\n")}`,
  );
  throw new Error(`${state}: ${found.join("\n")}`);
}

scenario("widget, call and desk have no serious accessibility findings", async (world) => {
  const organisation = await world.organisation();
  const desk = await world.desk(organisation.people[0]);
  await accessible(desk.page, "the desk, nobody waits");
  const visitor = await world.visitor(organisation);
  await visitor.seesFree();
  await accessible(visitor.page, "the launcher");
  await visitor.begin();
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
});

scenario("the widget with nobody there, and on a phone, has no serious accessibility findings", async (world) => {
  const organisation = await world.organisation({ contact: "mailto:office@example.org" });
  const visitor = await world.visitor(organisation, { phone: true });
  await visitor.seesContact("mailto:office@example.org");
  await accessible(visitor.page, "nobody there");
});

scenario("the console, signing in and the first page have no serious accessibility findings", async (world) => {
  const organisation = await world.organisation();
  const page = await world.console(organisation);
  for (const section of ["Organisation", "People", "Embed", "Reports"]) {
    await page.section(section);
    await accessible(page.page, `the console's ${section}`);
  }
  const other = await world.page("nobody signed in");
  for (const path of ["/desk", "/console", "/"]) {
    await other.goto(`${world.stack.service}${path}`);
    await other.getByRole("heading").first().waitFor();
    await accessible(other, `${path} without signing in`);
  }
});
