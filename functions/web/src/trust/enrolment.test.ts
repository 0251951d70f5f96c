import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { Problem } from "../call/api.ts";
import { DAY, firstCertificate } from "./approver.ts";
import { certifyApprover, signSuccession } from "./ceremony.ts";
import { newSigningKey, publicPart } from "./ed25519.ts";
import { type DeviceAnswer, Enrolment } from "./enrolment.ts";
import type { SiteKey } from "./key-file.ts";
import type { StoredDevice } from "./key-store.ts";
import { deviceId, enrolmentCode, make, read } from "./statements.ts";

const ORGANISATION = "019ab000-0000-7000-8000-000000000001";
const EXPERT = "019ab000-0000-7000-8000-000000000002";
const NOW = 1_790_000_000;

/** A service that knows one device, a browser that keeps it, and a clock that moves when told. */
class World {
  now = NOW;
  kept: StoredDevice | undefined;
  told: DeviceAnswer | undefined;
  asked: string[] = [];
  unreachable = false;
  #due: (() => void)[] = [];

  open(t: TestContext): Enrolment {
    const enrolment = new Enrolment({
      organisation: ORGANISATION,
      expert: EXPERT,
      api: { request: (method, path, options) => this.#answer(method, path, options?.body) as Promise<never> },
      keys: {
        read: async () => this.kept as never,
        write: async (_kind, _organisation, _expert, value) => {
          this.kept = value as StoredDevice;
        },
        add: async (_kind, _organisation, _expert, value) => (this.kept ??= value as StoredDevice) as never,
        remove: async () => {
          this.kept = undefined;
        },
      },
      now: () => this.now * 1000,
      supported: async () => true,
      after: (_, run) => {
        this.#due.push(run);
        return () => {
          this.#due = this.#due.filter((one) => one !== run);
        };
      },
    });
    t.after(() => enrolment.close());
    return enrolment;
  }

  async #answer(method: string, path: string, body: object | undefined): Promise<unknown> {
    this.asked.push(method);
    if (this.unreachable) throw new Problem("unreachable", "no network");
    if (method === "POST") {
      const { request } = body as { request: string };
      const id = await deviceId(read("device-request", request).signingKey);
      if (this.told?.id !== id) this.told = { id, state: "pending" };
    }
    if (!this.told || (method === "GET" && path !== `/devices/${this.told.id}`)) {
      throw new Problem("not-found", "gone", { status: 404 });
    }
    return { device: this.told };
  }

  /** Under a site key of its own unless told, which `from` says follows it. */
  async certify(request = this.kept?.request ?? "", until = 7 * DAY, site?: SiteKey, from?: SiteKey): Promise<void> {
    const key = await newSigningKey();
    const whose = { organisation: ORGANISATION, person: EXPERT, approverKey: await publicPart(key) };
    const root = site ?? (await newSiteKey());
    const approver = await certifyApprover(root, whose, this.now);
    const names = { name: "Ada", title: "", organisationName: "Garden Tools" };
    const values = firstCertificate(this.now, read("approver", approver), read("device-request", request), names);
    const certificate = await make("device", { ...values, notAfter: this.now + until }, key.privateKey);
    const succession = from && (await signSuccession(from, root.publicKey, ORGANISATION, this.now));
    this.told = {
      ...{ id: this.told?.id ?? "", state: "certified", certificate, approver },
      ...(succession === undefined ? {} : { succession }),
    };
  }

  /** What waits for a time is due. */
  pass(): void {
    const due = this.#due;
    this.#due = [];
    for (const run of due) run();
  }
}

async function newSiteKey(): Promise<SiteKey> {
  const { publicKey, privateKey } = await newSigningKey();
  return { publicKey: await publicPart({ publicKey, privateKey }), privateKey };
}

async function stands(enrolment: Enrolment, standing: string): Promise<void> {
  for (let turn = 0; turn < 500 && (enrolment.state.standing !== standing || enrolment.state.busy); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.equal(enrolment.state.standing, standing);
}

/** A browser that was certified, under a site key of its own unless told. */
async function certified(t: TestContext, site?: SiteKey): Promise<{ world: World; enrolment: Enrolment }> {
  const world = new World();
  const enrolment = world.open(t);
  await stands(enrolment, "none");
  await enrolment.enrol();
  await world.certify(undefined, 7 * DAY, site);
  world.pass();
  await stands(enrolment, "certified");
  return { world, enrolment };
}

test("a browser asks, shows the code of its request, and is certified", async (t) => {
  const world = new World();
  const enrolment = world.open(t);
  await stands(enrolment, "none");
  assert.deepEqual(world.asked, [], "nothing is made or asked before the expert wants it");
  await enrolment.enrol();
  await stands(enrolment, "pending");
  assert.equal(enrolment.state.code, await enrolmentCode(world.kept?.request ?? ""));
  await assert.rejects(crypto.subtle.exportKey("pkcs8", world.kept?.signing.privateKey as CryptoKey));
  await assert.rejects(crypto.subtle.exportKey("pkcs8", world.kept?.sealing.privateKey as CryptoKey));
  await world.certify();
  world.pass();
  await stands(enrolment, "certified");
  assert.equal(enrolment.state.until, (NOW + 7 * DAY) * 1000);
  assert.equal(enrolment.state.soon, false);
  assert.equal(world.kept?.certificate, world.told?.certificate);
});

test("a reload goes on with the same keys, also where the service is out of reach", async (t) => {
  const { world } = await certified(t);
  const { kept } = world;
  world.unreachable = true;
  const second = world.open(t);
  await stands(second, "certified");
  assert.equal(world.kept?.signing, kept?.signing);
});

test("a certified device whose organisation begins with another site key shows its code anew", async (t) => {
  const { world, enrolment } = await certified(t);
  world.told = { id: world.told?.id ?? "", state: "pending" };
  world.pass();
  await stands(enrolment, "pending");
  assert.equal(enrolment.state.code, await enrolmentCode(world.kept?.request ?? ""));
  assert.equal(world.kept?.certificate, undefined);
});

test("a certificate under another site key is taken where the one before names it, or the expert says so", async (t) => {
  const [first, next, edges] = await Promise.all([newSiteKey(), newSiteKey(), newSiteKey()]);
  const { world, enrolment } = await certified(t, first);
  const siteKey = () => read("approver", world.kept?.approver ?? "").siteKey;
  for (const from of [undefined, edges]) {
    await world.certify(undefined, 7 * DAY, edges, from);
    world.pass();
    await stands(enrolment, "another");
    assert.equal(siteKey(), first.publicKey);
  }
  // Nor with a step in between, of which nothing is left but that it was there.
  world.told = { id: world.told?.id ?? "", state: "pending" };
  world.pass();
  await stands(enrolment, "pending");
  await world.certify(undefined, 7 * DAY, edges);
  world.pass();
  await stands(enrolment, "another");
  assert.equal(world.kept?.certificate, undefined);

  await world.certify(undefined, 7 * DAY, next, first);
  world.pass();
  await stands(enrolment, "certified");
  assert.equal(siteKey(), next.publicKey);
  // Some approvers are still under the key before, for a time, and then no more.
  await world.certify(undefined, 7 * DAY, first);
  world.pass();
  for (let turn = 0; siteKey() !== first.publicKey && turn < 500; turn++)
    await new Promise((done) => setTimeout(done, 2));
  assert.deepEqual(
    [enrolment.state.standing, siteKey(), world.kept?.siteKey],
    ["certified", first.publicKey, next.publicKey],
  );
  await world.certify(undefined, 7 * DAY, next);
  world.pass();
  for (let turn = 0; siteKey() !== next.publicKey && turn < 500; turn++)
    await new Promise((done) => setTimeout(done, 2));
  world.now += 181 * DAY;
  await world.certify(undefined, 7 * DAY, first);
  world.pass();
  await stands(enrolment, "another");
  await world.certify(undefined, 7 * DAY, edges);
  world.pass();
  await stands(enrolment, "another");
  await enrolment.goOn();
  await stands(enrolment, "certified");
  assert.equal(siteKey(), edges.publicKey);
});

test("fresh keys after a refusal do not make it forget the site key", async (t) => {
  const { world, enrolment } = await certified(t);
  world.told = { id: world.told?.id ?? "", state: "revoked" };
  world.pass();
  await stands(enrolment, "revoked");
  await enrolment.enrol();
  await stands(enrolment, "pending");
  await world.certify();
  world.pass();
  await stands(enrolment, "another");
});

test("a certificate that is not signed, or leads nowhere, is not taken", async (t) => {
  for (const alter of [
    (told: DeviceAnswer, other: DeviceAnswer) => ({ ...told, approver: other.approver }),
    (told: DeviceAnswer) => ({ ...told, certificate: `${told.certificate?.slice(0, -8)}AAAAAAAA` }),
  ]) {
    const world = new World();
    const enrolment = world.open(t);
    await stands(enrolment, "none");
    await enrolment.enrol();
    await stands(enrolment, "pending");
    await world.certify();
    const other = world.told ?? assert.fail();
    await world.certify();
    world.told = alter(world.told, other) as DeviceAnswer;
    world.pass();
    while (enrolment.state.error === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    assert.equal(world.kept?.certificate, undefined);
  }
});

test("a certificate that nobody renews is told of, before and after its end", async (t) => {
  const { world, enrolment } = await certified(t);
  world.now += 5.5 * DAY;
  world.pass();
  while (!enrolment.state.soon) await new Promise((resolve) => setTimeout(resolve, 2));
  world.now += 2 * DAY;
  world.pass();
  await stands(enrolment, "lapsed");
});

test("refused or revoked, it asks again with fresh keys only", async (t) => {
  for (const standing of ["refused", "revoked"] as const) {
    const world = new World();
    const enrolment = world.open(t);
    await stands(enrolment, "none");
    await enrolment.enrol();
    await stands(enrolment, "pending");
    const { kept } = world;
    if (standing === "revoked") {
      await world.certify();
      world.told = { id: world.told?.id ?? "", state: "revoked" };
    } else {
      world.told = undefined;
    }
    world.pass();
    await stands(enrolment, standing);
    assert.equal(world.kept?.certificate, undefined);
    await enrolment.enrol();
    await stands(enrolment, "pending");
    assert.notEqual(world.kept?.request, kept?.request);
  }
});

test("a request that never arrived was not refused", async (t) => {
  const world = new World();
  const first = world.open(t);
  await stands(first, "none");
  world.unreachable = true;
  await first.enrol();
  assert.ok(first.state.error instanceof Problem);
  const { kept } = world;
  world.unreachable = false;
  const second = world.open(t);
  await stands(second, "none");
  await second.enrol();
  await stands(second, "pending");
  assert.equal(world.kept?.request, kept?.request);
});

test("another device's certificate is not taken", async (t) => {
  const world = new World();
  const enrolment = world.open(t);
  await stands(enrolment, "none");
  await enrolment.enrol();
  await stands(enrolment, "pending");
  const other = new World();
  const there = other.open(t);
  await stands(there, "none");
  await there.enrol();
  await world.certify(other.kept?.request);
  world.pass();
  while (enrolment.state.error === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.equal(enrolment.state.standing, "pending");
  assert.equal(world.kept?.certificate, undefined);
});
