// The site key's ceremony, and what follows from it: approving, renewing, revoking, a second approver, a new site key.

import assert from "node:assert/strict";

import { approve, ceremony, makeKey, openKey } from "./harness/ceremony.mjs";
import { Console } from "./harness/console.mjs";
import { scenario } from "./harness/scenario.mjs";
import { call, snippet } from "./harness/stack.mjs";
import { until } from "./harness/wait.mjs";

const DAY = 86_400_000;

/** @typedef {import("playwright-core").Page} Page */

/** @param {import("./harness/world.mjs").World} world @param {{ office: { token: string } }} organisation */
async function ask(world, { office }) {
  const headers = { authorization: `Bearer ${office.token}`, origin: world.stack.service };
  const { json } = await call(`${world.stack.service}/api/v1/trust`, { method: "GET", headers });
  return json;
}

/** A computer whose clock is wrong by so much. @param {Page} page @param {number} by in milliseconds */
const shiftClock = (page, by) => page.clock.setFixedTime(Date.now() + by);

scenario("a site key is made, a device approved by its code, renewed by itself, and revoked", async (world) => {
  const organisation = await world.organisation();
  const [ada] = organisation.people;
  const console = await world.console(organisation);
  const { page, section } = console;
  // Three days ago, as far as this browser knows: the console is then opened again today.
  await shiftClock(page, -3 * DAY);
  await section("Trust");
  await page.getByRole("button", { name: "Make the site key" }).click();
  await page.getByLabel("Passphrase", { exact: true }).fill("correct horse battery staple");
  await page.getByText("too weak.").waitFor();
  await page.getByRole("button", { name: "Make the key and save the file" }).click();
  await page.getByText("Please choose a longer one").waitFor();
  const key = await makeKey(page);
  await openKey(page, { ...key, passphrase: "another" }, "Open and set up");
  await page.getByText("The passphrase does not open this file.").waitFor();
  assert.deepEqual((await ask(world, organisation)).site_keys, [], "nothing is set up before the file has opened");
  await openKey(page, key, "Open and set up");
  await page.getByRole("heading", { name: "The site key is set up" }).waitFor();

  await page.getByRole("link", { name: "To the snippet" }).click();
  const { html } = await snippet(world.stack, organisation.office.token);
  assert.match(html, / site-key="[\w-]{43}"/);
  await page.getByText(html, { exact: true }).waitFor();
  await section("Trust");
  await page.getByRole("button", { name: "Done" }).click();

  const desk = await world.desk(ada);
  await desk.page.getByRole("button", { name: "Set this browser up" }).click();
  await desk.page.getByRole("heading", { name: "Read this code to an administrator" }).waitFor();
  await page.getByRole("button", { name: "Load again" }).click();
  await page.getByRole("button", { name: "Compare and approve the device of Ada Adviser" }).click();
  await page.getByRole("dialog").getByLabel("Code").fill("0000-0000-0000");
  await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await page.getByText("This is not the code of this request.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await approve(page, desk.page, "Ada Adviser");
  await desk.page.getByText(/^This browser is certified until/).waitFor();

  const before = await ask(world, organisation);
  await shiftClock(page, 0);
  await page.reload();
  await page.getByText(/^This browser approves devices/).waitFor();
  await until("the certificate and the list are renewed", async () => {
    const { devices, revocations } = await ask(world, organisation);
    return devices[0].certificate !== before.devices[0].certificate && revocations !== before.revocations;
  });

  await page.getByRole("button", { name: "Revoke the device of Ada Adviser" }).click();
  await page.getByText("accepted for 6 more days at most").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("The device of Ada Adviser is revoked.").waitFor();
  await desk.page.reload();
  await desk.page.getByText(/^An administrator has taken this browser's certificate back/).waitFor();
  await desk.page.getByRole("button", { name: "Ask again" }).click();
  await approve(page, desk.page, "Ada Adviser");
  await desk.page.getByText(/^This browser is certified until/).waitFor();
});

scenario("a refused device is told so, and may ask again", async (world) => {
  const organisation = await world.organisation();
  const console = await world.console(organisation);
  await ceremony(console);
  const { page } = console;
  const desk = await world.desk(organisation.people[0]);
  await desk.page.getByRole("button", { name: "Set this browser up" }).click();
  await desk.page.getByRole("heading", { name: "Read this code to an administrator" }).waitFor();
  await page.getByRole("button", { name: "Load again" }).click();
  await page.getByRole("button", { name: "Refuse the device of Ada Adviser" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Refuse", exact: true }).click();
  await page.getByText("The device of Ada Adviser was refused.").waitFor();
  await desk.page.getByText(/^An administrator has refused this browser/).waitFor();
  await desk.page.getByRole("button", { name: "Ask again" }).click();
  await approve(page, desk.page, "Ada Adviser");
});

scenario("a second administrator approves with the key file; a new site key follows the old one", async (world) => {
  const organisation = await world.organisation();
  const [first] = organisation.administrators;
  const console = await world.console(organisation);
  const old = await ceremony(console);
  const { page } = console;

  const headers = { authorization: `Bearer ${organisation.office.token}`, origin: world.stack.service };
  const path = `${world.stack.service}/api/v1/people/${first?.id}/sign-in-link`;
  const { json } = await call(path, { headers, body: {} });
  const second = new Console(await world.page("second console"));
  await second.open(json.url);
  await second.section("Trust");
  await second.page.getByText(/^This browser does not approve devices/).waitFor();
  await second.page.getByRole("button", { name: "Open the key file" }).click();
  await openKey(second.page, old);
  await second.page.getByText("This browser approves devices for 90 days.").waitFor();

  await page.getByRole("button", { name: "Change the site key" }).click();
  await openKey(page, old);
  const fresh = await makeKey(page);
  await openKey(page, old, "Open and set up");
  await page.getByText("This is another key than the one just made.").waitFor();
  await openKey(page, fresh, "Open and set up");
  await page.getByRole("heading", { name: "The site key has been changed" }).waitFor();
  const { html } = await snippet(world.stack, organisation.office.token);
  assert.match(html, / site-key="[\w-]{43} [\w-]{43}"/, "for a while pages may hold both");

  // The other console takes the new key's word from the old one, and asks for the new file in time.
  const desk = await world.desk(organisation.people[0]);
  await desk.page.getByRole("button", { name: "Set this browser up" }).click();
  await approve(second.page, desk.page, "Ada Adviser");
  await desk.page.getByText(/^This browser is certified until/).waitFor();
  await second.page.getByRole("button", { name: "Open the key file" }).click();
  await openKey(second.page, fresh);
  await until("nothing needs the old key any more", async () =>
    / site-key="[\w-]{43}"/.test((await snippet(world.stack, organisation.office.token)).html),
  );
});
