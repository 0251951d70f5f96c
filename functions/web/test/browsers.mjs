// The browsers of the engine's tests, and a page that holds one script.

import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

const here = new URL(".", import.meta.url).pathname;

export const browsers = {
  Chromium: () =>
    chromium.launch({
      executablePath: process.env.VISAVIS_CHROMIUM ?? "/usr/bin/chromium",
      chromiumSandbox: false,
      args: [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--auto-accept-this-tab-capture",
      ],
    }),
  Firefox: () =>
    puppeteer.launch({
      browser: "firefox",
      executablePath: process.env.VISAVIS_FIREFOX ?? "/usr/bin/firefox-esr",
      headless: true,
      extraPrefsFirefox: {
        "media.navigator.streams.fake": true,
        "media.navigator.permission.disabled": true,
        "media.peerconnection.ice.loopback": true,
        "media.autoplay.default": 0,
      },
    }),
};

/** Opens a page with `script`, a file of this folder; it is ready when `ready` is a global. */
export async function open(name, script, ready) {
  const { outputFiles } = await build({
    entryPoints: [`${here}${script}`],
    bundle: true,
    format: "esm",
    write: false,
    target: "es2022",
  });
  const { text } = outputFiles[0];
  const server = createServer((request, response) => {
    const js = request.url === "/script.js";
    response.writeHead(200, { "content-type": js ? "text/javascript" : "text/html" });
    response.end(js ? text : '<!doctype html><title>test</title><script type="module" src="/script.js"></script>');
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await browsers[name]();
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`${name}:`, error.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(`${JSON.stringify(ready)} in globalThis`);
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { page, close };
}
