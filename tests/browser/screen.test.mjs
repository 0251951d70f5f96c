// Screen share, with real pixels: a card of known colours on one side is what the other side's video shows.

import { layCard, seesCard } from "./harness/pixels.mjs";
import { scenario } from "./harness/scenario.mjs";
import { until } from "./harness/wait.mjs";

scenario("the visitor's screen is what the expert sees", async (world) => {
  const { visitor, desk } = await world.call();
  await layCard(visitor.page);
  await visitor.shareScreen();
  await until("the expert sees the colours", () => seesCard(desk.page));
  await visitor.stopSharing();
  await until("the expert sees them no more", async () => !(await seesCard(desk.page)));
});

scenario("the expert's screen is what the visitor sees", async (world) => {
  const { visitor, desk } = await world.call();
  await layCard(desk.page);
  await desk.shareScreen();
  await until("the visitor sees the colours", () => seesCard(visitor.page));
});
