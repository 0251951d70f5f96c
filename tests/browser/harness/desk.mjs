// An expert at the desk: who waits, answering, the call, the next.

import { Side } from "./side.mjs";
import { until } from "./wait.mjs";

const NEWS = {
  missed: /^Nobody answered .* in time/,
  cancelled: /hung up before anyone answered/,
  "other-gone": /is gone: the connection was lost/,
  taken: /was first and talks to/,
};

export class Desk extends Side {
  /** @param {string} link to sign in with */
  async open(link) {
    await this.page.goto(link);
    await this.readyForNext();
  }

  /** Nobody is in a call here, and the desk rings or would. */
  async readyForNext() {
    await until(
      "the desk is ready for the next",
      async () =>
        (await this.view.count()) === 0 &&
        ((await this.page.getByRole("heading", { name: "Everything is quiet" }).isVisible()) ||
          (await this.#answer.isVisible())),
    );
  }

  get #answer() {
    return this.page.getByRole("button", { name: "Answer", exact: true }).first();
  }

  async rings() {
    await this.#answer.waitFor();
    await until("the title says that it rings", async () => (await this.page.title()).startsWith("☎"));
  }

  async stopsRinging() {
    await this.#answer.waitFor({ state: "hidden" });
    await until("the title is quiet again", async () => !(await this.page.title()).startsWith("☎"));
  }

  /** What the desk says of who waits first: name, page, how long; some of it comes when the offer is opened. @param {RegExp} wanted */
  saysOfWaiting(wanted) {
    const card = this.page.locator("visavis-visitor-card .who").first();
    return until(`the desk says ${wanted} of who waits`, async () => {
      const text = (await card.textContent()) ?? "";
      return wanted.test(text) ? text : undefined;
    });
  }

  /** @param {string} name of somebody who waits while this desk is in a call */
  async seesWaiting(name) {
    await this.page.getByText("1 more visitor is waiting").waitFor();
    await this.page.getByRole("heading", { name }).waitFor();
  }

  async answer() {
    await this.#answer.click();
  }

  /** Answers, unless somebody else is faster: then there is nothing to click on any more. */
  async triesToAnswer() {
    await until("the call is answered, here or elsewhere", async () => {
      if (await this.#answer.isVisible()) await this.#answer.click({ timeout: 1_000 });
      return (await this.#answer.count()) === 0;
    });
  }

  async decline() {
    await this.page.getByRole("button", { name: "Decline", exact: true }).first().click();
  }

  /** After two experts clicked: who has the call. @returns {Promise<"call" | "taken">} */
  settles() {
    return until("the desk has the call, or is told who has", async () => {
      if (await this.view.isVisible()) return "call";
      return (await this.page.getByText(NEWS.taken).isVisible()) ? "taken" : undefined;
    });
  }

  /** @param {keyof typeof NEWS} news */
  async isTold(news) {
    await this.page.getByRole("status").getByText(NEWS[news]).waitFor();
  }

  /** @param {boolean} available */
  async setAvailable(available) {
    const toggle = this.page.getByRole("switch", { name: "Visitors can call me" });
    await toggle.setChecked(available);
  }

  get #participants() {
    return this.page.locator("visavis-participants");
  }

  async addSomebody() {
    await this.#participants.getByRole("button", { name: "Add somebody" }).click();
  }

  /** A link for one guest. */
  async makesLink() {
    await this.#participants.getByRole("button", { name: "Make a link" }).click();
    return this.#participants.getByLabel("Link for one guest").first().inputValue();
  }

  /** @param {string} colleague */
  async asks(colleague) {
    const row = this.#participants.getByRole("listitem").filter({ hasText: colleague });
    await row.getByRole("button", { name: "Ask to join" }).click();
    await row.getByText("Asked.").waitFor();
  }

  /** The card of who would like to join. @param {string} name */
  async knocks(name) {
    const card = this.#participants.locator(".knock").filter({ hasText: `${name} would like to join` });
    await card.waitFor();
    return card;
  }

  /** @param {string} name */
  async letsIn(name) {
    await (await this.knocks(name)).getByRole("button", { name: "Let in" }).click();
  }

  /** @param {string} name */
  async refuses(name) {
    await (await this.knocks(name)).getByRole("button", { name: "Refuse" }).click();
  }

  /** @param {string} name */
  async removes(name) {
    await this.#participants.getByRole("button", { name: `Remove ${name} from the call` }).click();
  }

  /** A colleague asks this expert into a call. @param {string} name */
  async joins(name) {
    await this.page.getByRole("heading", { name: `${name} asks you to join a call` }).waitFor();
    await this.page.getByRole("button", { name: "Join", exact: true }).click();
  }

  async checkDevices() {
    await this.page.getByRole("button", { name: "Check devices" }).first().click();
    const good = this.page.getByRole("button", { name: "All good" });
    await until("the devices work", () => good.isEnabled());
  }

  /** Goes on here with a call that goes on at another desk or in another tab. */
  async goesOn() {
    await this.page.getByRole("button", { name: "Go on with it here" }).click();
  }

  /** The desk was reloaded: its call comes back by itself. */
  async resumes() {
    await this.view.waitFor();
  }
}
