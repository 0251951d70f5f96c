// A visitor on the customer's page: the launcher, the panel, the call.

import assert from "node:assert/strict";

import { Side } from "./side.mjs";
import { until } from "./wait.mjs";

const MEDIA = { video: "Video call", audio: "Voice call", chat: "Chat" };

const ENDINGS = {
  missed: "Nobody answered",
  declined: "Nobody can take your call right now",
  "other-gone": "The other side is gone",
  over: "The call is over",
};

const DEVICES = {
  refused: "The microphone is blocked",
  "no-camera": "No camera was found",
  "no-microphone": "No microphone was found",
};

export class Visitor extends Side {
  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    super(page);
    this.widget = page.locator("visavis-widget");
  }

  /** @param {string} url */
  async open(url) {
    await this.page.goto(url);
    await this.launcher.waitFor();
  }

  get launcher() {
    return this.widget.getByRole("button", { name: /Talk to us/ });
  }

  /** @param {string} text */
  async #sees(text) {
    await this.widget.getByText(text).first().waitFor();
  }

  seesFree() {
    return this.#sees("Here for you now");
  }

  seesBusy() {
    return this.#sees("All in a call");
  }

  seesClosed() {
    return this.#sees("Nobody here right now");
  }

  seesUnreachable() {
    return this.#sees("Out of reach right now");
  }

  /** @param {string} href */
  async seesContact(href) {
    await this.launcher.click();
    await this.#sees("Nobody is here right now");
    const link = this.widget.getByRole("link", { name: "Write or call us instead" });
    assert.equal(await link.getAttribute("href"), href);
    for (const name of Object.values(MEDIA)) {
      assert.equal(await this.widget.getByRole("button", { name, exact: true }).count(), 0, "nothing to ring with");
    }
  }

  /** Opens the panel and chooses; the device check is shown. @param {{ media?: keyof typeof MEDIA }} [options] */
  async begin(options) {
    await this.openPanel();
    await this.choose(options);
  }

  async openPanel() {
    await this.launcher.click();
    await this.widget.getByRole("dialog").waitFor();
  }

  /** @param {{ media?: keyof typeof MEDIA }} [options] */
  async choose({ media = "video" } = {}) {
    await this.widget.getByRole("button", { name: MEDIA[media], exact: true }).click();
    await this.#ringButton.waitFor();
  }

  get #ringButton() {
    return this.widget.getByRole("button", { name: /^(Call now|Start chat|Wait in line)$/ });
  }

  /** @param {{ name?: string }} [options] */
  async ring({ name } = {}) {
    if (name) await this.widget.getByLabel("Your name").fill(name);
    await this.#ringButton.click();
    await this.widget.getByRole("button", { name: "Cancel" }).waitFor();
  }

  /** @param {string} name */
  async isRefusedTheName(name) {
    await this.widget.getByLabel("Your name").fill(name);
    await this.#ringButton.click();
    await this.#sees("Please do not enter card numbers");
  }

  async cancel() {
    await this.widget.getByRole("button", { name: "Cancel" }).click();
    await this.#sees("Cancelled");
  }

  /** @param {keyof typeof ENDINGS} ending */
  async isTold(ending) {
    await this.#sees(ENDINGS[ending]);
  }

  callIsOver() {
    return this.isTold("over");
  }

  async beginAgain() {
    await this.widget.getByRole("button", { name: "Call again" }).click();
    await this.#ringButton.waitFor();
  }

  /** The panel becomes larger, so that all controls are seen. */
  async enlarge() {
    await this.widget.getByRole("button", { name: "Larger" }).click();
    await this.button("Show screen").waitFor();
  }

  /** The page was reloaded: the call comes back by itself. */
  async resumes() {
    await this.view.waitFor();
  }

  /** @param {keyof typeof DEVICES} problem */
  async isToldOfDevices(problem) {
    await this.#sees(DEVICES[problem]);
  }

  /** Nothing of the widget is outside of the screen, and what can be touched is at least 24 CSS pixels wide and high. */
  async fitsScreen() {
    const misfits = () =>
      this.page.evaluate(() => {
        /** @type {string[]} */
        const found = [];
        const { clientWidth, clientHeight, scrollWidth } = document.documentElement;
        if (scrollWidth > clientWidth) found.push(`the page scrolls sideways: ${scrollWidth} > ${clientWidth}`);
        /** @param {Element | ShadowRoot} root */
        const walk = (root) => {
          for (const element of root.querySelectorAll("*")) {
            if (element.shadowRoot) walk(element.shadowRoot);
            if (!element.matches("button, a[href], input, select, textarea, summary")) continue;
            if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
            const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
            if (width === 0) continue;
            const name = `${element.localName} “${element.ariaLabel ?? element.textContent?.trim()}”`;
            if (left < -0.5 || right > clientWidth + 0.5) found.push(`${name} is cut off: ${left} to ${right}`);
            if (top < -0.5 && bottom < 0) found.push(`${name} is above the screen`);
            if (top > clientHeight && !element.closest("main")) found.push(`${name} is below the screen: ${top}`);
            if (width < 24 || height < 24) found.push(`${name} is too small: ${width} × ${height}`);
          }
        };
        const widget = document.querySelector("visavis-widget");
        if (widget?.shadowRoot) walk(widget.shadowRoot);
        else found.push("the widget has no open shadow root");
        return found;
      });
    /** @type {string[]} */
    let last = [];
    await until("everything fits the screen", async () => {
      last = await misfits();
      if (last.length > 0) throw new Error(last.join("; "));
      return true;
    });
  }
}
