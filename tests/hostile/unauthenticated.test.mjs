// Against a call without authentication the middleman wins. If it did not, the rest of this suite would prove nothing.

import assert from "node:assert/strict";

import { scenario } from "../browser/harness/scenario.mjs";
import { until } from "../browser/harness/wait.mjs";
import { Edge } from "./harness/edge.mjs";
import { Middleman } from "./harness/middleman.mjs";

scenario("a middleman hears, sees and reads a call of a page without a site key", async (world) => {
  const organisation = await world.organisation();
  const edge = new Edge(world.stack);
  world.closing(() => edge.close());
  const middleman = await Middleman.open(world, organisation.customer.page);
  middleman.intercept(edge);

  const desk = await world.desk(organisation.people[0], { wire: await edge.before("expert") });
  const visitor = await world.visitor(organisation, { wire: await edge.before("visitor") });
  await visitor.begin();
  await visitor.ring({ name: "Vera Visitor" });
  await desk.rings();
  await desk.answer();
  await visitor.inCall();
  await desk.inCall();
  for (const side of [visitor, desk]) await side.sees();

  await visitor.say("My number is 1234");
  await desk.reads("My number is 1234");
  const overheard = await middleman.overheard();
  assert.ok(
    overheard.some((text) => text.includes("My number is 1234")),
    "the middleman has read it",
  );
  await until("it sees both", async () => (await middleman.decoded()).every((frames) => frames > 5));
});
