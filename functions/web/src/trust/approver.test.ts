import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "../call/bytes.ts";
import { type ApproverState, DAY, daysLeft, type Memory, plan, remember, valid } from "./approver.ts";
import type { Key, Statements } from "./statements.ts";

const ORGANISATION = "019ab000-0000-7000-8000-000000000001";
const START = 1_790_000_000;

/** A generator of the same numbers for the same seed (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

function key(next: () => number): Key {
  return toBase64url(Uint8Array.from({ length: 32 }, () => Math.floor(next() * 256)));
}

/** An organisation whose console is opened now and then; holds what the service would. */
class World {
  now = START;
  readonly approver: Statements["approver"];
  readonly devices: { certificate: Statements["device"]; active: boolean }[] = [];
  list: Statements["revocations"] | undefined;
  memory: Memory = { number: 0, revoked: {} };
  signed = 0;

  constructor(next: () => number, lasts = 90 * DAY) {
    this.approver = {
      organisation: ORGANISATION,
      siteKey: key(next),
      approverKey: key(next),
      person: ORGANISATION,
      notBefore: START,
      notAfter: START + lasts,
    };
  }

  get state(): ApproverState {
    const { approver, devices, list, memory } = this;
    return { organisation: ORGANISATION, approver, devices, list, strangeList: false, memory };
  }

  approve(next: () => number): void {
    this.devices.push({
      active: true,
      certificate: {
        organisation: ORGANISATION,
        approverKey: this.approver.approverKey,
        expert: ORGANISATION,
        name: "Ada Adviser",
        title: "",
        organisationName: "Garden Tools",
        signingKey: key(next),
        sealingKey: key(next),
        notBefore: this.now,
        notAfter: this.now + 7 * DAY,
      },
    });
  }

  /** What the console does at once and every quarter of an hour. */
  upkeep(): void {
    this.memory = remember(this.now, this.memory, this.list);
    const { certificates, revocations } = plan(this.now, this.state);
    for (const certificate of certificates) {
      const device = this.devices.find((one) => one.certificate.signingKey === certificate.signingKey);
      assert.ok(device, "only devices that are there are certified");
      assert.ok(device.active && !(certificate.signingKey in this.memory.revoked), "renewed against the rules");
      device.certificate = certificate;
    }
    if (revocations) {
      assert.ok(revocations.number > (this.list?.number ?? 0), "numbers rise");
      this.list = revocations;
      this.memory = remember(this.now, this.memory, revocations);
    }
    this.signed += certificates.length + (revocations ? 1 : 0);
  }

  /** Whether visitors can call this device now. */
  callable(device: { certificate: Statements["device"] }): boolean {
    const { list } = this;
    return (
      valid(this.now, device.certificate) &&
      device.certificate.notAfter - device.certificate.notBefore <= 8 * DAY &&
      list !== undefined &&
      valid(this.now, list) &&
      list.notAfter - list.notBefore <= 7 * DAY &&
      !list.revoked.includes(device.certificate.signingKey)
    );
  }
}

const HOUR = 3_600;

test("nothing lapses where the console is open on Fridays and on Mondays", () => {
  const world = new World(random(1));
  world.approve(random(2));
  // 2026-09-25, a Friday, 00:00 UTC.
  const friday = 1_790_294_400;
  for (world.now = friday + 9 * HOUR; world.now < friday + 70 * DAY; world.now += HOUR / 4) {
    const day = Math.floor((world.now - friday) / DAY) % 7;
    const hour = Math.floor(world.now / HOUR) % 24;
    if ((day === 0 || day === 3) && hour >= 9 && hour < 17) world.upkeep();
    for (const device of world.devices) assert.ok(world.callable(device), `lapsed on day ${day} at ${hour}`);
  }
  assert.ok(world.signed < 140, `${world.signed} signatures: once or twice on each day that it is open`);
});

test("whatever the hours: gaps of at most five days let nothing lapse, revoked and inactive ones are never renewed", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const world = new World(next);
    for (let count = 1 + next() * 6; count > 0; count--) world.approve(next);
    const gone = new Map<Key, number>();
    world.upkeep();
    while (world.now < START + 80 * DAY) {
      // The console is closed for a while, which ends with the list and the certificates still good …
      world.now += Math.floor(next() * 5 * DAY);
      for (const device of world.devices) {
        const { signingKey, notAfter } = device.certificate;
        if (signingKey in world.memory.revoked) assert.ok(!world.callable(device), `seed ${seed}: revoked, callable`);
        else if (device.active) assert.ok(world.callable(device), `seed ${seed}: lapsed`);
        const until = gone.get(signingKey);
        assert.ok(until === undefined || notAfter <= until, `seed ${seed}: renewed though it is gone`);
      }
      // … then something happens, and it is open.
      const one = world.devices[Math.floor(next() * world.devices.length)];
      if (one && next() < 0.15) {
        world.memory = {
          ...world.memory,
          revoked: { ...world.memory.revoked, [one.certificate.signingKey]: world.now },
        };
        gone.set(one.certificate.signingKey, one.certificate.notAfter);
      } else if (one && next() < 0.1) {
        one.active = false;
        gone.set(one.certificate.signingKey, one.certificate.notAfter);
      } else if (next() < 0.2) {
        world.approve(next);
      }
      world.upkeep();
      const { signed } = world;
      world.upkeep();
      assert.equal(world.signed, signed, `seed ${seed}: what is fresh is not signed again`);
    }
  }
});

test("a service that shows an older list makes no console forget", () => {
  const next = random(7);
  const world = new World(next);
  world.approve(next);
  world.upkeep();
  const early = world.list;
  const stolen = world.devices[0]?.certificate.signingKey ?? "";
  world.memory = { ...world.memory, revoked: { [stolen]: world.now } };
  world.now += HOUR;
  world.upkeep();
  world.list = early;
  world.now += HOUR;
  const signed = plan(world.now, { ...world.state, memory: remember(world.now, world.memory, world.list) });
  assert.deepEqual(signed.revocations?.revoked, [stolen]);
  assert.equal(signed.revocations?.number, 3);
});

test("what another administrator has revoked is taken over", () => {
  const next = random(8);
  const memory = { number: 3, revoked: {} };
  const list = { organisation: ORGANISATION, issuer: key(next), number: 9, notBefore: 0, notAfter: 1, revoked: ["x"] };
  assert.deepEqual(remember(5, memory, list), { number: 9, revoked: { x: 5 } });
  assert.deepEqual(remember(6, { number: 9, revoked: { x: 5 } }, list), { number: 9, revoked: { x: 5 } });
});

test("keys are listed in the order of their bytes", () => {
  const world = new World(random(9));
  const first = (byte: number) => toBase64url(Uint8Array.from({ length: 32 }, () => byte));
  // As letters: "-", "0", "A", "_", "a".
  const keys = [0x00, 0x69, 0xd1, 0xf8, 0xfd].map(first);
  world.memory = { number: 0, revoked: Object.fromEntries([...keys].reverse().map((one) => [one, START])) };
  assert.deepEqual(plan(START, world.state).revocations?.revoked, keys);
});

test("an approver that has ended, or is revoked, signs nothing; one that ends signs nothing beyond that", () => {
  const next = random(10);
  const world = new World(next, 20 * DAY);
  world.approve(next);
  world.now = START + 17 * DAY;
  world.upkeep();
  assert.equal(world.devices[0]?.certificate.notAfter, START + 20 * DAY);
  assert.equal(world.list?.notAfter, START + 20 * DAY);
  const { signed } = world;
  world.now += 2 * DAY;
  world.upkeep();
  assert.equal(world.signed, signed, "the same end is not signed twice");
  world.now = START + 20 * DAY;
  world.upkeep();
  world.now = START + DAY;
  world.memory = { number: 0, revoked: { [world.approver.approverKey]: START } };
  world.list = undefined;
  world.upkeep();
  assert.equal(world.signed, signed);
});

test("back from a holiday, devices come back; from a long one, they are approved anew", () => {
  for (const [away, back] of [
    [30, true],
    [40, false],
  ] as const) {
    const next = random(11);
    const world = new World(next);
    world.approve(next);
    world.upkeep();
    world.now += away * DAY;
    world.upkeep();
    assert.equal(
      world.devices.every((device) => world.callable(device)),
      back,
      `${away} days`,
    );
  }
});

test("the administrator is reminded two weeks before", () => {
  const { approver } = new World(random(12));
  assert.equal(daysLeft(START, approver), undefined);
  assert.equal(daysLeft(START + 76 * DAY, approver), 14);
  assert.equal(daysLeft(START + 90 * DAY - 1, approver), 1);
  assert.equal(daysLeft(START + 99 * DAY, approver), 0);
});

test("a key is listed for 120 days, though lists of others still have it", () => {
  const next = random(7);
  const one = key(next);
  const list = { number: 1, revoked: [one] } as unknown as Statements["revocations"];
  let memory = remember(START, { number: 0, revoked: {} }, list);
  memory = remember(START + 130 * DAY, memory, list);
  assert.equal(memory.revoked[one], START, "no younger for being listed still");
  const world = new World(next, 200 * DAY);
  const { revocations } = plan(START + 130 * DAY, { ...world.state, memory });
  assert.deepEqual(revocations?.revoked, []);
  assert.deepEqual(remember(START + 131 * DAY, memory, revocations).revoked, {});
});
