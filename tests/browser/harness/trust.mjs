// An organisation's trust without its ceremony: site key, approver and certificates made here, with the product's own
// modules and through the product's own routes, in a moment.

import { firstCertificate, plan } from "../../../functions/web/src/trust/approver.ts";
import { certifyApprover, signSiteKey, signSuccession } from "../../../functions/web/src/trust/ceremony.ts";
import { newSigningKey, publicPart } from "../../../functions/web/src/trust/ed25519.ts";
import { make, read } from "../../../functions/web/src/trust/statements.ts";
import { call, sessionToken, snippet } from "./stack.mjs";

/** @typedef {import("../../../functions/web/src/trust/statements.ts").Statements} Statements */
/** @typedef {import("../../../functions/web/src/trust/key-file.ts").SiteKey} SiteKey */
/** @typedef {Awaited<ReturnType<import("./world.mjs").World["organisation"]>>} Organisation */

const now = () => Math.floor(Date.now() / 1000);

/** @returns {Promise<SiteKey>} */
export async function newSiteKey() {
  const pair = await newSigningKey();
  return { publicKey: await publicPart(pair), privateKey: pair.privateKey };
}

/** A token lasts ten minutes. In milliseconds. */
const RENEWED_EVERY = 300_000;

/** What an administrator holds, and what they do with it. */
export class Trust {
  #renewedAt = Date.now();

  /**
   * @param {import("./world.mjs").World} world
   * @param {Organisation} organisation
   * @param {SiteKey} siteKey
   * @param {CryptoKeyPair} approver
   * @param {string} certificate the approver's
   */
  constructor(world, organisation, siteKey, approver, certificate) {
    this.world = world;
    this.organisation = organisation;
    this.siteKey = siteKey;
    this.approver = approver;
    this.certificate = certificate;
    /** @type {Statements["revocations"] | undefined} */
    this.list = undefined;
    /** @type {Record<string, number>} */
    this.revoked = {};
  }

  /** Makes a site key and an approver known, and puts the site key into the customer's page. @param {import("./world.mjs").World} world @param {Organisation} organisation */
  static async establish(world, organisation) {
    const siteKey = await newSiteKey();
    const approver = await newSigningKey();
    const [, person] = organisation.administrators;
    const whose = {
      organisation: organisation.id,
      person: person?.id ?? "",
      approverKey: await publicPart(approver),
    };
    const certificate = await certifyApprover(siteKey, whose, now());
    const trust = new Trust(world, organisation, siteKey, approver, certificate);
    await trust.ask("POST", "/trust/site-keys", { site_key: await signSiteKey(siteKey, organisation.id, now()) });
    await trust.ask("POST", "/trust/approvers", { certificate });
    await trust.renewList();
    await trust.pin();
    return trust;
  }

  /** @param {string} method @param {string} path under `/api/v1` @param {unknown} [body] */
  async ask(method, path, body) {
    const { service } = this.world.stack;
    await this.#renewToken();
    const headers = { authorization: `Bearer ${this.organisation.office.token}`, origin: service };
    return (await call(`${service}/api/v1${path}`, { method, headers, body })).json;
  }

  /** One organisation may serve a whole file, longer than a token lasts. */
  async #renewToken() {
    if (Date.now() - this.#renewedAt < RENEWED_EVERY) return;
    this.#renewedAt = Date.now();
    const { office } = this.organisation;
    office.token = (await sessionToken(this.world.stack, office.cookie, "administrator")).token;
  }

  /** The customer copies the snippet anew. */
  async pin() {
    const { html, policy } = await snippet(this.world.stack, this.organisation.office.token);
    this.organisation.customer.snippet = html;
    this.organisation.customer.policy = policy;
  }

  /** The devices that the service tells of: `{id, expert, request, certificate?, state}`. */
  async devices() {
    /** @type {{ devices: { id: string, expert: { id: string, name: string, title?: string }, request: string, certificate?: string, state: string }[] }} */
    const { devices } = await this.ask("GET", "/trust");
    return devices;
  }

  /**
   * Certifies the pending devices of a person, without a look at their code; `altered` says what is to stand in the
   * certificate instead of the truth.
   *
   * @param {string} expert
   * @param {Partial<Statements["device"]>} [altered]
   */
  async approve(expert, altered = {}) {
    const approver = read("approver", this.certificate);
    const certificates = [];
    for (const { expert: whose, request, state } of await this.devices()) {
      if (whose.id !== expert || state !== "pending") continue;
      const names = { name: whose.name, title: whose.title ?? "", organisationName: "Garden Tools Ltd" };
      const values = firstCertificate(now(), approver, read("device-request", request), names);
      certificates.push(await make("device", { ...values, ...altered }, this.approver.privateKey));
    }
    if (certificates.length === 0) throw new Error("no device of this expert waits");
    await this.ask("POST", "/trust/certificates", { certificates });
    return certificates;
  }

  /** Puts these keys on the list: an approver's, or a device's signing key. @param {string[]} keys */
  async revoke(...keys) {
    for (const key of keys) this.revoked[key] = now();
    await this.renewList();
  }

  /** Signs the next revocation list. */
  async renewList() {
    const { revocations } = plan(now(), {
      organisation: this.organisation.id,
      approver: read("approver", this.certificate),
      devices: [],
      list: undefined,
      strangeList: false,
      memory: { number: this.list?.number ?? 0, revoked: this.revoked },
    });
    if (!revocations) throw new Error("the approver signs no list");
    this.list = revocations;
    const revoked = await make("revocations", revocations, this.approver.privateKey);
    await this.ask("PUT", "/trust/revocations", { revocations: revoked });
    return revoked;
  }

  /** A new site key, cross-signed by the old one; the approver is certified by the new one. */
  async rotate() {
    const { id } = this.organisation;
    const old = this.siteKey;
    this.siteKey = await newSiteKey();
    const succession = await signSuccession(old, this.siteKey.publicKey, id, now());
    await this.ask("POST", "/trust/site-keys", { site_key: await signSiteKey(this.siteKey, id, now()), succession });
    const { person, approverKey } = read("approver", this.certificate);
    this.certificate = await certifyApprover(this.siteKey, { organisation: id, person, approverKey }, now());
    await this.ask("POST", "/trust/approvers", { certificate: this.certificate });
  }
}

/**
 * Sets up an organisation whose page pins a site key, and certifies the browser of an expert at this desk.
 *
 * @param {import("./world.mjs").World} world
 * @param {Organisation} organisation
 * @param {...{ page: import("playwright-core").Page, person: import("./stack.mjs").Person }} desks
 */
export async function certify(world, organisation, ...desks) {
  const trust = await Trust.establish(world, organisation);
  for (const { page, person } of desks) await enrol(trust, page, person);
  return trust;
}

/** The expert asks at their desk, and is certified. @param {Trust} trust @param {import("playwright-core").Page} page @param {import("./stack.mjs").Person} person */
export async function enrol(trust, page, person) {
  await page.getByRole("button", { name: "Set this browser up" }).first().click();
  await page.getByRole("heading", { name: "Read this code to an administrator" }).waitFor();
  await trust.approve(person.id);
  await page.getByText(/^This browser is certified until/).waitFor();
}
