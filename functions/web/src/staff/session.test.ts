import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "../call/api.ts";
import type { StaffAccess } from "../call/types.ts";
import { renewIn, type SessionApi, StaffSession, secretOf, type Timers } from "./session.ts";

const START = Date.parse("2026-11-23T21:00:00Z");

function accessUntil(time: number, token = "t"): StaffAccess {
  return {
    token,
    token_expires_at: new Date(time).toISOString(),
    person: { id: "p", name: "Ada", roles: ["expert"] },
    organisation: { id: "o", name: "Bank", accent: "#0f6e66" },
    mailbox: { name: "o/staff/p", key: "k" },
  };
}

/** A service that answers from a list, and timers that run when told. */
function set(answers: { signIn?: (Problem | undefined)[]; token?: (Problem | StaffAccess)[] }) {
  const asked: string[] = [];
  const next = <T>(list: (Problem | T)[] | undefined): T => {
    const answer = list?.shift();
    if (answer instanceof Problem) throw answer;
    return answer as T;
  };
  const api: SessionApi = {
    token: undefined,
    async signIn(secret) {
      asked.push(`sign-in ${secret}`);
      next<undefined>(answers.signIn);
    },
    async staffToken(role) {
      asked.push(`token ${role}`);
      return next<StaffAccess>(answers.token);
    },
    async signOut() {
      asked.push("sign-out");
    },
  };
  const waits: number[] = [];
  let pending: (() => void) | undefined;
  const timers: Timers = {
    now: () => START,
    after(milliseconds, run) {
      waits.push(milliseconds);
      pending = run;
      return () => {
        if (pending === run) pending = undefined;
      };
    },
  };
  const session = new StaffSession("expert", api, timers);
  const tick = async (): Promise<void> => {
    const run = pending;
    pending = undefined;
    assert.ok(run, "a timer is set");
    run();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { session, api, asked, waits, tick, idle: () => pending === undefined };
}

const refused = (slug: "token-missing" | "token-invalid" | "role-not-allowed", status = 401) =>
  new Problem(slug, "no", { status });
const down = () => new Problem("unreachable", "no network");

test("the secret is read from its fragment and from nothing else", () => {
  assert.equal(secretOf("#sign-in=abc_DEF-1"), "abc_DEF-1");
  assert.equal(secretOf("#sign-in="), "");
  for (const other of ["", "#", "#sign-in", "#people"]) assert.equal(secretOf(other), undefined, other);
});

test("a token is renewed 90 seconds early, within bounds", () => {
  assert.equal(renewIn(new Date(START + 600_000).toISOString(), START), 480_000);
  assert.equal(renewIn(new Date(START + 300_000).toISOString(), START), 210_000);
  assert.equal(renewIn(new Date(START - 5_000).toISOString(), START), 15_000);
  assert.equal(renewIn("soon", START), 15_000);
});

test("a link signs in, and the token is renewed in time", async () => {
  const { session, api, asked, waits, tick } = set({
    token: [accessUntil(START + 300_000, "one"), accessUntil(START + 400_000, "two")],
  });
  await session.start("s");
  assert.deepEqual(asked, ["sign-in s", "token expert"]);
  assert.equal(session.state.name, "signed-in");
  assert.equal(api.token, "one");
  assert.deepEqual(waits, [210_000]);
  await tick();
  assert.equal(api.token, "two");
});

test("a link in the place of somebody who is signed in asks first, and signs them out on yes", async () => {
  for (const role of [false, true]) {
    const { session, asked } = set({
      token: [role ? refused("role-not-allowed", 403) : accessUntil(START + 300_000), accessUntil(START + 300_000)],
    });
    await session.follow("s", async (access) => {
      asked.push(`replace ${access?.person.name}`);
      return true;
    });
    const name = role ? undefined : "Ada";
    assert.deepEqual(asked, ["token expert", `replace ${name}`, "sign-out", "sign-in s", "token expert"]);
    assert.equal(session.state.name, "signed-in");
  }
});

test("who says no to a link stays signed in, and the link is not used", async () => {
  const { session, asked } = set({ token: [accessUntil(START + 300_000)] });
  await session.start();
  await session.follow("s", async () => false);
  assert.deepEqual(asked, ["token expert"]);
  assert.equal(session.state.name, "signed-in");
});

test("who does not end what goes on stays signed in", async () => {
  const { session, asked } = set({ token: [accessUntil(START + 300_000)] });
  await session.follow(
    "s",
    async () => true,
    async () => {},
  );
  assert.deepEqual(asked, ["token expert"]);
});

test("a link where nobody is signed in is followed without a question, once the service says so", async () => {
  const { session, asked, tick } = set({
    token: [down(), refused("token-missing"), accessUntil(START + 300_000)],
  });
  const followed = session.follow("s", async () => {
    throw new Error("asked");
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(session.state.name, "unreachable");
  await tick();
  await followed;
  assert.deepEqual(asked, ["token expert", "token expert", "sign-in s", "token expert"]);
});

test("a used link gives way to the session that is there", async () => {
  const { session } = set({ signIn: [refused("token-invalid")], token: [accessUntil(START + 300_000)] });
  await session.start("s");
  assert.equal(session.state.name, "signed-in");
});

test("a used link without a session says so, no link says there is no session", async () => {
  const used = set({ signIn: [refused("token-invalid")], token: [refused("token-missing")] });
  await used.session.start("s");
  assert.deepEqual(used.session.state, { name: "signed-out", because: "link" });
  const none = set({ token: [refused("token-missing")] });
  await none.session.start();
  assert.deepEqual(none.session.state, { name: "signed-out", because: "no-session" });
});

test("the wrong role is told apart", async () => {
  const { session } = set({ token: [refused("role-not-allowed", 403)] });
  await session.start();
  assert.deepEqual(session.state, { name: "signed-out", because: "role" });
});

test("an unreachable service is asked again, later each time, with the same link", async () => {
  const { session, asked, waits, tick } = set({
    signIn: [down(), down(), undefined],
    token: [accessUntil(START + 300_000)],
  });
  await session.start("s");
  assert.equal(session.state.name, "unreachable");
  await tick();
  await tick();
  assert.deepEqual(asked, ["sign-in s", "sign-in s", "sign-in s", "token expert"]);
  assert.deepEqual(waits.slice(0, 2), [1_000, 2_000]);
  assert.equal(session.state.name, "signed-in");
});

test("an outage at a renewal keeps who is signed in; a refusal ends the session", async () => {
  const { session, api, tick } = set({
    token: [accessUntil(START + 300_000, "one"), down(), refused("token-invalid")],
  });
  await session.start();
  await tick();
  assert.equal(session.state.name, "signed-in");
  assert.equal(api.token, "one");
  await tick();
  assert.deepEqual(session.state, { name: "signed-out", because: "ended" });
  assert.equal(api.token, undefined);
});

test("signing out stops renewing and forgets the token", async () => {
  const { session, api, asked, idle } = set({ token: [accessUntil(START + 300_000)] });
  await session.start();
  await session.signOut();
  assert.equal(asked.at(-1), "sign-out");
  assert.deepEqual(session.state, { name: "signed-out", because: "left" });
  assert.equal(api.token, undefined);
  assert.ok(idle());
});

test("a token that arrives after signing out is dropped", async () => {
  let release: (access: StaffAccess) => void = () => {};
  const api: SessionApi = {
    token: undefined,
    signIn: async () => {},
    staffToken: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
    signOut: async () => {},
  };
  const session = new StaffSession("expert", api);
  const started = session.start();
  await session.signOut();
  release(accessUntil(START + 300_000));
  await started;
  assert.equal(session.state.name, "signed-out");
  assert.equal(api.token, undefined);
});

test("several renewals at once are one request", async () => {
  const { session, asked } = set({
    token: [accessUntil(START + 300_000), accessUntil(START + 400_000), accessUntil(START + 500_000)],
  });
  await session.start();
  await Promise.all([session.renew(), session.renew()]);
  assert.equal(asked.length, 2);
});

test("what a token that has run out refuses is done again with a new one, once", async () => {
  const { session, api } = set({ token: [accessUntil(START + 300_000, "one"), accessUntil(START + 400_000, "two")] });
  await session.start();
  const tokens: (string | undefined)[] = [];
  const work = async (): Promise<never> => {
    tokens.push(api.token);
    throw new Problem("token-expired", "renew", { status: 401 });
  };
  await assert.rejects(session.run(work), { slug: "token-expired" });
  assert.deepEqual(tokens, ["one", "two"]);
});
