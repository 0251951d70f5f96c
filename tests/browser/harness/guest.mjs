// A guest who joins a call by a link.

import { Side } from "./side.mjs";

export class Guest extends Side {
  /** @param {string} link */
  async open(link) {
    await this.page.goto(link);
  }

  /** Uses the link up, and looks at the devices. */
  async goesOn() {
    await this.page.getByRole("button", { name: "Go on" }).click();
  }

  /** Looks at the devices and asks to be let in. @param {{ name?: string }} [options] */
  async asks(options) {
    await this.goesOn();
    await this.asksFromThere(options);
  }

  /** @param {{ name?: string }} [options] */
  async asksFromThere({ name } = {}) {
    if (name) await this.page.getByLabel("Your name").fill(name);
    await this.page.locator("button[data-focus]:not([aria-disabled])", { hasText: "Ask to be let in" }).click();
    await this.page.getByText("Stay on this page").waitFor();
  }

  /** @param {string} title of the face that the page ends on */
  async isTold(title) {
    await this.page.getByRole("heading", { name: title }).waitFor();
  }
}
