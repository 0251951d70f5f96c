// Chromium with invented devices: one browser for each kind of machine that a test file needs, closed at its end.

import { chromium } from "playwright-core";

import { PATIENCE } from "./wait.mjs";

/** What the machine has: camera and microphone, a microphone only, or nothing. */
/** @typedef {"both" | "no-camera" | "none"} Devices */

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--auto-accept-this-tab-capture",
];

/** @type {Record<Devices, string[]>} Ten pictures a second leave the processor to what is tested. */
const DEVICES = {
  both: ["--use-fake-device-for-media-stream=fps=10"],
  "no-camera": ["--use-fake-device-for-media-stream=device-count=0"],
  none: [],
};

/** @type {Map<string, Promise<import('playwright-core').Browser>>} */
const browsers = new Map();

/** @param {{ devices?: Devices, executable?: string }} machine */
export function browser({ devices = "both", executable = process.env.VISAVIS_CHROMIUM ?? "/usr/bin/chromium" } = {}) {
  const key = `${devices} ${executable}`;
  let launched = browsers.get(key);
  if (!launched) {
    launched = chromium.launch({
      executablePath: executable,
      args: [...FLAGS, ...DEVICES[devices]],
      // The sandbox needs what a container or root does not have; the pages are ours.
      chromiumSandbox: false,
      timeout: PATIENCE,
    });
    browsers.set(key, launched);
    // The next one tries again.
    launched.catch(() => browsers.delete(key));
  }
  return launched;
}

export async function closeBrowsers() {
  const open = [...browsers.values()];
  browsers.clear();
  for (const launched of open) await (await launched).close();
}
