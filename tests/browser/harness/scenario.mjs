// A test with a world of its own, which is closed at its end; what it showed is kept when it fails.

import { after, test } from "node:test";

import { closeBrowsers } from "./chromium.mjs";
import { ready } from "./stack.mjs";
import { World } from "./world.mjs";

/** The longest that one scenario may take, in milliseconds; a hang must not hold up the suite. */
const LONGEST = 300_000;

/**
 * A test with a world of its own. What it leaves behind is closed, and at the end no page may have violated its policy.
 *
 * @param {string} name
 * @param {(world: World) => Promise<void>} run
 */
export function scenario(name, run) {
  test(name, { timeout: LONGEST + 30_000 }, async () => {
    const world = new World(await ready());
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${LONGEST} ms`)), LONGEST);
    });
    try {
      await Promise.race([run(world), late]);
      await world.unblemished();
    } catch (error) {
      const folder = await world.evidence(name);
      console.error(`evidence in ${folder}`);
      throw error;
    } finally {
      clearTimeout(timer);
      await world.close();
    }
  });
}

after(closeBrowsers);
