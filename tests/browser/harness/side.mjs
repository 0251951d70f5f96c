// One side of a call, as a person uses it: what they press and what they see in `<visavis-call-view>`.

import { until } from "./wait.mjs";
import { received } from "./watch.mjs";

/** What one side is told of the other while they talk. */
const TOLD = {
  "microphone-off": "Muted",
  "camera-off": "Camera is off",
};

const RECONNECTING = /connection was interrupted|You have no network|service is out of reach/;

export class Side {
  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.page = page;
    this.view = page.locator("visavis-call-view");
  }

  /** @param {string | RegExp} name */
  button(name) {
    return this.view.getByRole("button", { name });
  }

  /** The service has just heard that this side is there: what follows has nearly the whole lease. */
  async isRenewed() {
    await this.page.waitForResponse(
      (response) => response.request().method() === "PUT" && response.url().endsWith("/presence"),
    );
  }

  /** The call stands: the view shows it and the connection is there. */
  async inCall() {
    await until(
      "the call is connected",
      async () =>
        (await this.button("Hang up").isVisible()) &&
        (await this.view.locator(".notices [role=status] p").count()) === 0 &&
        (await this.page.evaluate(() =>
          globalThis.__watch.connections.some((connection) => connection.connectionState === "connected"),
        )),
    );
  }

  /** The view says that the connection is lost and coming back. */
  async isReconnecting() {
    await this.view.getByRole("status").filter({ hasText: RECONNECTING }).waitFor();
  }

  /** Picture is decoded and sound arrives, now and not only once. */
  receives() {
    return this.#more("picture and sound arrive", { frames: 5, sound: 10 });
  }

  sees() {
    return this.#more("the picture arrives", { frames: 5, sound: 0 });
  }

  hears() {
    return this.#more("the sound arrives", { frames: 0, sound: 10 });
  }

  /** @param {string} what @param {{ frames: number, sound: number }} wanted */
  async #more(what, wanted) {
    let before = await received(this.page);
    await until(what, async () => {
      const now = await received(this.page);
      // After a restart a new connection begins to count from nothing.
      if (now.frames < before.frames || now.sound < before.sound) before = now;
      const frames = now.frames - before.frames;
      const sound = now.sound - before.sound;
      if (frames >= wanted.frames && sound >= wanted.sound) return true;
      throw new Error(JSON.stringify({ now, more: { frames, sound } }));
    });
  }

  /** The other side's picture moves on the screen. */
  async showsPicture() {
    const remote = this.view.locator("#remote");
    await remote.and(this.page.locator(":not(.blank)")).waitFor();
    const time = () =>
      remote.evaluate((video) => {
        const { videoWidth, paused, currentTime } = /** @type {HTMLVideoElement} */ (video);
        return videoWidth > 0 && !paused ? currentTime : 0;
      });
    const before = await until("a picture is shown", time);
    await until("it moves", async () => (await time()) > before);
  }

  /** @param {"microphone" | "camera"} what */
  async turnOff(what) {
    await this.button(what === "microphone" ? "Mute microphone" : "Turn camera off").click();
  }

  /** @param {"microphone" | "camera"} what */
  async turnOn(what) {
    await this.button(what === "microphone" ? "Unmute microphone" : "Turn camera on").click();
  }

  /** @param {keyof typeof TOLD} what */
  async seesThat(what) {
    await this.view.getByText(TOLD[what], { exact: true }).waitFor();
  }

  /** @param {keyof typeof TOLD} what */
  async seesNoLongerThat(what) {
    await this.view.getByText(TOLD[what], { exact: true }).waitFor({ state: "hidden" });
  }

  /** A control that is in the menu where the view is small. @param {string} name */
  async #press(name) {
    const button = this.button(name);
    if (await button.isVisible()) return button.click();
    await this.button("More").click();
    await this.view.getByRole("menuitem", { name }).click();
  }

  async showsOwnPicture() {
    const own = this.view.getByLabel("You", { exact: true });
    await until("one's own picture", () => own.evaluate((video) => /** @type {HTMLVideoElement} */ (video).videoWidth));
  }

  /** @param {string} label */
  async chooseMicrophone(label) {
    await this.#press("Devices");
    await this.view.getByLabel("Microphone", { exact: true }).selectOption({ label });
    await this.view.getByRole("complementary", { name: "Devices" }).getByRole("button", { name: "Close" }).click();
  }

  /** The label of the microphone whose sound is sent. */
  microphoneUsed() {
    return this.page.evaluate(() =>
      globalThis.__watch.connections
        .filter(({ connectionState }) => connectionState === "connected")
        .flatMap((connection) => connection.getSenders())
        .map(({ track }) => (track?.kind === "audio" ? track.label : undefined))
        .find(Boolean),
    );
  }

  async seesQuality() {
    const quality = this.button(/^Connection: (good|fair|poor)$/);
    await quality.click();
    await this.view.getByText("straight to the other side").waitFor();
  }

  /** Opens the mark's explanation and reads the short code. */
  async code() {
    await this.view.locator("visavis-proof .mark").click();
    await this.button("Show the code").click();
    return this.codeAsked();
  }

  /** The code that was asked for before, as it is now. */
  async codeAsked() {
    const shown = this.view.locator("visavis-proof output");
    return until("the code is there", async () => /^\d{3} \d{3}$/.exec((await shown.textContent()) ?? "")?.[0]);
  }

  /** Somebody is in the call beside the two ends, seen and connected. @param {string} name */
  async seesJoined(name) {
    const tile = this.view.locator("visavis-companion").filter({ hasText: name });
    await until(`${name} is seen`, () =>
      tile
        .locator("video:not(.blank)")
        .evaluateAll((videos) => videos.some((video) => /** @type {HTMLVideoElement} */ (video).videoWidth > 0)),
    );
  }

  /** Nobody is there beside the two ends. */
  async isAlone() {
    await until("nobody else is there", async () => (await this.view.locator("visavis-companion").count()) === 0);
  }

  /** The code that is shown without being asked for. */
  async codeShown() {
    const shown = this.view.locator("visavis-proof .always");
    return until("the code is shown", async () => /\d{3} \d{3}$/.exec((await shown.textContent()) ?? "")?.[0]);
  }

  /** @param {boolean} full */
  async fullScreen(full) {
    await this.#press(full ? "Full screen" : "Leave full screen");
    await until(
      "the screen is filled, or not",
      async () => (await this.page.evaluate(() => document.fullscreenElement !== null)) === full,
    );
  }

  async shareScreen() {
    await this.#press("Show screen");
    await this.view.getByText("You are showing your screen").waitFor();
  }

  async stopSharing() {
    await this.button("Stop").and(this.page.locator(".sharing button")).click();
  }

  async #openChat() {
    const chat = this.view.locator("visavis-chat");
    if (!(await chat.isVisible())) await this.button(/^Chat and files/).click();
    await chat.waitFor();
    return chat;
  }

  /** @param {string} text */
  async say(text) {
    const chat = await this.#openChat();
    await chat.getByRole("textbox", { name: "Message" }).fill(text);
    await chat.getByRole("button", { name: "Send", exact: true }).click();
  }

  /** @param {string} text as it was written, with a space for a new line */
  async reads(text) {
    const chat = await this.#openChat();
    await chat.locator("li:not(.mine) .bubble").getByText(text, { exact: true }).waitFor();
  }

  /** @param {{ name: string, mimeType: string, buffer: Buffer }} file */
  async sendFile(file) {
    const chat = await this.#openChat();
    await chat.locator("input[type=file]").setInputFiles(file);
  }

  /** @param {string} name */
  async #file(name) {
    const chat = await this.#openChat();
    return chat.getByRole("listitem").filter({ hasText: name });
  }

  /** Accepts, waits and saves; returns where. @param {string} name */
  async takesFile(name) {
    const file = await this.#file(name);
    await file.getByRole("button", { name: "Accept" }).click();
    const save = file.getByRole("link", { name: "Save" });
    await save.waitFor();
    const [download] = await Promise.all([this.page.waitForEvent("download"), save.click()]);
    if (download.suggestedFilename() !== name) throw new Error(`saved as ${download.suggestedFilename()}`);
    return download.path();
  }

  /** @param {string} name */
  async refusesFile(name) {
    await (await this.#file(name)).getByRole("button", { name: "Refuse" }).click();
  }

  /** @param {string} name */
  async isToldOfRefusal(name) {
    await (await this.#file(name)).getByText("Refused").waitFor();
  }

  async hangUp() {
    await this.button("Hang up").click();
  }

  /** No call is left here: it is hung up, unless it ends by itself, also between the look and the click. */
  async hasNoCall() {
    const hangUp = this.button("Hang up");
    await until("no call is left", async () => {
      if (await hangUp.isVisible()) await hangUp.click({ timeout: 1_000 });
      return (await hangUp.count()) === 0;
    });
  }

  /** No camera and no microphone is left open. */
  async letsGoOfDevices() {
    await until("all devices are let go of", () =>
      this.page.evaluate(() =>
        globalThis.__watch.streams.every((stream) => stream.getTracks().every((track) => track.readyState === "ended")),
      ),
    );
  }
}
