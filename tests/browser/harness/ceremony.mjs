// The site key's ceremony at the console, and the approval of a device by its code.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { until } from "./wait.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{ name: string, mimeType: string, buffer: Buffer }} File */

/** Makes a key under the passphrase that is suggested. @param {Page} page @returns {Promise<{ file: File, passphrase: string }>} */
export async function makeKey(page) {
  await page.getByRole("heading", { name: "Choose a passphrase" }).waitFor();
  await page.getByRole("button", { name: "Suggest one" }).click();
  const passphrase = await page.getByLabel("Passphrase", { exact: true }).inputValue();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Make the key and save the file" }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^visavis-site-key-garden-tools-ltd-\d{4}-\d\d-\d\d\.pem$/);
  const buffer = await readFile(await download.path());
  return { file: { name: download.suggestedFilename(), mimeType: "application/x-pem-file", buffer }, passphrase };
}

/** Opens a key file in the form on the page. @param {Page} page @param {{ file: File, passphrase: string }} key @param {string} button */
export async function openKey(page, { file, passphrase }, button = "Open") {
  await page.getByLabel("Key file", { exact: true }).setInputFiles(file);
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByRole("button", { name: button, exact: true }).click();
}

/** The whole ceremony; the page ends on the list of devices. @param {import("./console.mjs").Console} console */
export async function ceremony({ page, section }) {
  await section("Trust");
  await page.getByRole("button", { name: "Make the site key" }).click();
  const key = await makeKey(page);
  await openKey(page, key, "Open and set up");
  await page.getByRole("heading", { name: "The site key is set up" }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText(/^This browser approves devices/).waitFor();
  return key;
}

/** Types the code that the desk shows. @param {Page} console @param {Page} desk @param {string} name */
export async function approve(console, desk, name) {
  await desk.getByRole("heading", { name: "Read this code to an administrator" }).waitFor();
  const code = (await desk.getByText(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/).textContent()) ?? "";
  await until("the request is there", async () => {
    await console.getByRole("button", { name: "Load again" }).click();
    return console.getByText("Waits for approval").first().isVisible();
  });
  await console.getByRole("button", { name: `Compare and approve the device of ${name}` }).click();
  const dialog = console.getByRole("dialog");
  assert.equal(await console.getByText(code).count(), 0, "what is shown could be approved unheard");
  await dialog.getByLabel("Code").fill(code);
  await dialog.getByRole("button", { name: "Approve" }).click();
  await console.getByText(`The device of ${name} is certified.`).waitFor();
  return code;
}
