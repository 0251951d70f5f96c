// One test's world: an organisation, its customer's page and the people who open pages; evidence is kept when it fails.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { browser } from "./chromium.mjs";
import { Console } from "./console.mjs";
import { Customer } from "./customer.mjs";
import { Desk } from "./desk.mjs";
import { Guest } from "./guest.mjs";
import { createOrganisation, signIn, snippet } from "./stack.mjs";
import { Visitor } from "./visitor.mjs";
import { PATIENCE } from "./wait.mjs";
import { violations, watch } from "./watch.mjs";
import { Line, Wire } from "./wire.mjs";

/**
 * How somebody's browser is.
 *
 * @typedef {object} Machine
 * @property {import('./chromium.mjs').Devices} [devices]
 * @property {("camera" | "microphone")[]} [allowed] what the page may use; both unless told
 * @property {boolean} [microphone] false: a camera and no microphone
 * @property {Wire} [wire] what lies between it and the service
 * @property {"udp" | "tcp" | "tls"} [relay]
 * @property {string} [relayAt]
 * @property {string} [relayTls]
 * @property {boolean} [phone]
 * @property {"light" | "dark"} [scheme] of colours
 * @property {{ between(context: import("playwright-core").BrowserContext): Promise<void> }} [distance] to its peer
 * @property {string} [executable] another command that starts Chromium
 */

export class World {
  /** @type {(() => Promise<unknown>)[]} */ #closing = [];
  /** @type {{ who: string, page: import('playwright-core').Page, log: string[] }[]} */ pages = [];

  /** @param {import('./stack.mjs').Ready} stack */
  constructor(stack) {
    this.stack = stack;
  }

  /** Is closed at the end, last opened first. @param {() => Promise<unknown>} close */
  closing(close) {
    this.#closing.push(close);
  }

  /** @param {{ names?: string[], contact?: string }} [wanted] */
  async organisation({ names = ["Ada Adviser"], contact } = {}) {
    const customer = await Customer.open();
    this.closing(() => customer.close());
    const made = await createOrganisation(this.stack, { origin: customer.origin, names, contact });
    const office = await signIn(this.stack, made.administrators[0], "administrator");
    const { html, policy } = await snippet(this.stack, office.token);
    customer.snippet = html;
    customer.policy = policy;
    return { ...made, customer, office };
  }

  /** @param {{ delay?: number, websockets?: boolean }} [options] */
  async wire(options) {
    const wire = await Wire.open(options);
    this.closing(() => wire.close());
    return wire;
  }

  /**
   * The console of the second administrator.
   *
   * @param {{ administrators: import("./stack.mjs").Person[] }} organisation
   * @param {Machine} [machine]
   */
  async console(organisation, machine) {
    const console = new Console(await this.page("console", machine));
    await console.open(organisation.administrators[1]?.sign_in_url ?? "");
    return console;
  }

  /** A line to a TCP server that can be cut. @param {string} address `host:port` */
  async line(address) {
    const [host = "", port] = address.split(":");
    const line = await Line.open({ host, port: Number(port) });
    this.closing(() => line.close());
    return line;
  }

  /** @param {string} who for the evidence @param {Machine} [machine] */
  async page(who, machine = {}) {
    const launched = await browser(machine);
    const context = await launched.newContext({
      permissions: machine.allowed ?? ["camera", "microphone"],
      locale: "en-GB",
      colorScheme: machine.scheme ?? "light",
      ...(machine.wire ? { proxy: machine.wire.proxy } : {}),
      ...(machine.phone
        ? { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
        : { viewport: { width: 1280, height: 800 } }),
    });
    this.closing(() => context.close());
    context.setDefaultTimeout(PATIENCE);
    await watch(context, {
      ...(machine.relay ? { relay: machine.relay } : {}),
      ...(machine.relayAt ? { relayAt: machine.relayAt } : {}),
      ...(machine.relayTls ? { relayTls: machine.relayTls } : {}),
      microphone: machine.microphone ?? true,
    });
    await machine.distance?.between(context);
    return this.#open(who, context);
  }

  /** Another tab of the browser that a desk is open in. @param {Desk} desk */
  async tab(desk) {
    const tab = new Desk(await this.#open("another tab", desk.page.context()));
    await tab.page.goto(desk.page.url());
    return tab;
  }

  /** Another computer where the expert of a desk is signed in. @param {Desk} desk */
  async otherComputer(desk) {
    const page = await this.page("another computer");
    await page.context().addCookies(await desk.page.context().cookies());
    const other = new Desk(page);
    await page.goto(desk.page.url());
    return other;
  }

  /** @param {string} who @param {import("playwright-core").BrowserContext} context */
  async #open(who, context) {
    const page = await context.newPage();
    /** @type {string[]} */
    const log = [];
    page.on("console", (message) => log.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => log.push(`uncaught: ${error.stack ?? error.message}`));
    page.on("requestfailed", (request) => log.push(`failed: ${request.method()} ${request.url()}`));
    page.on("response", (response) => {
      if (response.status() >= 400) log.push(`${response.status()}: ${response.request().method()} ${response.url()}`);
    });
    this.pages.push({ who, page, log });
    return page;
  }

  /** @param {{ customer: Customer }} organisation @param {Machine} [machine] */
  async visitor(organisation, machine) {
    const visitor = new Visitor(await this.page("visitor", machine));
    await visitor.open(organisation.customer.page);
    return visitor;
  }

  /** @param {import('./stack.mjs').Person | undefined} person @param {Machine} [machine] */
  async desk(person, machine) {
    if (!person) throw new Error("no such person in the organisation");
    const desk = new Desk(await this.page(`desk of ${person.name}`, machine));
    await desk.open(person.sign_in_url);
    return desk;
  }

  /** Who opens a link that a desk has made. @param {string} link @param {Machine} [machine] */
  async guest(link, machine) {
    const guest = new Guest(await this.page("guest", machine));
    await guest.open(link);
    return guest;
  }

  /**
   * An organisation, a desk that rings, and the visitor who rings.
   *
   * @param {{ visitor?: Machine, desk?: Machine }} [machines]
   */
  async ringing(machines = {}) {
    const organisation = await this.organisation();
    const desk = await this.desk(organisation.people[0], machines.desk);
    const visitor = await this.visitor(organisation, machines.visitor);
    await visitor.begin();
    await visitor.ring({ name: "Vera Visitor" });
    await desk.rings();
    return { organisation, visitor, desk };
  }

  /** The same, answered and connected. @param {{ visitor?: Machine, desk?: Machine }} [machines] */
  async call(machines = {}) {
    const ringing = await this.ringing(machines);
    await ringing.desk.answer();
    await ringing.visitor.inCall();
    await ringing.desk.inCall();
    return ringing;
  }

  /** No page has violated its content security policy or thrown. */
  async unblemished() {
    for (const { who, page, log } of this.pages) {
      if (page.isClosed()) continue;
      const seen = [...(await violations(page)), ...log.filter((line) => line.startsWith("uncaught:"))];
      if (seen.length > 0) throw new Error(`${who}: ${seen.join("\n")}`);
    }
  }

  /** @param {string} name of the failed test */
  async evidence(name) {
    const folder = join("test-results", name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"));
    await mkdir(folder, { recursive: true });
    for (const [index, { who, page, log }] of this.pages.entries()) {
      const file = join(folder, `${index}-${who.replaceAll(" ", "-")}`);
      await writeFile(`${file}.log`, `${page.url().split("#")[0]}\n${log.join("\n")}\n`);
      await page.screenshot({ path: `${file}.png`, timeout: 5_000 }).catch(() => {});
    }
    return folder;
  }

  async close() {
    for (const close of this.#closing.reverse()) {
      await close().catch((/** @type {Error} */ error) => console.error(`closing: ${error.message}`));
    }
  }
}
