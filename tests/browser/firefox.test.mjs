// One call between Firefox, at the visitor, and Chromium, at the desk.

import assert from "node:assert/strict";

import puppeteer from "puppeteer-core";

import { scenario } from "./harness/scenario.mjs";
import { until } from "./harness/wait.mjs";
import { received, violations, watchSource } from "./harness/watch.mjs";

/**
 * Presses the button of that name, wherever in the shadow roots it is.
 *
 * @param {import("puppeteer-core").Page} page
 * @param {string} name how its label begins
 */
async function press(page, name) {
  await until(`a button “${name}”`, () =>
    page.evaluate((wanted) => {
      /** @param {Document | ShadowRoot} root @returns {HTMLButtonElement[]} */
      const buttons = (root) => [
        ...root.querySelectorAll("button"),
        ...[...root.querySelectorAll("*")].flatMap((element) =>
          element.shadowRoot ? buttons(element.shadowRoot) : [],
        ),
      ];
      const button = buttons(document).find(
        (one) =>
          one.checkVisibility() &&
          one.ariaDisabled !== "true" &&
          (one.ariaLabel ?? one.textContent ?? "").trim().startsWith(wanted),
      );
      button?.click();
      return button !== undefined;
    }, name),
  );
}

scenario("a visitor with Firefox and an expert with Chromium see and hear each other", async (world) => {
  const organisation = await world.organisation();
  const desk = await world.desk(organisation.people[0]);
  const firefox = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.VISAVIS_FIREFOX ?? "/usr/bin/firefox-esr",
    headless: true,
    extraPrefsFirefox: {
      "intl.accept_languages": "en-GB",
      "media.navigator.streams.fake": true,
      "media.navigator.permission.disabled": true,
      "media.peerconnection.ice.loopback": true,
      "media.autoplay.default": 0,
    },
  });
  world.closing(() => firefox.close());
  const page = await firefox.newPage();
  await page.evaluateOnNewDocument(watchSource());
  await page.goto(organisation.customer.page);
  await press(page, "Talk to us");
  await press(page, "Video call");
  await press(page, "Call now");
  await desk.rings();
  await desk.answer();
  await desk.inCall();
  await desk.receives();
  await until("Firefox decodes picture and hears sound", async () => {
    const { frames, sound } = await received(page);
    return frames > 10 && sound > 10;
  });
  assert.deepEqual(await violations(page), []);
  await press(page, "Hang up");
  await desk.readyForNext();
});
