// docs/hostile-edge.md tells of exactly the attacks that this suite makes.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const here = new URL(".", import.meta.url);

test("the table tells of every attack, and of no other", () => {
  const titles = [...readdirSync(here), "../network/wire.test.mjs"]
    .filter((file) => file.endsWith(".test.mjs") && file !== "table.test.mjs")
    .flatMap((file) => {
      const source = readFileSync(new URL(file, here), "utf8");
      const names = source.matchAll(/^(?:attack|told|changed|traitor|scenario|test)\(\s*"((?:[^"\\]|\\.)*)"/gm);
      return [...names].map(([, name]) => name ?? "");
    });
  const table = readFileSync(new URL("../../docs/hostile-edge.md", here), "utf8");
  const rows = [...table.matchAll(/^\| ([^|]+) \| [^|]+ \| [^|]*\|$/gm)].map(([, name]) => name ?? "").slice(1);
  assert.ok(titles.length > 40, "the titles are found");
  assert.deepEqual([...rows].sort(), [...titles].sort());
});
