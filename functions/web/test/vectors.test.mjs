// The handshake's test vectors in real browsers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

const here = new URL(".", import.meta.url).pathname;
const vectors = JSON.parse(readFileSync(new URL("../../../docs/handshake-vectors.json", import.meta.url), "utf8"));

const browsers = {
  Chromium: () =>
    chromium.launch({
      executablePath: process.env.VISAVIS_CHROMIUM ?? "/usr/bin/chromium",
      chromiumSandbox: false,
      args: ["--headless", "--disable-gpu", "--disable-quic"],
    }),
  Firefox: () =>
    puppeteer.launch({
      browser: "firefox",
      executablePath: process.env.VISAVIS_FIREFOX ?? "/usr/bin/firefox-esr",
      headless: true,
    }),
};

for (const [name, launch] of Object.entries(browsers)) {
  test(`${name} takes and refuses what the vectors say`, { timeout: 60_000 }, async (context) => {
    const { outputFiles } = await build({
      entryPoints: [`${here}vectors.ts`],
      bundle: true,
      format: "esm",
      write: false,
      target: "es2022",
    });
    const script = outputFiles[0].text;
    const server = createServer((request, response) => {
      const js = request.url === "/vectors.js";
      response.writeHead(200, { "content-type": js ? "text/javascript" : "text/html" });
      response.end(
        js ? script : '<!doctype html><title>vectors</title><script type="module" src="/vectors.js"></script>',
      );
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await page.waitForFunction(() => "check" in globalThis);
      assert.deepEqual(await page.evaluate((all) => check(all), vectors), []);
      const taken = await page.evaluate((all) => taken(all), vectors);
      context.diagnostic(`would be taken by the browser alone: ${taken.join("; ") || "none"}`);
    } finally {
      await browser.close();
      server.close();
    }
  });
}
