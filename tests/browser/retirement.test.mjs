// A site key that is lost or stolen: giving it up, beginning anew, and what pages do that still hold the old one.

import assert from "node:assert/strict";

import { approve, ceremony, makeKey, openKey } from "./harness/ceremony.mjs";
import { Console } from "./harness/console.mjs";
import { scenario } from "./harness/scenario.mjs";
import { call, snippet } from "./harness/stack.mjs";
import { until } from "./harness/wait.mjs";

/** The customer copies the snippet that the console gives. @param {import("./harness/world.mjs").World} world @param {Awaited<ReturnType<import("./harness/world.mjs").World["organisation"]>>} organisation */
async function copySnippet(world, organisation) {
  const { html, policy } = await snippet(world.stack, organisation.office.token);
  Object.assign(organisation.customer, { snippet: html, policy });
  return /site-key="([^"]*)"/.exec(html)?.[1];
}

scenario(
  "a site key is given up and another made; a page with the old one refuses, one with the new one calls",
  async (world) => {
    const organisation = await world.organisation();
    const [ada = assert.fail()] = organisation.people;
    const console = await world.console(organisation);
    const { page, section } = console;
    const old = await ceremony(console);
    const desk = await world.desk(ada);
    await desk.page.getByRole("button", { name: "Set this browser up" }).click();
    await approve(page, desk.page, "Ada Adviser");
    await desk.page.getByText(/^This browser is certified until/).waitFor();
    const before = await copySnippet(world, organisation);

    await page.getByRole("button", { name: "The key is lost or stolen" }).click();
    await page.getByText("pages that hold the old key call nobody any more").waitFor();
    const give = page.getByRole("button", { name: "Give the site key up" });
    await give.click();
    await page.getByText("Please say what has happened.").waitFor();
    await page.getByLabel("Lost").check();
    const typed = page.getByLabel("Type “Garden Tools Ltd” to confirm");
    await typed.fill("Garden Tools");
    await give.click();
    await page.getByText("This is not your organisation’s name").waitFor();
    assert.equal(await copySnippet(world, organisation), before, "nothing has happened yet");
    await typed.fill("Garden Tools Ltd");
    await give.click();
    await page.getByRole("heading", { name: "Choose a passphrase" }).waitFor();

    // A page that nobody has touched: there is nobody that it could ring now.
    const visitor = await world.visitor(organisation);
    await visitor.openPanel();
    await visitor.widget.getByRole("button", { name: "Video call", exact: true }).click();
    await visitor.widget.getByText("We ended it for your safety").waitFor();
    await visitor.widget.getByRole("button", { name: "Done" }).click();

    const key = await makeKey(page);
    await openKey(page, old, "Open and set up");
    await page.getByText("This is another key than the one just made.").waitFor();
    await openKey(page, key, "Open and set up");
    await page.getByRole("heading", { name: "The site key is set up" }).waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("heading", { name: "Site keys given up" }).waitFor();
    await page.getByText(before ?? "no key", { exact: true }).waitFor();
    await page.getByText(/^by Oskar Office, /).waitFor();
    await desk.page.reload();
    await approve(page, desk.page, "Ada Adviser");
    await desk.page.getByText("The service tells of another site key than the one this browser was").waitFor();
    await desk.page.getByRole("button", { name: "Go on with the new key" }).click();
    await desk.page.getByText(/^This browser is certified until/).waitFor();

    // Now there is somebody, and the page cannot know them.
    await visitor.openPanel();
    await visitor.widget.getByRole("button", { name: "Video call", exact: true }).click();
    await visitor.widget.getByText("The other side could not prove who it is.").waitFor();
    await visitor.widget.getByText("What was reported").click();
    await visitor.widget.getByText("with the reason “chain”").waitFor();
    await section("Reports");
    await until("the alarm is shown", async () => {
      await page.getByRole("button", { name: "Load again" }).first().click();
      await page.getByText("Loading").first().waitFor({ state: "hidden" });
      return page.getByText("A certificate that does not lead to the site key in the page").isVisible();
    });

    const after = await copySnippet(world, organisation);
    assert.ok(after && after !== before);
    await visitor.open(organisation.customer.page);
    await visitor.begin({ media: "chat" });
    await visitor.ring();
    await desk.rings();
    await desk.answer();
    await visitor.inCall();
    await visitor.button("Verified: Ada Adviser, Garden Tools Ltd").waitFor();
  },
);

scenario(
  "another administrator's browser warns of a site key that was given up, until it opens the new file",
  async (world) => {
    const organisation = await world.organisation();
    const [first] = organisation.administrators;
    const console = await world.console(organisation);
    await ceremony(console);
    const headers = { authorization: `Bearer ${organisation.office.token}`, origin: world.stack.service };
    const { service } = world.stack;
    const { site_keys } = (await call(`${service}/api/v1/trust`, { method: "GET", headers })).json;
    assert.equal(site_keys.length, 1);
    const path = `${service}/api/v1/people/${first?.id}/sign-in-link`;
    const { url } = (await call(path, { headers, body: {} })).json;
    const second = new Console(await world.page("second console"));
    await second.open(url);
    await second.section("Trust");
    await second.page.getByRole("button", { name: "The key is lost or stolen" }).click();
    await second.page.getByLabel("Stolen").check();
    await second.page.getByLabel("Type “Garden Tools Ltd” to confirm").fill("Garden Tools Ltd");
    await second.page.getByRole("button", { name: "Give the site key up" }).click();
    await second.page.getByRole("heading", { name: "Choose a passphrase" }).waitFor();

    const { page } = console;
    await page.getByRole("button", { name: "Load again" }).click();
    await page.getByText("The service tells of no site key any more").waitFor();
    await page.getByText(/^by Olga Office, /).waitFor();
    const key = await makeKey(second.page);
    await openKey(second.page, key, "Open and set up");
    await second.page.getByRole("heading", { name: "The site key is set up" }).waitFor();
    await page.reload();
    await page.getByText("The service tells of another site key than the one this browser approves for").waitFor();
    await page.getByRole("button", { name: "Open the key file" }).click();
    await openKey(page, key);
    await page.getByText("This browser approves devices for 90 days.").waitFor();
    await until(
      "the warning is gone",
      async () => !(await page.getByText("The service tells of another site key").isVisible()),
    );
  },
);
