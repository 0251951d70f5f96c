// The site key on its way into the customer's page: what an approver's console says when the edge names another one.

import assert from "node:assert/strict";

import { signSiteKey } from "../../functions/web/src/trust/ceremony.ts";
import { ceremony } from "../browser/harness/ceremony.mjs";
import { scenario } from "../browser/harness/scenario.mjs";
import { newSiteKey } from "../browser/harness/trust.mjs";
import { Edge } from "./harness/edge.mjs";
import { now } from "./harness/forge.mjs";

/** @typedef {import("../browser/harness/world.mjs").World} World */

const SNIPPET = /^GET .*\/snippet$/;
const TRUST = /^GET .*\/trust$/;

/** An administrator whose browser approves, behind the edge; a desk waits for approval. @param {World} world */
async function approver(world) {
  const organisation = await world.organisation();
  const edge = new Edge(world.stack);
  world.closing(() => edge.close());
  const console = await world.console(organisation, { wire: await edge.before("administrator") });
  await ceremony(console);
  const desk = await world.desk(organisation.people[0]);
  await desk.page.getByRole("button", { name: "Set this browser up" }).click();
  await desk.page.getByRole("heading", { name: "Read this code to an administrator" }).waitFor();
  const own = await newSiteKey();
  return { organisation, edge, console, own };
}

/** @param {import("../browser/harness/console.mjs").Console} console */
async function warnsOfSnippet({ page, section }) {
  await section("Embed");
  const warning = page.getByText(
    "The service did not put the site key into this snippet that this browser approves for.",
  );
  await warning.waitFor();
  assert.match((await warning.textContent()) ?? "", /Do not copy it/);
}

scenario("the site key swapped in the snippet that the edge serves", async (world) => {
  const { edge, console, own } = await approver(world);
  await console.section("Embed");
  await console.page.getByText(/site-key="/).waitFor();
  assert.equal(await console.page.getByText("Do not copy it").count(), 0, "an honest snippet is warned of");
  edge.onAnswer("administrator", SNIPPET, ({ body }) => {
    body.html = body.html.replace(/site-key="[^"]*"/, `site-key="${own.publicKey}"`);
  });
  await console.page.reload();
  await console.page.getByText(`site-key="${own.publicKey}"`).waitFor();
  await warnsOfSnippet(console);
});

scenario("the site key left out of the snippet that the edge serves", async (world) => {
  const { edge, console } = await approver(world);
  edge.onAnswer("administrator", SNIPPET, ({ body }) => {
    body.html = body.html.replace(/ site-key="[^"]*"/, "");
  });
  await warnsOfSnippet(console);
});

scenario("a site key of the edge's own told to the console, with a snippet that fits", async (world) => {
  const { organisation, edge, console, own } = await approver(world);
  const { page, section } = console;
  const statement = await signSiteKey(own, organisation.id, now());
  /** @type {string[]} */
  const signed = [];
  edge.onRequest("administrator", /^(POST|PUT) .*\/trust\/(certificates|revocations)$/, ({ route }) => {
    signed.push(route);
  });
  edge.onAnswer("administrator", TRUST, ({ body }) => {
    body.site_keys = [statement];
    // Nothing is left that would have to be renewed but the list, which an approver signs at once.
    delete body.revocations;
  });
  edge.onAnswer("administrator", SNIPPET, ({ body }) => {
    body.html = body.html.replace(/site-key="[^"]*"/, `site-key="${own.publicKey}"`);
  });
  await page.reload();
  await page.getByText("The service tells of another site key than the one this browser approves for.").waitFor();
  await page.getByText("Waits for approval").waitFor();
  assert.equal(await page.getByRole("button", { name: /Compare and approve/ }).count(), 0, "it approves all the same");
  await warnsOfSnippet(console);
  await section("Trust");
  assert.deepEqual(signed, [], "it signs all the same");
});

scenario("no site key told to the console any more", async (world) => {
  const { edge, console } = await approver(world);
  edge.onAnswer("administrator", TRUST, ({ body }) => {
    body.site_keys = [];
  });
  await console.page.reload();
  await console.page.getByText("The service tells of no site key any more").waitFor();
});
