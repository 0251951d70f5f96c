// The site key on its way into the customer's page: what an approver's console says when the edge names another one.

import assert from "node:assert/strict";

import { certifyApprover, signSiteKey, signSuccession } from "../../functions/web/src/trust/ceremony.ts";
import { newSigningKey, publicPart } from "../../functions/web/src/trust/ed25519.ts";
import { newSealingKey } from "../../functions/web/src/trust/hpke.ts";
import { make } from "../../functions/web/src/trust/statements.ts";
import { ceremony } from "../browser/harness/ceremony.mjs";
import { scenario } from "../browser/harness/scenario.mjs";
import { newSiteKey } from "../browser/harness/trust.mjs";
import { Edge } from "./harness/edge.mjs";
import { DAY, now } from "./harness/forge.mjs";

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

/** The site keys that the console shows. @param {import("../browser/harness/console.mjs").Console} console */
async function keysOf({ page, section }) {
  await section("Trust");
  const keys = await page
    .getByRole("region", { name: "Site key" })
    .getByRole("listitem")
    .locator("code")
    .allTextContents();
  assert.ok(keys.length > 0);
  return keys;
}

/** @param {import("../browser/harness/console.mjs").Console} console */
async function warnsOfSnippet({ page, section }) {
  await section("Embed");
  const warning = page.getByText("There is something else in this snippet than what this browser knows");
  await warning.waitFor();
  assert.match((await warning.textContent()) ?? "", /Do not copy it/);
  assert.equal(
    await page
      .getByRole("region", { name: /Paste this/ })
      .getByRole("button", { name: /copy/i })
      .count(),
    0,
  );
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

scenario("a second site key in the snippet, where a reader in a hurry does not look", async (world) => {
  const { edge, console, own } = await approver(world);
  edge.onAnswer("administrator", SNIPPET, ({ body }) => {
    const [, key] = /site-key="([^"]*)"/.exec(body.html) ?? [];
    body.html = body.html.replace(/site-key="[^"]*"/, `title=' site-key="${key}"' site-key="${own.publicKey}"`);
  });
  await warnsOfSnippet(console);
});

scenario("the keys withheld from the console, and the site key swapped in the snippet", async (world) => {
  const { edge, console, own } = await approver(world);
  edge.onAnswer("administrator", TRUST, (passing) => {
    passing.status = 503;
    passing.body = { type: "/problems/unavailable", title: "Unavailable", status: 503, detail: "Later." };
  });
  edge.onAnswer("administrator", SNIPPET, ({ body }) => {
    body.html = body.html.replace(/site-key="[^"]*"/, `site-key="${own.publicKey}"`);
  });
  await console.page.reload();
  await warnsOfSnippet(console);
});

scenario("a site key of the edge's own told to the console beside the organisation's", async (world) => {
  const { organisation, edge, console, own } = await approver(world);
  const statement = await signSiteKey(own, organisation.id, now());
  edge.onAnswer("administrator", TRUST, ({ body }) => {
    body.site_keys.push(statement);
  });
  edge.onAnswer("administrator", SNIPPET, ({ body }) => {
    body.html = body.html.replace(/site-key="/, `site-key="${own.publicKey} `);
  });
  await console.page.reload();
  await console.page.getByText("The service also tells of a site key that this browser knows nothing of.").waitFor();
  await warnsOfSnippet(console);
});

scenario("a site key of the edge's own said to precede the organisation's, with a device to renew", async (world) => {
  const { organisation, edge, console, own } = await approver(world);
  const [ada = assert.fail()] = organisation.people;
  const [evil, signing, sealing] = [await newSigningKey(), await newSigningKey(), await newSealingKey()];
  const approverKey = await publicPart(evil);
  const whose = { organisation: organisation.id, person: organisation.administrators[1]?.id ?? "", approverKey };
  const keys = { signingKey: await publicPart(signing), sealingKey: await publicPart(sealing) };
  const request = { organisation: organisation.id, expert: ada.id, ...keys };
  const names = { name: ada.name, title: "", organisationName: "Garden Tools Ltd" };
  const times = { notBefore: now() - 2 * DAY, notAfter: now() + 3_600 };
  const device = {
    ...{ id: "edge", expert: { id: ada.id, name: ada.name, active: true }, requested_at: "2026-11-24T01:00:00.000Z" },
    request: await make("device-request", request, signing.privateKey),
    certificate: await make("device", { ...request, ...names, approverKey, ...times }, evil.privateKey),
  };
  const certificate = await certifyApprover(own, whose, now());
  let told = 0;
  /** @type {string[]} */
  const signed = [];
  edge.onRequest("administrator", /^POST .*\/trust\/certificates$/, ({ body }) => {
    signed.push(JSON.stringify(body));
  });
  const successions = await Promise.all(
    // Of all site keys there are.
    (await keysOf(console)).map((key) => signSuccession(own, key, organisation.id, now())),
  );
  edge.onAnswer("administrator", TRUST, ({ body }) => {
    body.successions.push(...successions);
    body.approvers.push({ certificate, person: { id: whose.person, name: "Olga Office", active: true } });
    body.devices.push(device);
    told++;
  });
  await console.page.reload();
  await console.page.getByText("This browser approves devices, and renews").waitFor();
  await console.page.getByText("To be approved anew").waitFor();
  assert.ok(told > 0);
  assert.deepEqual(signed, [], "the edge's device is certified");
});

scenario("no site key told to the console any more", async (world) => {
  const { edge, console } = await approver(world);
  edge.onAnswer("administrator", TRUST, ({ body }) => {
    body.site_keys = [];
  });
  await console.page.reload();
  await console.page.getByText("The service tells of no site key any more").waitFor();
});
