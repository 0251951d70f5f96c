import assert from "node:assert/strict";
import { mock, test } from "node:test";

import type { Api } from "./api.ts";
import { Negotiation, type NegotiationEvents } from "./negotiation.ts";
import { plainPayloads } from "./payload.ts";

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
