// Calls that go through the TURN server, over UDP and TCP, and what happens when it is restarted.

import assert from "node:assert/strict";

import { Relay } from "./harness/relay.mjs";
import { scenario } from "./harness/scenario.mjs";
import { received } from "./harness/watch.mjs";

for (const transport of /** @type {const} */ (["udp", "tcp"])) {
  scenario(`a call is relayed over ${transport.toUpperCase()}`, async (world) => {
    const { visitor, desk } = await world.call({ visitor: { relay: transport }, desk: { relay: transport } });
    for (const side of [visitor, desk]) {
      await side.receives();
      const { pairs } = await received(side.page);
      assert.ok(pairs.length > 0);
      for (const pair of pairs) {
        assert.equal(pair.local, "relay");
        assert.equal(pair.remote, "relay");
        assert.equal(pair.relayProtocol, transport);
      }
    }
  });
}

scenario("a relayed call outlives a restart of the TURN server", async (world) => {
  const relay = await Relay.start(world.stack);
  world.closing(() => relay.stop());
  const through = { relay: /** @type {const} */ ("udp"), relayAt: relay.address };
  const { visitor, desk } = await world.call({ visitor: through, desk: through });
  await relay.kill();
  await visitor.isReconnecting();
  await relay.start();
  await visitor.inCall();
  await desk.inCall();
  for (const side of [visitor, desk]) await side.receives();
});
