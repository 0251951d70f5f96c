import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Api } from "./api.ts";
import { done } from "./fake-network.ts";
import { PresenceLease } from "./presence.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_800_000_000_000 }));
afterEach(() => mock.timers.reset());

/** A service to which the connection is dead for these requests: nothing comes back, and no error either. */
function service(dead: (request: number) => boolean) {
  const requests: string[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    requests.push(`${init?.method} ${String(input)}`);
    if (!dead(requests.length)) return Response.json({ calls: [], renew_in: 8_000 });
    return new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  };
  return { api: new Api({ base: "", fetch }), requests };
}

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    mock.timers.tick(1_000);
    await done();
  }
}

test("a request on a dead connection is made again", async () => {
  const { api, requests } = service((request) => request === 1);
  const asked = api.request("GET", "/a");
  await pass(9);
  assert.deepEqual(await asked, { calls: [], renew_in: 8_000 });
  assert.equal(requests.length, 2);
});

test("on a connection that stays dead it fails like one that did not reach the service", async () => {
  const { api } = service(() => true);
  const asked = assert.rejects(api.request("GET", "/a", { retries: 1 }), { slug: "unreachable" });
  await pass(20);
  await asked;
});

test("who waits no longer is told nothing else", async () => {
  const { api } = service(() => true);
  const waiting = new AbortController();
  const asked = assert.rejects(api.request("GET", "/a", { signal: waiting.signal }), /^Error: enough$/);
  waiting.abort(new Error("enough"));
  await asked;
  await assert.rejects(api.request("GET", "/b", { signal: waiting.signal }), /^Error: enough$/);
});

test("a lease outlives one renewal on a dead connection", async () => {
  const { api, requests } = service((request) => request === 2);
  const lease = new PresenceLease({ api, state: "here", onCalls: () => {} });
  await pass(20);
  assert.equal(requests.length, 3);
  lease.close(false);
});

test("what uses up a secret is asked for once, and waited for", async () => {
  const { api, requests } = service(() => true);
  const asked = assert.rejects(api.createVisitor("o", "secret"), { slug: "unreachable" });
  await pass(29);
  assert.equal(requests.length, 1);
  await pass(2);
  await asked;
  await pass(60);
  assert.equal(requests.length, 1);
});

test("what is long has longer", async () => {
  const { api, requests } = service((request) => request === 1);
  void api.request("POST", "/a", { body: { long: "x".repeat(10_000) } });
  await pass(17);
  assert.equal(requests.length, 1);
  await pass(3);
  assert.equal(requests.length, 2);
});
