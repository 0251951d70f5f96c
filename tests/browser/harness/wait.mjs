// Waiting for a condition with a deadline: the only way the suites wait.

/**
 * The longest that anything is waited for, in milliseconds. What is there is seen at once, however long this is; a machine
 * that does something else for half a minute must not fail a test.
 */
export const PATIENCE = 90_000;

/** How often a condition is looked at, in milliseconds. */
const INTERVAL = 50;

/**
 * Waits until `condition` returns something truthy and returns it. What it throws counts as "not yet".
 *
 * @template T
 * @param {string} what named in the error, such as "the visitor sees the expert"
 * @param {() => T | Promise<T>} condition
 * @returns {Promise<Exclude<T, undefined | null | false | 0 | "">>}
 */
export async function until(what, condition) {
  const deadline = Date.now() + PATIENCE;
  let last;
  for (;;) {
    try {
      last = await condition();
      if (last) return /** @type {any} */ (last);
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`not within ${PATIENCE} ms: ${what}; last seen: ${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}
