// Firefox, as a visitor or an expert uses it: what they press and what they read, wherever in the shadow roots it is.

import puppeteer from "puppeteer-core";

import { PATIENCE, until } from "./wait.mjs";
import { received, violations, watchSource } from "./watch.mjs";

export class Firefox {
  /** @param {import("puppeteer-core").Page} page */
  constructor(page) {
    this.page = page;
  }

  /**
   * A browser of its own, closed at the end.
   *
   * @param {import("./world.mjs").World} world
   * @param {string} url
   * @param {import("./watch.mjs").Path & { executable?: string, profile?: string, port?: number }} [machine] another
   *   command that starts Firefox, its profile, and the port of the loopback it is driven over
   */
  static async open(world, url, { executable, profile, port, ...path } = {}) {
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: executable ?? process.env.VISAVIS_FIREFOX ?? "/usr/bin/firefox-esr",
      headless: true,
      timeout: PATIENCE,
      ...(profile ? { userDataDir: profile } : {}),
      ...(port ? { debuggingPort: port } : {}),
      extraPrefsFirefox: {
        "intl.accept_languages": "en-GB",
        "media.navigator.streams.fake": true,
        "media.navigator.permission.disabled": true,
        "media.peerconnection.ice.loopback": true,
        "media.autoplay.default": 0,
      },
    });
    world.closing(() => browser.close());
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.evaluateOnNewDocument(watchSource(path));
    await page.goto(url);
    return new Firefox(page);
  }

  /** Presses the button whose name begins so. @param {string} name */
  async press(name) {
    await until(`a button “${name}”`, async () => {
      const found = await this.#find("button", name, true);
      return found !== undefined;
    });
  }

  /** Waits for visible text that begins so. @param {string} text */
  async sees(text) {
    await until(`“${text}”`, async () => (await this.#find("*", text)) !== undefined);
  }

  /** The short code, once it is shown. */
  async code() {
    await this.press("Show the code");
    return until("the code is there", async () => /^\d{3} \d{3}$/.exec((await this.#find("output", "")) ?? "")?.[0]);
  }

  /** Picture is decoded and sound arrives. */
  async receives() {
    await until("Firefox decodes picture and hears sound", async () => {
      const { frames, sound } = await received(this.page);
      return frames > 10 && sound > 10;
    });
  }

  violations() {
    return violations(this.page);
  }

  /**
   * What the first visible element of that kind says whose own text or label begins so.
   *
   * @param {string} selector
   * @param {string} beginning
   * @param {boolean} [pressed] it is clicked too
   * @returns {Promise<string | undefined>}
   */
  async #find(selector, beginning, pressed = false) {
    const found = await this.page.evaluate(
      (wanted, begins, click) => {
        /** @param {Document | ShadowRoot} root @returns {HTMLElement[]} */
        const everywhere = (root) =>
          /** @type {HTMLElement[]} */ ([...root.querySelectorAll("*")]).flatMap((element) => [
            ...(element.matches(wanted) ? [element] : []),
            ...(element.shadowRoot ? everywhere(element.shadowRoot) : []),
          ]);
        const says = (/** @type {HTMLElement} */ one) => (one.ariaLabel ?? one.textContent ?? "").trim();
        const element = everywhere(document).find(
          (one) => one.checkVisibility() && one.ariaDisabled !== "true" && says(one).startsWith(begins),
        );
        if (click) element?.click();
        // Nothing is told as null: there is no undefined on the way here.
        return element ? says(element) : null;
      },
      selector,
      beginning,
      pressed,
    );
    return found ?? undefined;
  }
}
