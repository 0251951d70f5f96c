import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mock, test } from "node:test";

import type { Api } from "./api.ts";
import { determined, done, FakeNetwork } from "./fake-network.ts";
import { Negotiation, type NegotiationEvents } from "./negotiation.ts";
import { plainPayloads } from "./payload.ts";
import type { Message } from "./types.ts";

test("however often connections fail, the service is asked for a way to the relay now and then", async () => {
  mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
  let asked = 0;
  const api = {
    relay: async () => {
      asked += 1;
      return { ice_servers: [{ urls: `turn:${asked}` }], expires_at: "" };
    },
  } as unknown as Api;
  const negotiation = new Negotiation(
    { role: "visitor", api, call: "call", iceServers: [], payloads: plainPayloads },
    {} as NegotiationEvents,
  );
  // A minute of what one who joined can make fail again and again.
  for (let second = 0; second < 60; second++) {
    await negotiation.iceServers(2 + second);
    mock.timers.tick(1_000);
  }
  assert.equal(asked, 5);
  assert.deepEqual(await negotiation.iceServers(2), [{ urls: "turn:6" }]);
  assert.deepEqual(await negotiation.iceServers(1), [{ urls: "turn:6" }]);
  mock.timers.reset();
});

// What takes its time elsewhere, the comparison of certificates, is done at once.
determined(randomBytes);

/** The two sides of an answered call, and what the visitor has said to the expert. */
function sides() {
  const network = new FakeNetwork(() => 0);
  network.install();
  const said: Message[] = [];
  const side = (role: "visitor" | "expert"): Negotiation => {
    const api = {
      signal: async (_call: string, _id: string, payload: string) => {
        const heard = await plainPayloads.open(payload, {});
        if (heard && role === "visitor") said.push(heard.message);
        const other = role === "visitor" ? expert : visitor;
        network.post(`signals to the ${role}'s other side`, () => void other.hear(payload, { answeredBy: "ada" }));
      },
    } as unknown as Api;
    const events = new Proxy({} as NegotiationEvents, { get: () => () => {} });
    return new Negotiation({ role, api, call: "call", iceServers: [], payloads: plainPayloads }, events);
  };
  const [visitor, expert]: Negotiation[] = [side("visitor"), side("expert")];
  const settle = async (): Promise<void> => {
    do await done();
    while (network.deliver());
  };
  return { visitor, expert, settle, said };
}

test("a restart that crosses one of this side's own leaves nobody waiting, and the two find each other", async () => {
  const restart = await plainPayloads.seal({ type: "restart" });
  // Of a connection that both have agreed on, and of none.
  for (const agreed of [true, false]) {
    const { visitor, expert, settle } = sides();
    expert.askForOffer();
    if (agreed) await settle();
    const asked = [visitor.restart(1), visitor.hear(restart), visitor.restart(2), visitor.hear(restart)];
    await settle();
    const told = await Promise.race([Promise.all(asked).then(() => "all"), done().then(() => "not all")]);
    assert.equal(told, "all");
    assert.deepEqual([visitor.link?.state, expert.link?.state], ["connected", "connected"]);
  }
});

test("when restarts cross, no candidate overtakes the offer of its connection: it would have no effect", async () => {
  const restart = await plainPayloads.seal({ type: "restart" });
  for (let steps = 0; steps < 40; steps++) {
    const { visitor, settle, said } = sides();
    const asked = [visitor.hear(restart), visitor.restart(1)];
    for (let step = 0; step < steps; step++) await undefined;
    visitor.link?.pc.dispatchEvent(new Event("icecandidate"));
    await Promise.all(asked);
    await settle();
    const offered = said.findIndex(({ type }) => type === "offer");
    const candidates = said.findIndex(({ type }) => type === "candidates");
    assert.ok(offered >= 0);
    assert.ok(candidates < 0 || offered < candidates, `after ${steps}: ${said.map(({ type }) => type)}`);
  }
});

test("whatever is being heard when the call ends, nobody waits for it: a desk hears its next call", async () => {
  const restart = await plainPayloads.seal({ type: "restart" });
  const description = (name: string): string => `v=0\r\na=fingerprint:sha-256 ${Array(32).fill(name).join(":")}\r\n`;
  const offer = await plainPayloads.offer("theirs", description("AB"), undefined, undefined);
  for (let steps = 0; steps < 40; steps++) {
    const { visitor, expert, settle } = sides();
    expert.askForOffer();
    await settle();
    const answer = await plainPayloads.answer(visitor.link?.connection ?? "", description("CD"));
    for (const [side, payload] of [
      [visitor, restart],
      [visitor, answer],
      [expert, offer],
    ] as const) {
      const heard = side.hear(payload, { answeredBy: "ada" });
      for (let step = 0; step < steps; step++) await undefined;
      side.stop()?.close();
      assert.equal(await Promise.race([heard.then(() => "heard"), done().then(() => `not after ${steps}`)]), "heard");
    }
  }
});
