// The first press on the desk's page, which is also what lets its ring be heard.

import assert from "node:assert/strict";

import { Desk } from "./harness/desk.mjs";
import { scenario } from "./harness/scenario.mjs";

/**
 * What browsers do with a page that nobody has pressed anything on yet. It is done in their place: to this browser each look
 * of a test at the page counts as a person's press.
 */
function silentUntilPressed() {
  globalThis.AudioContext = class extends AudioContext {
    #allowed = false;

    constructor() {
      super();
      const allow = () => {
        this.#allowed = true;
        this.dispatchEvent(new Event("statechange"));
      };
      document.addEventListener("pointerdown", allow, { once: true, capture: true });
    }

    get state() {
      return this.#allowed ? super.state : "suspended";
    }

    async resume() {
      if (!this.#allowed) await new Promise(() => {});
      await super.resume();
    }
  };
}

scenario(
  "the first press on the desk's page, which lets the ring be heard, moves nothing under the pointer",
  async (world) => {
    const organisation = await world.organisation();
    const [ada = assert.fail()] = organisation.people;
    const page = await world.page("desk");
    await page.addInitScript(silentUntilPressed);
    await new Desk(page).open(ada.sign_in_url);
    const silent = page.getByText("Your browser keeps this page silent");
    await silent.waitFor();
    const button = page.getByRole("button", { name: "Set this browser up" });
    await button.scrollIntoViewIfNeeded();
    const box = (await button.boundingBox()) ?? assert.fail();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    // As long as a person presses.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
    await page.mouse.up();
    await page.getByRole("heading", { name: "Read this code to an administrator" }).waitFor();
    await silent.waitFor({ state: "hidden" });
  },
);
