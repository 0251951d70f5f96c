// While a call goes on: what is said through the service, what the data channels say, and who else would like to be in it.

import assert from "node:assert/strict";

import { until } from "../browser/harness/wait.mjs";
import { flip, pack, unpack, VisitorHandshake } from "./harness/forge.mjs";
import { Middleman } from "./harness/middleman.mjs";
import { attack } from "./harness/stage.mjs";

const SIGNALS = /^POST .*\/signals$/;

/** @typedef {import("./harness/stage.mjs").Stage} Stage */
/** @typedef {import("../browser/harness/visitor.mjs").Visitor} Visitor */

/** The call goes on, verified. @param {Stage} stage @param {Visitor} visitor */
async function unharmed(stage, visitor) {
  await Promise.all([visitor.sees(), stage.desk.sees()]);
  await visitor.button("Verified: Ada Adviser, Garden Tools Ltd").waitFor();
}

/** The call's id, from what went through. @param {Stage} stage */
const callIn = (stage) =>
  stage.edge.seen.map((text) => /\/calls\/([\w-]+)\/ring/.exec(text)?.[1]).find(Boolean) ?? assert.fail();

/** An ICE restart, as after a change of network. @param {Visitor} visitor */
const restart = (visitor) => visitor.page.evaluate(() => void dispatchEvent(new Event("online")));

attack("a visitor who has not rung told that the call is answered", async (stage) => {
  let told = 0;
  stage.edge.onAnswer("visitor", /^PUT .*\/presence$/, (passing) => {
    const call = stage.edge.seen.map((text) => /"call":"([\w-]{36})"/.exec(text)?.[1]).find(Boolean);
    const times = { created_at: "2026-11-24T01:00:00.000Z", rings_until: "2026-11-24T01:00:45.000Z" };
    const expert = { id: stage.ada.id, name: "Ada Adviser" };
    passing.body.calls = [{ id: call, state: "answered", version: 9, media: "video", expert, ...times }];
    passing.body.renew_in = 300;
    if (call) told++;
  });
  const visitor = await stage.visitor();
  await visitor.begin();
  await until("it was told more than once", () => told > 4);
  assert.equal(await visitor.view.count(), 0, "no call is shown");
  await visitor.widget.getByRole("button", { name: "Call now" }).waitFor();
  assert.ok(!stage.edge.seen.some((text) => /^POST .*\/(signals|ring|relay)/.test(text)), "nothing goes out");
});

attack("candidates injected", async (stage) => {
  const candidate = {
    candidate: "candidate:1 1 udp 2130706431 203.0.113.66 6666 typ host",
    sdpMid: "0",
    sdpMLineIndex: 0,
  };
  const visitor = await stage.visitor();
  await visitor.begin();
  await visitor.ring();
  await stage.desk.rings();
  const route = `POST /api/v1/calls/${callIn(stage)}/signals`;
  const early = stage.edge.seen
    .map((text) => /"payload":"([\w-]+)"/.exec(text)?.[1])
    .filter(Boolean)
    .map((payload) => unpack(payload ?? ""))
    .find(({ type }) => type === "early");
  await stage.edge.speak("visitor", route, {
    id: crypto.randomUUID(),
    payload: pack({ v: 1, type: "early", n: 99, box: flip(early?.box ?? pack("box"), 3) }),
  });
  await stage.edge.speak("visitor", route, {
    id: crypto.randomUUID(),
    payload: pack({ v: 1, type: "signal", n: 0, box: pack({ type: "candidates", candidates: [candidate] }) }),
  });
  await stage.desk.answer();
  await Promise.all([visitor.inCall(), stage.desk.inCall()]);
  await stage.edge.speak("expert", route, {
    id: crypto.randomUUID(),
    payload: pack({ v: 1, type: "signal", n: 50, box: pack({ type: "candidates", candidates: [candidate] }) }),
  });
  await unharmed(stage, visitor);
  for (const side of [visitor, stage.desk]) {
    const known = await side.page.evaluate(async () => {
      const found = [];
      for (const connection of globalThis.__watch.connections) {
        for (const report of (await connection.getStats()).values())
          if (report.type === "remote-candidate") found.push(report.address);
      }
      return found;
    });
    assert.ok(!known.includes("203.0.113.66"), "no injected address is known");
  }
});

attack("candidates injected in plain", async (stage) => {
  const visitor = await stage.call();
  const route = `POST /api/v1/calls/${callIn(stage)}/signals`;
  const payload = pack({ type: "candidates", connection: "x", candidates: [] });
  await stage.edge.speak("expert", route, { id: crypto.randomUUID(), payload });
  await stage.refuses(visitor, "unsealed", { played: true });
});

attack("signals reordered, repeated and dropped", async (stage) => {
  /** @type {{ route: string, body: any }[]} */
  const kept = [];
  let number = 0;
  stage.edge.onRequest("visitor", SIGNALS, async ({ route, body }) => {
    number += 1;
    // Each third is lost for now, each second said twice.
    if (number % 3 === 0) {
      kept.push({ route, body: { ...body } });
      body.payload = pack({ v: 1, type: "signal", n: 1_000_000, box: "" });
    } else if (number % 2 === 0) await stage.edge.speak("visitor", route, { ...body, id: crypto.randomUUID() });
  });
  const visitor = await stage.call();
  for (const { route, body } of kept.reverse())
    await stage.edge.speak("visitor", route, { ...body, id: crypto.randomUUID() });
  await restart(visitor);
  await unharmed(stage, visitor);
});

attack("a second answer", async (stage) => {
  let answer = "";
  stage.edge.onRequest("expert", /^POST .*\/answer$/, ({ body }) => {
    answer = body.payload;
  });
  const visitor = await stage.call();
  const second = { ...unpack(answer), offer: Buffer.alloc(32, 7).toString("base64url") };
  await stage.edge.speak("expert", `POST /api/v1/calls/${callIn(stage)}/signals`, {
    id: crypto.randomUUID(),
    payload: pack(second),
  });
  await stage.refuses(visitor, "second-answer", { played: true });
});

/** Somebody who offers in the visitor's place, and whom the desk refuses. @param {Stage} stage @param {string} call */
async function ghostIsRefused(stage, call) {
  const ghost = await VisitorHandshake.create({ organisation: stage.organisation.id, call }, stage.edge.told.trust, [
    stage.trust.siteKey.publicKey,
  ]);
  const middleman = await Middleman.open(stage.world, stage.organisation.customer.page);
  const payload = await ghost.offer(crypto.randomUUID(), await middleman.offerSdp());
  await stage.edge.speak("visitor", `POST /api/v1/calls/${call}/signals`, { id: crypto.randomUUID(), payload });
  await stage.deskRefuses("continuity");
  assert.deepEqual(await middleman.overheard(), []);
  assert.ok(
    (await middleman.decoded()).every((frames) => frames === 0),
    "the ghost saw nothing",
  );
}

attack("a ghost in the visitor's place, in the middle of a call", async (stage) => {
  const visitor = await stage.call();
  await ghostIsRefused(stage, callIn(stage));
  await visitor.page.close();
});

attack("a ghost in the visitor's place, once the desk is told that the call goes on at another one", async (stage) => {
  const visitor = await stage.call();
  const call = callIn(stage);
  await stage.edge.speak("expert", `POST /api/v1/calls/${call}/resume`, { id: crypto.randomUUID() });
  // The visitor who is asked to offer anew is not heard.
  stage.edge.onRequest("visitor", SIGNALS, ({ body }) => {
    body.payload = pack({ v: 1, type: "signal", n: 1_000_000, box: "" });
  });
  await stage.desk.goesOn();
  await until("the desk asks for an offer", () =>
    stage.edge.seen.some((text) => text.startsWith(`answer to POST /api/v1/calls/${call}/resume`)),
  );
  await ghostIsRefused(stage, call);
  await visitor.page.close();
});

attack("renegotiation to another fingerprint in the middle of a call", async (stage) => {
  await stage.desk.page.evaluate(() => {
    let prototype = RTCPeerConnection.prototype;
    while (!Object.hasOwn(prototype, "localDescription")) prototype = Object.getPrototypeOf(prototype);
    const { get } = /** @type {any} */ (Object.getOwnPropertyDescriptor(prototype, "localDescription"));
    Object.defineProperty(prototype, "localDescription", {
      configurable: true,
      get() {
        const description = get.call(this);
        if (!description || !(/** @type {any} */ (globalThis).__swap)) return description;
        const sdp = description.sdp.replaceAll(/^a=fingerprint:.*$/gm, `a=fingerprint:sha-256 ${"AB:".repeat(31)}AB`);
        return { type: description.type, sdp };
      },
    });
  });
  try {
    const visitor = await stage.call();
    await stage.desk.page.evaluate(() => Object.assign(globalThis, { __swap: true }));
    await restart(visitor);
    await stage.refuses(visitor, "fingerprint", { played: true });
  } finally {
    await stage.desk.page.evaluate(() => Object.assign(globalThis, { __swap: false }));
  }
});

attack("a commitment opened to another value", async (stage) => {
  await stage.desk.page.evaluate(() => {
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (/** @type {any} */ data) {
      const lies = typeof data === "string" && data.includes('"code-reveal"') && /** @type {any} */ (globalThis).__lie;
      const said = lies
        ? data.replace(/"secret":"./, (start) => `${start.slice(0, -1)}${start.endsWith("A") ? "B" : "A"}`)
        : data;
      return send.call(this, said);
    };
    Object.assign(globalThis, { __lie: true });
  });
  try {
    await stage.refuses(await stage.answered(), "short-code", { played: true });
  } finally {
    await stage.desk.page.evaluate(() => Object.assign(globalThis, { __lie: false }));
  }
});

attack("a signed fingerprint that is not the one of the connection's certificate", async (stage) => {
  await stage.desk.page.evaluate(() => Object.assign(globalThis, { __swap: true }));
  const visitor = await stage.answered();
  await until("it does not come about", async () =>
    visitor.page.evaluate(() =>
      globalThis.__watch.connections.some(({ connectionState }) => connectionState === "failed"),
    ),
  );
  assert.equal(await visitor.page.evaluate(() => globalThis.__shown), 0, "nothing was shown");
  await stage.desk.page.evaluate(() => Object.assign(globalThis, { __swap: false }));
  await visitor.page.close();
});

attack("changed bytes of the call's script", async (stage) => {
  stage.edge.onBytes(/^GET \/widget\/call-/, (bytes) =>
    Buffer.concat([bytes, Buffer.from("\nfetch('https://example.org')")]),
  );
  const visitor = await stage.visitor();
  await visitor.launcher.click();
  await visitor.widget.getByText("Try again").waitFor();
  assert.equal(await visitor.widget.getByRole("dialog").count(), 0, "no panel");
});

attack("what the edge sees of a call", async (stage) => {
  const visitor = await stage.visitor();
  await visitor.begin();
  await visitor.ring({ name: "Vera Visitor" });
  await stage.desk.rings();
  await stage.desk.saysOfWaiting(/Vera Visitor/);
  await stage.desk.answer();
  await Promise.all([visitor.inCall(), stage.desk.inCall()]);
  await visitor.say("My number is 1234");
  await stage.desk.reads("My number is 1234");
  const seen = stage.edge.seen
    .filter((text) => /^(answer to )?\w+ \/api\/|^envelope/.test(text))
    .map((text) => text + text.replaceAll(/[\w-]{24,}/g, (word) => Buffer.from(word, "base64url").toString("latin1")))
    .join("\n");
  assert.ok(seen.includes("/ring"), "it sees that there is a call");
  for (const secret of ["a=fingerprint", "a=ice-ufrag", "candidate:", "Vera", "My number is 1234"]) {
    assert.ok(!seen.includes(secret), `it sees no ${secret}`);
  }
});
