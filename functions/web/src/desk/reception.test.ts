import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import type { MailboxOptions, MailboxStatus } from "../call/mailbox.ts";
import { LocalMedia } from "../call/media.ts";
import { plainPayloads } from "../call/payload.ts";
import { CallSession } from "../call/session.ts";
import type { Call, Envelope } from "../call/types.ts";
import { ClockedApi } from "./clock.ts";
import { KEPT_SIGNALS, Reception } from "./reception.ts";

const NOW = Date.parse("2026-11-23T21:00:00.000Z");
/** A payload that an expert leaves alone: peer connections are for browsers. */
const PAYLOAD = "eyJ0eXBlIjoicmVzdGFydCJ9";
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

function ringing(id: string, seconds: number, more: Partial<Call> = {}): Call {
  return {
    id,
    state: "ringing",
    version: 1,
    media: "chat",
    created_at: at(seconds),
    rings_until: at(seconds + 45),
    visitor: { id: `v-${id}`, language: "en", page: { url: "https://bank.example/", title: "Bank" } },
    payload: PAYLOAD,
    ice_servers: [],
    ...more,
  };
}

const told = (call: Call, type: "call.taken" | "call.cancelled" | "call.missed" | "call.ended", seconds: number) =>
  ({ id: "e", at: at(seconds), type, call: call.id, body: { call } }) as Envelope;
const rings = (call: Call, seconds: number) =>
  ({
    id: "e",
    at: at(seconds),
    type: "call.ringing",
    call: call.id,
    body: { call, payload: PAYLOAD, ice_servers: [] },
  }) as Envelope;

let close: () => Promise<void> = async () => {};

/** A desk before a service that tells these calls, and a mailbox to speak through. */
function open(calls: Call[] | "down", stored: Record<string, string> = {}) {
  const service = {
    calls,
    asked: [] as string[],
    /** To go on with a call here. */
    wishes: [] as string[],
    read: {} as Record<string, Call>,
    problems: {} as Record<string, [number, string]>,
    /** Until when the way to the relay is not told. */
    slow: Promise.resolve(),
  };
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const path = `${init?.method} ${String(input).replace("/api/v1", "")}`;
    service.asked.push(path);
    if (path.endsWith("/resume")) service.wishes.push(JSON.parse(String(init?.body)).id);
    if (service.calls === "down") throw new TypeError("no network");
    const problem = service.problems[path];
    if (problem) return Response.json({ type: `/problems/${problem[1]}` }, { status: problem[0] });
    if (path === "PUT /presence") {
      return Response.json({ expires_at: at(20), renew_in: 8000, calls: service.calls });
    }
    const call = /^GET \/calls\/(.+)$/u.exec(path)?.[1];
    if (call) return Response.json({ call: service.read[call] });
    if (path.endsWith("/resume")) await service.slow;
    if (path.endsWith("/resume")) return Response.json({ ice_servers: [], expires_at: at(3600) });
    return Response.json({});
  };
  Object.defineProperty(globalThis, "sessionStorage", {
    configurable: true,
    value: {
      getItem: (key: string) => stored[key] ?? null,
      setItem: (key: string, value: string) => {
        stored[key] = value;
      },
      removeItem: (key: string) => {
        delete stored[key];
      },
    },
  });
  let mailbox: MailboxOptions | undefined;
  const listener = { status: "open" as MailboxStatus, close: () => {} };
  let refused = 0;
  const reception = new Reception({
    api: new ClockedApi({ base: "", token: "t", fetch }),
    access: {
      token: "t",
      token_expires_at: at(600),
      person: { id: "me", name: "Ada", roles: ["expert"] },
      organisation: { id: "o", name: "Bank", accent: "#0f6e66" },
      mailbox: { name: "o/staff/me", key: "k" },
    },
    available: true,
    prepare: () => true,
    devices: () => ({}),
    onRefused: () => refused++,
    listen: (options) => {
      mailbox = options;
      return listener;
    },
  });
  close = () => reception.close();
  const hear = async (envelope: Envelope): Promise<void> => {
    await mailbox?.onEnvelope(envelope, 1);
    await settle();
  };
  const signal = (status: MailboxStatus): void => {
    listener.status = status;
    mailbox?.onStatus?.(status);
  };
  return { reception, service, stored, hear, signal, gap: () => mailbox?.onGap?.(9), refusals: () => refused };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const waiting = (reception: Reception): string[] => reception.state.waiting.map(({ id }) => id);

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: NOW });
});

afterEach(async () => {
  await close();
  mock.timers.reset();
  mock.restoreAll();
});

test("who rang before the desk was opened waits, the longest first", async () => {
  const { reception } = open([ringing("b", -5), ringing("a", -30)]);
  await settle();
  assert.deepEqual(waiting(reception), ["a", "b"]);
  assert.equal(reception.state.connection, "ready");
});

test("an old ring in the mailbox does not ring again, a new one does", async () => {
  const { reception, hear } = open([]);
  await settle();
  await hear(rings(ringing("old", -20), -20));
  assert.deepEqual(waiting(reception), []);
  await hear(rings(ringing("new", 1), 1));
  assert.deepEqual(waiting(reception), ["new"]);
});

test("nothing from the mailbox is believed before the service has told what goes on", async () => {
  const { reception, service, hear } = open("down");
  const heard = hear(rings(ringing("a", -20), -20));
  await settle();
  assert.deepEqual(waiting(reception), []);
  service.calls = [];
  mock.timers.tick(2_000);
  await settle();
  await heard;
  assert.deepEqual(waiting(reception), []);
});

const signals = (id: string, seconds: number) =>
  ({
    id: "e",
    at: at(seconds),
    type: "call.signal",
    call: id,
    body: { from: "visitor", payload: PAYLOAD },
  }) as Envelope;

/** Which calls were made ready, and which then heard a signal. */
function watch() {
  const ready: string[] = [];
  const heard: string[] = [];
  const { prepare, handle } = CallSession.prototype;
  mock.method(CallSession.prototype, "prepare", function (this: CallSession, payload?: string) {
    if (!ready.includes(this.id)) ready.push(this.id);
    return prepare.call(this, payload);
  });
  mock.method(CallSession.prototype, "handle", function (this: CallSession, envelope: Envelope) {
    if (envelope.type === "call.signal") heard.push(this.id);
    return handle.call(this, envelope);
  });
  return { ready, heard };
}

test("of many that ring only the first is made ready, with its devices alone; the next when it is its turn", async () => {
  const { ready, heard } = watch();
  const started = mock.method(LocalMedia.prototype, "start", async () => {});
  const { reception, hear } = open([ringing("b", -5, { media: "video" }), ringing("a", -30)]);
  await settle();
  await hear(rings(ringing("c", 1, { media: "video" }), 1));
  await hear(rings(ringing("b", -5, { media: "video" }), 1));
  await hear(signals("a", 2));
  await hear(signals("b", 2));
  await hear(signals("b", 2));
  assert.deepEqual([ready, heard, started.mock.callCount()], [["a"], ["a"], 0]);
  await hear(told(ringing("a", -30, { state: "cancelled", version: 2 }), "call.cancelled", 3));
  assert.deepEqual(
    [ready, heard],
    [
      ["a", "b"],
      ["a", "b", "b"],
    ],
  );
  assert.ok(started.mock.callCount() > 0);
  await hear(signals("b", 4));
  assert.equal(heard.length, 4);
  assert.deepEqual(waiting(reception), ["b", "c"]);
});

test("one that is answered before its turn is made ready then", async () => {
  const { ready, heard } = watch();
  const { reception, hear } = open([ringing("a", -30), ringing("b", -5)]);
  await settle();
  await hear(signals("b", 1));
  const [, second] = reception.state.waiting;
  assert.ok(second);
  await reception.answer(second);
  await settle();
  assert.deepEqual([ready, heard], [["a", "b"], ["b"]]);
});

test("of a flood of signals for one that waits the latest are kept", async () => {
  const { heard } = watch();
  const { hear } = open([ringing("a", -30), ringing("b", -5)]);
  await settle();
  for (let count = 0; count < KEPT_SIGNALS + 10; count++) await hear(signals("b", 1));
  await hear(told(ringing("a", -30, { state: "cancelled", version: 2 }), "call.cancelled", 3));
  assert.equal(heard.length, KEPT_SIGNALS);
});

test("another expert was first, the visitor hung up, nobody answered: each is told", async () => {
  for (const [type, state, name] of [
    ["call.taken", "answered", "taken"],
    ["call.cancelled", "cancelled", "cancelled"],
    ["call.missed", "missed", "missed"],
  ] as const) {
    const { reception, hear } = open([ringing("a", -5)]);
    await settle();
    await hear(told(ringing("a", -5, { state, version: 2, expert: { id: "other", name: "Beat" } }), type, 2));
    assert.deepEqual(waiting(reception), []);
    assert.equal(reception.state.news?.name, name);
    await close();
  }
});

test("a declined call stays away, also when the service still tells of it", async () => {
  const { reception, gap } = open([ringing("a", -5)]);
  await settle();
  const [session] = reception.state.waiting;
  assert.ok(session);
  await reception.decline(session);
  await gap();
  await settle();
  assert.deepEqual(waiting(reception), []);
  assert.equal(reception.state.news, undefined);
});

test("a call that ended in a gap of the mailbox is read anew", async () => {
  const { reception, service, gap } = open([ringing("a", -5)]);
  await settle();
  service.calls = [];
  service.read = { a: ringing("a", -5, { state: "missed", version: 2 }) };
  await gap();
  await settle();
  assert.deepEqual(waiting(reception), []);
  assert.equal(reception.state.news?.name, "missed");
});

test("a call that a colleague answered in a gap of the mailbox is told, and rings no longer", async () => {
  const { reception, service, gap } = open([ringing("a", -5)]);
  await settle();
  service.calls = [];
  service.read = { a: ringing("a", -5, { state: "answered", version: 2, expert: { id: "other", name: "Beat" } }) };
  await gap();
  await settle();
  assert.deepEqual(waiting(reception), []);
  assert.deepEqual(reception.state.news?.name, "taken");
});

test("a call that rings here and is answered at another desk of the same expert is offered there", async () => {
  const { reception, service, gap } = open([ringing("a", -5)]);
  await settle();
  service.calls = [ringing("a", -5, { state: "answered", version: 2, expert: { id: "me", name: "Ada" } })];
  await gap();
  await settle();
  assert.deepEqual(waiting(reception), []);
  assert.equal(reception.state.elsewhere?.id, "a");
  await gap();
  await settle();
  assert.equal(reception.state.elsewhere?.id, "a");
});

test("a call hung up here is hung up again while the service still tells of it", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, service, gap } = open([call], { "visavis.desk.call": "a" });
  await settle();
  await reception.state.current?.hangUp();
  await settle();
  assert.equal(reception.state.current, undefined);
  const before = service.asked.filter((path) => path === "POST /calls/a/hang-up").length;
  await gap();
  await settle();
  assert.equal(service.asked.filter((path) => path === "POST /calls/a/hang-up").length, before + 1);
  assert.equal(reception.state.elsewhere, undefined);
});

test("a call declined here that the same expert answers at another desk goes on", async () => {
  const { reception, service, gap } = open([ringing("a", -5)]);
  await settle();
  const [session] = reception.state.waiting;
  assert.ok(session);
  await reception.decline(session);
  service.calls = [ringing("a", -5, { state: "answered", version: 2, expert: { id: "me", name: "Ada" } })];
  await gap();
  await settle();
  assert.ok(!service.asked.includes("POST /calls/a/hang-up"));
  assert.equal(reception.state.elsewhere?.id, "a");
});

test("a call answered elsewhere is offered, not taken", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, hear } = open([call]);
  await settle();
  assert.equal(reception.state.elsewhere?.id, "a");
  assert.equal(reception.state.current, undefined);
  await hear(told({ ...call, state: "ended", version: 3 }, "call.ended", 1));
  assert.equal(reception.state.elsewhere, undefined);
});

test("after a reload this tab's call goes on, and asks the visitor to begin anew", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, service } = open([call], { "visavis.desk.call": "a" });
  await settle();
  assert.equal(reception.state.current?.id, "a");
  assert.equal(reception.state.elsewhere, undefined);
  assert.deepEqual(
    service.asked.filter((path) => path.startsWith("POST")),
    ["POST /calls/a/resume", "POST /calls/a/signals"],
  );
});

test("after a reload within a second of the ring, the ring in the mailbox is not taken for a new one", async () => {
  const { heard } = watch();
  const call = ringing("a", 0, { state: "answered", version: 2, answered_at: at(0) });
  const { reception, service, hear } = open([call], { "visavis.desk.call": "a" });
  let told = () => {};
  service.slow = new Promise((resolve) => {
    told = resolve;
  });
  await settle();
  assert.equal(reception.state.resuming, "a");
  await hear(rings(ringing("a", 0), 0));
  told();
  await settle();
  assert.deepEqual([reception.state.current?.id, waiting(reception)], ["a", []]);
  await hear(signals("a", 1));
  assert.deepEqual(heard, ["a"]);
});

test("a call answered at another desk does not ring by what its ring in the mailbox says", async () => {
  const call = ringing("a", 0, { state: "answered", version: 2, answered_at: at(0) });
  const { reception, hear } = open([call]);
  await settle();
  await hear(rings(ringing("a", 0), 0));
  assert.deepEqual([waiting(reception), reception.state.elsewhere?.id], [[], "a"]);
});

test("after a reload the service is asked at once who joined this tab's call", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const invitation = { id: "i", call: "a" };
  const joins = ringing("b", -40, { state: "answered", version: 2, answered_at: at(-30), invitation });
  const { reception, service } = open([call, joins], { "visavis.desk.call": "a" });
  await settle();
  assert.equal(reception.state.elsewhere, undefined);
  assert.equal(reception.state.current?.id, "a");
  assert.deepEqual(
    service.asked.filter((path) => !path.endsWith("/signals")),
    ["PUT /presence", "POST /calls/a/resume", "PUT /presence"],
  );
});

test("as long as a call is about to be gone on with here nothing else is answered", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, service, gap } = open([ringing("b", -5)], { "visavis.desk.call": "a" });
  await settle();
  let told = () => {};
  service.slow = new Promise((resolve) => {
    told = resolve;
  });
  service.calls = [call, ringing("b", -5)];
  void gap();
  await settle();
  assert.deepEqual([reception.state.resuming, reception.occupied], ["a", true]);
  const [session] = reception.state.waiting;
  await reception.answer(session ?? assert.fail());
  assert.ok(!service.asked.includes("POST /calls/b/answer"));
  told();
  await settle();
  assert.deepEqual([reception.state.current?.id, reception.state.resuming], ["a", undefined]);
  assert.deepEqual(waiting(reception), ["b"]);
});

const resumed = (id: string, wish = "", seconds = 1) =>
  ({ id: "e", at: at(seconds), type: "call.resumed", call: id, body: { id: wish } }) as Envelope;

test("the desk lets go of a call that the same expert goes on with at another one", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, service, hear } = open([call], { "visavis.desk.call": "a" });
  await settle();
  // Of the mailbox, read anew: this page goes on with it now.
  await hear(resumed("a", "before", -5));
  await hear(resumed("a", "a moment before"));
  await hear(resumed("a", service.wishes[0]));
  await hear(resumed("a", "before", -5));
  assert.equal(reception.state.current?.id, "a");
  await hear(resumed("a", "elsewhere"));
  assert.deepEqual([reception.state.current, reception.state.elsewhere?.id], [undefined, "a"]);
  assert.ok(!service.asked.includes("POST /calls/a/hang-up"));
});

test("a call that is said to go on elsewhere comes back with the visitor it had, and stays away over a reload", async () => {
  mock.method(console, "warn", () => {});
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const kept = { "visavis.desk.call": "a", ...KNOWN };
  const { reception, service, stored, hear } = open([call], kept);
  await settle();
  await hear(resumed("a", service.wishes[0]));
  await hear(resumed("a", "forged"));
  assert.equal(reception.state.elsewhere?.id, "a");
  const left = { ...stored };
  await close();
  const reloaded = open([call], left);
  await settle();
  assert.deepEqual([reloaded.reception.state.current, reloaded.reception.state.elsewhere?.id], [undefined, "a"]);
  void reloaded.reception.takeOver();
  await settle();
  mock.timers.tick(500);
  await settle();
  const session = reloaded.reception.state.current;
  assert.equal(session?.id, "a");
  await reloaded.hear(await unsealed());
  assert.equal(session?.state.failure, "unsealed");
});

test("a call that ended elsewhere leaves nothing behind here", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { service, stored, hear } = open([call], { "visavis.desk.call": "a", ...KNOWN });
  await settle();
  await hear(resumed("a", service.wishes[0]));
  await hear(resumed("a", "elsewhere"));
  await hear(told({ ...call, state: "ended", version: 3 }, "call.ended", 2));
  assert.deepEqual(stored, {});
});

test("where the other desk cannot be told, this one does not go on", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, service } = open([call]);
  service.problems["POST /calls/a/resume"] = [409, "not-answered"];
  await settle();
  void reception.takeOver();
  await settle();
  mock.timers.tick(500);
  await settle();
  const { current, resuming, elsewhere, news } = reception.state;
  assert.deepEqual([current, resuming, elsewhere?.id, news?.name], [undefined, undefined, "a", "failed"]);
  assert.ok(!service.asked.includes("POST /calls/a/signals"));
});

test("of two desks that go on with a call at once the later one has it", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, service, hear } = open([call], { "visavis.desk.call": "a" });
  let answers = () => {};
  service.slow = new Promise((resolve) => {
    answers = resolve;
  });
  await settle();
  await hear(resumed("a", service.wishes[0]));
  await hear(resumed("a", "later"));
  answers();
  await settle();
  const { current, resuming, elsewhere } = reception.state;
  assert.deepEqual([current, resuming, elsewhere?.id], [undefined, undefined, "a"]);
  assert.ok(!service.asked.includes("POST /calls/a/signals"));
});

test("a desk whose wish was dropped from the mailbox lets go all the same", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, hear, gap } = open([call], { "visavis.desk.call": "a" });
  await settle();
  await gap();
  await hear(resumed("a", "elsewhere"));
  assert.equal(reception.state.current, undefined);
});

test("a wish that came to nothing keeps nobody from going on elsewhere", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, service, hear } = open([call], { "visavis.desk.call": "a" });
  service.problems["POST /calls/a/resume"] = [409, "not-answered"];
  await settle();
  // It did all the same, and only its answer was lost.
  await hear(resumed("a", service.wishes[0]));
  assert.equal(reception.state.current?.id, "a");
  await hear(resumed("a", "elsewhere"));
  assert.equal(reception.state.current, undefined);
});

test("a visitor who does not offer after a reload is asked once more", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { service } = open([call], { "visavis.desk.call": "a" });
  await settle();
  const asks = () => service.asked.filter((path) => path === "POST /calls/a/signals").length;
  assert.equal(asks(), 1);
  mock.timers.tick(2_500);
  await settle();
  assert.equal(asks(), 2);
});

test("what was answered in the moment of a reload goes on here, whichever way it is told", async () => {
  const me = { id: "me", name: "Ada" };
  const answered = ringing("a", -5, { state: "answered", version: 2, expert: me });
  for (const way of ["mailbox", "lease"]) {
    const { reception, service, stored, hear, gap } = open([ringing("b", -9), ringing("a", -5)], {
      "visavis.desk.call": "a",
    });
    await settle();
    assert.deepEqual(waiting(reception), ["b", "a"]);
    service.calls = [ringing("b", -9), answered];
    const { heard } = watch();
    if (way === "mailbox") await hear(told(answered, "call.taken", 1));
    else void gap();
    await settle();
    assert.deepEqual([reception.state.current?.id, reception.state.news], ["a", undefined], way);
    assert.equal(stored["visavis.desk.call"], "a");
    await hear(signals("a", 2));
    assert.deepEqual(heard, ["a"], way);
    mock.restoreAll();
    await close();
  }
  // Answered by somebody else in that moment.
  const { reception, hear } = open([ringing("a", -5)], { "visavis.desk.call": "a" });
  await settle();
  await hear(told({ ...answered, expert: { id: "other", name: "Beat" } }, "call.taken", 1));
  assert.deepEqual([reception.state.current, reception.state.news?.name], [undefined, "taken"]);
});

/** Another tab of this browser, which had the call `a` and knows its visitor. */
function otherTab(): { hears: (message: object) => void; says: (message: object) => void } {
  const channel = new BroadcastChannel("visavis.desk");
  const tab = {
    hears: (_: object): void => {},
    says: (message: object) => channel.postMessage(message),
  };
  channel.onmessage = ({ data }) => tab.hears(data);
  const closes = close;
  close = async () => {
    channel.close();
    await closes();
  };
  return tab;
}

const KNOWN = { "visavis.desk.continuity": JSON.stringify({ a: "A".repeat(43) }) };
const HAD = { had: "a", kept: { ...KNOWN, "visavis.desk.link-keys": null, "visavis.desk.admitted": null } };
const unsealed = async (): Promise<Envelope> => {
  const payload = await plainPayloads.offer("c", "v=0\r\n", undefined, undefined);
  return { id: "e", at: at(600), type: "call.signal", call: "a", body: { from: "visitor", payload } } as Envelope;
};

for (const when of ["in time", "late"]) {
  test(`the visitor of a call that another tab had is known again; what that tab says comes ${when}`, async () => {
    mock.method(console, "warn", () => {});
    const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
    const { reception, hear } = open([call]);
    const tab = otherTab();
    tab.hears = () => when === "in time" && tab.says(HAD);
    await settle();
    void reception.takeOver();
    for (let turn = 0; turn < 10; turn++) await settle();
    if (when === "late") {
      assert.equal(reception.state.resuming, "a");
      mock.timers.tick(500);
      await settle();
      tab.says(HAD);
      for (let turn = 0; turn < 10; turn++) await settle();
    }
    assert.equal(reception.state.current?.id, "a");
    const session = reception.state.current;
    await hear(await unsealed());
    assert.equal(session?.state.failure, "unsealed");
  });
}

test("what another tab had and does not tell of is gone on with all the same", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception } = open([call]);
  await settle();
  void reception.takeOver();
  await settle();
  assert.equal(reception.state.current, undefined);
  mock.timers.tick(500);
  await settle();
  assert.equal(reception.state.current?.id, "a");
});

test("when the desk is closed the devices are let go of first, whatever the network does", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, service } = open([call], { "visavis.desk.call": "a" });
  await settle();
  let closed = 0;
  mock.method(LocalMedia.prototype, "close", () => closed++);
  service.calls = "down";
  const closing = reception.close();
  assert.equal(closed, 1);
  await settle();
  service.calls = [];
  mock.timers.tick(1_000);
  await closing;
});

test("when the current call ends the desk is ready for the next", async () => {
  const call = ringing("a", -60, { state: "answered", version: 2, answered_at: at(-50) });
  const { reception, stored, hear } = open([call], { "visavis.desk.call": "a" });
  await settle();
  await hear(told({ ...call, state: "ended", version: 3, ended_because: "hung-up" }, "call.ended", 1));
  assert.equal(reception.state.current, undefined);
  assert.equal(reception.state.news?.name, "over");
  assert.deepEqual(stored, {});
});

test("a short interruption is no news, a longer one is, and it passes", async () => {
  const { reception, signal } = open([]);
  await settle();
  signal("connecting");
  mock.timers.tick(2_000);
  await settle();
  assert.equal(reception.state.connection, "ready");
  signal("open");
  mock.timers.tick(5_000);
  await settle();
  assert.equal(reception.state.connection, "ready");
  signal("connecting");
  mock.timers.tick(2_500);
  await settle();
  assert.equal(reception.state.connection, "lost");
  signal("open");
  await settle();
  assert.equal(reception.state.connection, "ready");
});

test("a refused token is told to whoever can renew it", async () => {
  const { service, gap, refusals } = open([]);
  await settle();
  service.problems["PUT /presence"] = [401, "token-expired"];
  await gap();
  await settle();
  assert.equal(refusals(), 1);
});
