// What an approver's browser does when the service answers otherwise than it hoped.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";

import { Problem } from "../../call/api.ts";
import { DAY } from "../../trust/approver.ts";
import { newSigningKey, publicPart } from "../../trust/ed25519.ts";
import { keyStore, type StoredApprover } from "../../trust/key-store.ts";
import { make, read } from "../../trust/statements.ts";
import type { ConsoleClient } from "../client.ts";
import { Upkeep } from "./upkeep.ts";

const ORGANISATION = "019ab000-0000-7000-8000-000000000001";
const OLGA = "019ab000-0000-7000-8000-000000000003";
const LOST = "A".repeat(43);

Object.defineProperty(globalThis, "navigator", {
  configurable: true,
  value: { locks: { request: (_: string, work: () => Promise<unknown>) => work() } },
});
Object.assign(globalThis, { indexedDB: {}, document: new EventTarget() });

const open: Upkeep[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  mock.restoreAll();
});

/** Olga's console before a service whose first answers to a list are these. */
async function upkeep(answers: ("taken" | "outdated")[], { trust = true, strangeList = false } = {}) {
  const [site, olga] = await Promise.all([newSigningKey(), newSigningKey()]);
  const [siteKey, approverKey] = await Promise.all([publicPart(site), publicPart(olga)]);
  const now = Math.floor(Date.now() / 1000);
  const certificate = await make(
    "approver",
    {
      ...{ organisation: ORGANISATION, siteKey, approverKey, person: OLGA },
      ...{ notBefore: now - DAY, notAfter: now + 80 * DAY },
    },
    site.privateKey,
  );
  let kept: StoredApprover = { key: olga, certificate, memory: { number: 0, revoked: {} } };
  mock.method(keyStore, "read", async () => kept);
  mock.method(keyStore, "all", async () => [kept]);
  mock.method(keyStore, "names", async () => []);
  mock.method(keyStore, "write", async (...[, , , value]: [string, string, string, StoredApprover]) => {
    kept = value;
  });
  const siteKeys = [
    await make("site-key", { organisation: ORGANISATION, key: siteKey, created: now }, site.privateKey),
  ];
  const lists: string[] = [];
  const [stranger, strangersList] = [await newSigningKey(), { number: 20, notBefore: now - DAY, notAfter: now + DAY }];
  let current = strangeList
    ? await make(
        "revocations",
        { organisation: ORGANISATION, issuer: await publicPart(stranger), ...strangersList, revoked: [LOST] },
        stranger.privateKey,
      )
    : undefined;
  const client = {
    trust: async () => {
      if (!trust) throw new Problem("unavailable", "");
      return {
        ...{ site_keys: siteKeys, successions: [], devices: [], retirements: [] },
        approvers: [{ certificate, person: { id: OLGA, name: "Olga", active: true } }],
        ...(current === undefined ? {} : { revocations: current }),
      };
    },
    putRevocations: async (list: string) => {
      lists.push(list);
      const answer = answers.shift() ?? "taken";
      if (answer === "taken") {
        current = list;
        return;
      }
      // Another administrator's, with the number that this one has taken.
      const { number } = read("revocations", list);
      const others = { ...read("revocations", list), number, revoked: [] };
      current = await make("revocations", others, olga.privateKey);
      throw new Problem("outdated", "", { status: 409 });
    },
    addCertificates: async () => {},
  } as unknown as ConsoleClient;
  const made = new Upkeep({ client, organisation: ORGANISATION, person: OLGA });
  open.push(made);
  await made.refresh();
  return { made, siteKey, lists: () => lists.map((list) => read("revocations", list)) };
}

test("a revocation that another administrator's list was faster than is made again", async () => {
  const { made, lists } = await upkeep(["taken", "outdated"]);
  await made.revoke(LOST);
  const [first, second, third] = lists();
  assert.deepEqual(
    [first, second, third].map((one) => [one?.number, one?.revoked]),
    [
      [1, []],
      [2, [LOST]],
      [3, [LOST]],
    ],
  );
});

test("a revocation that the service does not take is not said to be done", async () => {
  const { made } = await upkeep(["taken", ...Array<"outdated">(20).fill("outdated")]);
  await assert.rejects(made.revoke(LOST), { slug: "outdated" });
  assert.notEqual(made.state.failure, undefined);
});

test("what this browser approves for is known though the service does not answer", async () => {
  const { made, siteKey } = await upkeep([], { trust: false });
  assert.equal(made.state.ledger.name, "failed");
  assert.deepEqual([[...(made.state.known ?? [])], made.state.approver?.siteKey], [[siteKey], siteKey]);
});

test("a list of somebody who is not known here is not replaced by one without what it holds", async () => {
  const { made, lists } = await upkeep([], { strangeList: true });
  assert.deepEqual(lists(), []);
  await assert.rejects(made.revoke("B".repeat(43)), { slug: "unavailable" });
  assert.deepEqual(lists(), []);
});
