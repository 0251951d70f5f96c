// What the cases of a file share: an organisation with a pinned site key, an expert at a certified desk, and the edge in
// front of everybody's browser. Each case begins with a fresh visitor and an honest edge.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeBrowsers } from "../../browser/harness/chromium.mjs";
import { ready } from "../../browser/harness/stack.mjs";
import { enrol, Trust } from "../../browser/harness/trust.mjs";
import { until } from "../../browser/harness/wait.mjs";
import { received } from "../../browser/harness/watch.mjs";
import { World } from "../../browser/harness/world.mjs";
import { Edge } from "./edge.mjs";

/** The longest that one case may take, in milliseconds. */
const LONGEST = 300_000;

/** @typedef {import("../../browser/harness/visitor.mjs").Visitor} Visitor */

export class Stage {
  /** @param {World} world @param {Awaited<ReturnType<World["organisation"]>>} organisation @param {Edge} edge @param {Trust} trust @param {import("../../browser/harness/desk.mjs").Desk} desk */
  constructor(world, organisation, edge, trust, desk) {
    this.world = world;
    this.organisation = organisation;
    this.edge = edge;
    this.trust = trust;
    this.desk = desk;
  }

  static async open() {
    const world = new World(await ready());
    const organisation = await world.organisation({ names: ["Ada Adviser", "Ben Builder"] });
    const edge = new Edge(world.stack);
    world.closing(() => edge.close());
    const [ada] = organisation.people;
    if (!ada) throw new Error("nobody is in the organisation");
    const desk = await world.desk(ada, { wire: await edge.before("expert") });
    const trust = await Trust.establish(world, organisation);
    await enrol(trust, desk.page, ada);
    return new Stage(world, organisation, edge, trust, desk);
  }

  get ada() {
    return this.organisation.people[0] ?? assert.fail();
  }

  get ben() {
    return this.organisation.people[1] ?? assert.fail();
  }

  /** A visitor on the customer's page, behind the edge. @returns {Promise<Visitor>} */
  async visitor() {
    const visitor = await this.world.visitor(this.organisation, { wire: await this.edge.before("visitor") });
    await stayAway(visitor.page);
    return visitor;
  }

  /** The click that makes the offer, without waiting for what becomes of it. @param {Visitor} visitor @param {"Video call" | "Chat"} [media] */
  async click(visitor, media = "Video call") {
    await visitor.openPanel();
    await visitor.widget.getByRole("button", { name: media, exact: true }).click();
  }

  /** A visitor who rings, and the desk that answers. */
  async answered() {
    const visitor = await this.visitor();
    await visitor.begin();
    await visitor.ring();
    await this.desk.rings();
    await this.desk.answer();
    return visitor;
  }

  /** A verified call. */
  async call() {
    const visitor = await this.answered();
    await Promise.all([visitor.inCall(), this.desk.inCall()]);
    await Promise.all([visitor.sees(), this.desk.sees()]);
    await visitor.button("Verified: Ada Adviser, Garden Tools Ltd").waitFor();
    return visitor;
  }

  /**
   * The visitor's side has ended it for this reason, and says so; nothing of the other side was played, unless `played`
   * says that this happens in the middle of a call.
   *
   * @param {Visitor} visitor
   * @param {string} reason
   * @param {{ played?: boolean }} [options]
   */
  async refuses(visitor, reason, { played = false } = {}) {
    await visitor.widget.getByText("We ended it for your safety").waitFor();
    await visitor.widget.getByText("What was reported").click();
    const report = visitor.widget.getByText(/with the reason “/);
    assert.match((await report.textContent()) ?? "", new RegExp(`“${reason}”`), "the reason");
    assert.equal(await visitor.view.count(), 0, "no call is shown");
    assert.equal(await visitor.widget.getByRole("button", { name: /continue|anyway/i }).count(), 0);
    if (!played) {
      const { frames, sound } = await received(visitor.page);
      assert.deepEqual({ frames, sound }, { frames: 0, sound: 0 }, "nothing was played");
      assert.equal(await visitor.page.evaluate(() => globalThis.__shown ?? 0), 0, "nothing was shown");
    }
    await this.#alarmed(reason, "visitor");
  }

  /** @param {string} reason @param {"visitor" | "expert"} side */
  async #alarmed(reason, side) {
    await until(`the organisation is told of ${reason}`, async () => {
      const { alarms } = await this.trust.ask("GET", "/alarms");
      return alarms.some((/** @type {any} */ alarm) => alarm.reason === reason && alarm.side === side);
    });
  }

  /** The expert's side has ended it for this reason, and says so. @param {string} reason */
  async deskRefuses(reason) {
    await this.desk.page
      .getByText(/a check failed/i)
      .first()
      .waitFor();
    await this.#alarmed(reason, "expert");
  }

  /** The desk is ready for the next case, and the edge is honest again. */
  async tidy() {
    this.edge.behave();
    await this.desk.page.unrouteAll();
    for (const { who, page } of this.world.pages) if (who === "visitor" && !page.isClosed()) await page.close();
    await this.desk.hasNoCall();
    await this.trust.ask("DELETE", "/alarms");
    await this.desk.page.getByRole("button", { name: "Decline", exact: true }).waitFor({ state: "hidden" });
  }
}

/** Counts whatever a video of another side shows, however short. @param {import("playwright-core").Page} page */
async function stayAway(page) {
  await page.evaluate(() => {
    globalThis.__shown = 0;
    const { srcObject } = /** @type {any} */ (Object.getOwnPropertyDescriptors(HTMLMediaElement.prototype));
    Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
      ...srcObject,
      set(stream) {
        const remote = stream
          ?.getTracks()
          .some((/** @type {MediaStreamTrack} */ track) =>
            globalThis.__watch.connections.some((one) =>
              one.getReceivers().some((receiver) => receiver.track === track),
            ),
          );
        if (remote) globalThis.__shown += 1;
        srcObject.set.call(this, stream);
      },
    });
  });
}

/** @type {Stage | undefined} */
let stage;

before(async () => {
  stage = await Stage.open();
});

after(async () => {
  await stage?.world.close();
  await closeBrowsers();
});

/**
 * One way to attack, and how it ends. The names stand in docs/hostile-edge.md.
 *
 * @param {string} name
 * @param {(stage: Stage) => Promise<void>} run
 */
export function attack(name, run) {
  test(name, { timeout: LONGEST + 20_000 }, async () => {
    if (!stage) throw new Error("the stage did not open");
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${LONGEST} ms`)), LONGEST);
    });
    try {
      await Promise.race([run(stage), late]);
    } catch (error) {
      console.error(`evidence in ${await stage.world.evidence(name)}`);
      throw error;
    } finally {
      clearTimeout(timer);
      await stage.tidy();
    }
  });
}
