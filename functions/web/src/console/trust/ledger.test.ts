// What the service tells of keys is believed where this browser's own key leads to it, and nowhere else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DAY, plan } from "../../trust/approver.ts";
import { newSigningKey, publicPart } from "../../trust/ed25519.ts";
import type { StoredApprover } from "../../trust/key-store.ts";
import { type Key, make, read, type Statements } from "../../trust/statements.ts";
import type { Trust } from "../client.ts";
import { approverState, readLedger } from "./ledger.ts";

const ORGANISATION = "019ab000-0000-7000-8000-000000000001";
const ADA = "019ab000-0000-7000-8000-000000000002";
const OLGA = "019ab000-0000-7000-8000-000000000003";
const NOW = 1_790_000_000;

async function party() {
  const keys = await newSigningKey();
  return { keys, key: await publicPart(keys) };
}
type Party = Awaited<ReturnType<typeof party>>;

const [site, next, olga, edge, thief, device] = (await Promise.all(Array.from({ length: 6 }, party))) as [
  Party,
  Party,
  Party,
  Party,
  Party,
  Party,
];
const sealing = (await party()).key;

const siteKey = ({ keys, key }: Party, created = NOW - 100 * DAY) =>
  make("site-key", { organisation: ORGANISATION, key, created }, keys.privateKey);
const approver = (by: Party, of: Party, from = -10, to = 80) =>
  make(
    "approver",
    {
      ...{ organisation: ORGANISATION, siteKey: by.key, approverKey: of.key, person: OLGA },
      ...{ notBefore: NOW + from * DAY, notAfter: NOW + to * DAY },
    },
    by.keys.privateKey,
  );
const succession = (from: Party, to: Party) =>
  make(
    "succession",
    { organisation: ORGANISATION, oldKey: from.key, newKey: to.key, notBefore: NOW - DAY, notAfter: NOW + 100 * DAY },
    from.keys.privateKey,
  );
const certificate = (by: Party, from: number, to: number) =>
  make(
    "device",
    {
      ...{
        organisation: ORGANISATION,
        approverKey: by.key,
        expert: ADA,
        name: "Ada",
        title: "",
        organisationName: "G",
      },
      ...{ signingKey: device.key, sealingKey: sealing, notBefore: NOW + from * DAY, notAfter: NOW + to * DAY },
    },
    by.keys.privateKey,
  );
const bytes = (key: Key): Buffer => Buffer.from(key, "base64url");
const list = (by: Party, number: number, revoked: Key[], to = 1) =>
  make(
    "revocations",
    {
      ...{ organisation: ORGANISATION, issuer: by.key, number, notBefore: NOW - DAY, notAfter: NOW + to * DAY },
      revoked: [...revoked].sort((one, other) => Buffer.compare(bytes(one), bytes(other))),
    },
    by.keys.privateKey,
  );

/** Olga's browser, which approves for the site key. */
async function own(more: Partial<StoredApprover> = {}): Promise<StoredApprover> {
  return { key: olga.keys, certificate: await approver(site, olga), memory: { number: 3, revoked: {} }, ...more };
}

/** What the browser reads, and signs by itself, where the service tells this besides its own approver. */
async function look(told: Partial<Trust> & { certificate?: string }, mine?: StoredApprover) {
  const stored = mine ?? (await own());
  const person = { id: OLGA, name: "Olga", active: true };
  const { certificate: given, approvers = [], ...rest } = told;
  const signingOf = { organisation: ORGANISATION, expert: ADA, signingKey: device.key, sealingKey: sealing };
  const request = await make("device-request", signingOf, device.keys.privateKey);
  const answer: Trust = {
    ...{ site_keys: [await siteKey(site)], successions: [], retirements: [] },
    ...{ approvers: [{ certificate: stored.certificate, person }, ...approvers] },
    devices: [
      {
        ...{ id: "d", expert: { id: ADA, name: "Ada", active: true }, request, requested_at: "" },
        ...(given === undefined ? {} : { certificate: given }),
      },
    ],
    ...rest,
  } as Trust;
  const ledger = await readLedger(answer, ORGANISATION, stored, NOW);
  const signs = plan(NOW, approverState(ledger, ORGANISATION, read("approver", stored.certificate)));
  return { ledger, signs, standing: ledger.devices[0]?.standing };
}

const told = (statement: string): Trust["approvers"] => [
  { certificate: statement, person: { id: OLGA, name: "", active: true } } as Trust["approvers"][number],
];

test("a device of an approver under the own site key is renewed", async () => {
  const { standing, signs } = await look({
    approvers: told(await approver(site, thief)),
    certificate: await certificate(thief, -2, 5),
  });
  assert.deepEqual([standing, signs.certificates.length], ["certified", 1]);
});

test("that a key precedes the own one anybody could say: nothing under it is believed or renewed", async () => {
  const { ledger, standing, signs } = await look({
    successions: [await succession(edge, site)],
    approvers: told(await approver(edge, thief)),
    certificate: await certificate(thief, -2, 5),
    revocations: await list(edge, 9, [olga.key]),
  });
  assert.deepEqual([standing, signs.certificates], ["unknown", []]);
  assert.deepEqual([ledger.list, ledger.memory.number], [undefined, 3]);
});

test("what the own key says follows it is believed", async () => {
  const { ledger, standing } = await look({
    site_keys: [await siteKey(site), await siteKey(next, NOW)],
    successions: [await succession(site, next)],
    approvers: told(await approver(next, thief)),
    certificate: await certificate(thief, -2, 5),
  });
  assert.deepEqual([ledger.foreign, standing], [undefined, "certified"]);
});

test("the key before counts where this browser was there when it changed, and for a time", async () => {
  const after = { certificate: await approver(next, olga) };
  for (const [former, standing, foreign] of [
    [[{ siteKey: site.key, until: NOW + DAY }], "certified", undefined],
    [
      [
        { siteKey: edge.key, until: NOW + DAY },
        { siteKey: site.key, until: NOW + DAY },
      ],
      "certified",
      undefined,
    ],
    [[{ siteKey: site.key, until: NOW }], "unknown", "besides"],
    [undefined, "unknown", "besides"],
  ] as const) {
    const seen = await look(
      {
        site_keys: [await siteKey(site), await siteKey(next, NOW)],
        successions: [await succession(site, next)],
        approvers: told(await approver(site, thief)),
        certificate: await certificate(thief, -2, 5),
      },
      await own({ ...after, ...(former ? { former } : {}) }),
    );
    assert.deepEqual([seen.standing, seen.ledger.foreign], [standing, foreign]);
  }
});

test("another site key is noticed in the place of the own one, beside it, and when there is none", async () => {
  for (const [keys, foreign] of [
    [[edge], "another"],
    [[site, edge], "besides"],
    [[], "none"],
    [[site], undefined],
  ] as const) {
    const { ledger } = await look({
      site_keys: await Promise.all(keys.map((one, at) => siteKey(one, NOW - DAY + at))),
    });
    assert.equal(ledger.foreign, foreign);
  }
});

test("a key from before that no approver needs any more is nothing to be told of", async () => {
  for (const [to, foreign] of [
    [5, "besides"],
    [-1, undefined],
  ] as const) {
    const { ledger } = await look({
      site_keys: [await siteKey(site, NOW - DAY), await siteKey(edge, NOW - 200 * DAY)],
      approvers: told(await approver(edge, thief, -90, to)),
    });
    assert.equal(ledger.foreign, foreign);
  }
});

test("a list that holds, of somebody who is not known, is told from none", async () => {
  const approvers = told(await approver(edge, thief));
  for (const [statement, strange] of [
    [await list(thief, 9, [device.key]), true],
    [await list(thief, 9, [device.key], -0.5), false],
    [await list(olga, 9, [device.key]), false],
    [undefined, false],
  ] as const) {
    const { ledger } = await look({ approvers, ...(statement === undefined ? {} : { revocations: statement }) });
    assert.equal(ledger.strangeList, strange);
  }
});

test("whose time as an approver is over cannot go on by signing with an older date", async () => {
  const ended = told(await approver(site, thief, -100, -10));
  for (const [until, standing, signed] of [
    [5, "unknown", 0],
    [-9, "unknown", 0],
    [-10, "lapsed", 1],
  ] as const) {
    const seen = await look({ approvers: ended, certificate: await certificate(thief, until - 7, until) });
    assert.deepEqual([seen.standing, seen.signs.certificates.length], [standing, signed], `until ${until}`);
  }
});

test("of two certificates of one approver the one that lasts longer counts", async () => {
  const both = [...told(await approver(site, thief, -100, 20)), ...told(await approver(site, thief, -100, -10))];
  const { standing } = await look({ approvers: both, certificate: await certificate(thief, -2, 5) });
  assert.equal(standing, "certified");
});

test("a list of an approver is believed", async () => {
  const { ledger } = await look({
    approvers: told(await approver(site, thief)),
    revocations: await list(thief, 4, [device.key]),
  });
  assert.deepEqual([ledger.list?.number, ledger.memory.number, ledger.devices[0]?.standing], [4, 4, "revoked"]);
});

test("a list of somebody who is revoked here, who could not sign it or with a number made up is not", async () => {
  const good = await approver(site, thief);
  const revoked = await own({ memory: { number: 3, revoked: { [thief.key]: NOW - DAY } } });
  for (const [statement, certified, mine] of [
    [await list(thief, 4, [olga.key]), good, revoked],
    [await list(thief, 4, [olga.key, thief.key]), good, undefined],
    [await list(thief, 4, [olga.key]), await approver(site, thief, -100, -10), undefined],
    [await list(thief, 4, [olga.key], 5), await approver(site, thief, -50, 4), undefined],
    [await list(thief, 2 ** 53 - 1, []), good, undefined],
    [await list(site, 2 ** 53 - 1, []), good, undefined],
  ] as const) {
    const { ledger, signs } = await look({ approvers: told(certified), revocations: statement }, mine);
    assert.deepEqual([ledger.list, ledger.memory.number], [undefined, 3]);
    assert.ok(!Object.hasOwn(ledger.memory.revoked, olga.key));
    assert.equal(signs.revocations?.number, 4);
  }
});

test("what is revoked here stays on the next list, however much others list", async () => {
  const lost = (await party()).key;
  const junk = Array.from({ length: 1024 }, (_, at) => {
    const one = Buffer.alloc(32, 1);
    one.writeUInt32BE(at);
    return one.toString("base64url");
  });
  const { signs } = await look(
    { approvers: told(await approver(site, thief)), revocations: await list(thief, 4, junk) },
    await own({ memory: { number: 3, revoked: { [lost]: NOW - 50 * DAY } } }),
  );
  const revocations = signs.revocations as Statements["revocations"];
  assert.deepEqual([revocations.revoked.length, revocations.revoked.includes(lost)], [1024, true]);
});
