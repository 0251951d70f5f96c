// The first press on a desk's page lets the ring be heard. In a file, and so a browser, of its own: one that was clicked in
// before lets a page of the same origin be heard from the start.

import assert from "node:assert/strict";

import { scenario } from "./harness/scenario.mjs";

scenario(
  "the first press on the desk's page, which lets the ring be heard, moves nothing under the pointer",
  async (world) => {
    const organisation = await world.organisation();
    const { page } = await world.desk(organisation.people[0]);
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
    await page.getByRole("heading", { name: "Read this code to an administrator" }).waitFor({ timeout: 10_000 });
    await silent.waitFor({ state: "hidden" });
  },
);
