// Browsers that lack what a verified call needs: each side is told so in a sentence, and nothing is called unverified.

import assert from "node:assert/strict";

import { scenario } from "./harness/scenario.mjs";
import { certify } from "./harness/trust.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** As before Chromium 137 and Firefox 130: neither Ed25519 nor X25519. @param {Page} page */
const withoutAlgorithms = (page) =>
  page.addInitScript(() => {
    const { subtle } = crypto;
    for (const name of /** @type {const} */ (["generateKey", "importKey"])) {
      const original = /** @type {any} */ (subtle[name]).bind(subtle);
      Object.defineProperty(subtle, name, {
        value: (/** @type {unknown[]} */ ...given) => {
          const asked = given.some((one) => one === "Ed25519" || one === "X25519");
          if (asked) return Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
          return original(...given);
        },
      });
    }
  });

/** As Firefox was long: nothing tells which certificate the other side has shown. @param {Page} page */
const withoutCertificates = (page) =>
  page.addInitScript(() => {
    Reflect.deleteProperty(RTCDtlsTransport.prototype, "getRemoteCertificates");
  });

for (const [lacking, make] of /** @type {const} */ ([
  ["Ed25519 and X25519", withoutAlgorithms],
  ["the other side's certificate", withoutCertificates],
])) {
  scenario(`a visitor whose browser lacks ${lacking} is told that it is too old, and rings nowhere`, async (world) => {
    const organisation = await world.organisation();
    const [ada = assert.fail()] = organisation.people;
    const desk = await world.desk(ada);
    await certify(world, organisation, { page: desk.page, person: ada });
    const visitor = await world.visitor(organisation);
    await make(visitor.page);
    await visitor.page.reload();
    /** @type {string[]} */
    const rung = [];
    visitor.page.on("request", (request) => request.url().endsWith("/ring") && rung.push(request.url()));
    await visitor.openPanel();
    await visitor.widget.getByRole("button", { name: "Video call", exact: true }).click();
    await visitor.widget.getByText("This browser is too old to check who answers.").waitFor();
    assert.equal(await visitor.widget.getByRole("button", { name: /call now|continue|anyway|try again/i }).count(), 0);
    await visitor.widget.getByRole("button", { name: "Done" }).click();
    await visitor.launcher.waitFor();
    assert.deepEqual(rung, []);
  });
}

scenario("a visitor whose browser lacks Ed25519 and X25519 is told so when leaving a message", async (world) => {
  const organisation = await world.organisation();
  const [ada = assert.fail()] = organisation.people;
  const desk = await world.desk(ada);
  await certify(world, organisation, { page: desk.page, person: ada });
  await desk.setAvailable(false);
  const visitor = await world.visitor(organisation);
  await withoutAlgorithms(visitor.page);
  await visitor.page.reload();
  await visitor.seesClosed();
  await visitor.openPanel();
  await visitor.widget.getByRole("button", { name: "Leave a message" }).click();
  await visitor.widget.getByLabel("Your message").fill("The rake broke.");
  await visitor.widget.getByRole("button", { name: "Send" }).click();
  await visitor.widget.getByText("This browser is too old to seal your message.").waitFor();
});

scenario("an expert whose browser lacks Ed25519 and X25519 is told why it cannot be certified", async (world) => {
  const organisation = await world.organisation();
  const page = await world.page("old desk");
  await withoutAlgorithms(page);
  await certify(world, organisation);
  await page.goto(organisation.people[0]?.sign_in_url ?? assert.fail());
  await page.getByText("This browser cannot take verified calls: it is too old").waitFor();
  assert.equal(await page.getByRole("button", { name: "Set this browser up" }).count(), 0);
});
