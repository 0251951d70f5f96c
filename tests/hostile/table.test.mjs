// docs/hostile-edge.md tells of exactly the attacks that this suite makes, and the README of as many.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const here = new URL(".", import.meta.url);

/** The attacks of each file. */
const attacks = new Map(
  [...readdirSync(here), "../network/wire.test.mjs"]
    .filter((file) => file.endsWith(".test.mjs") && file !== "table.test.mjs")
    .map((file) => {
      const source = readFileSync(new URL(file, here), "utf8");
      const names = source.matchAll(/^(?:attack|told|changed|traitor|scenario|test)\(\s*"((?:[^"\\]|\\.)*)"/gm);
      return [file, [...names].map(([, name]) => name ?? "")];
    }),
);
const titles = [...attacks.values()].flat();

test("the table tells of every attack, and of no other", () => {
  const table = readFileSync(new URL("../../docs/hostile-edge.md", here), "utf8");
  const rows = [...table.matchAll(/^\| ([^|]+) \| [^|]+ \| [^|]*\|$/gm)].map(([, name]) => name ?? "").slice(1);
  assert.ok(titles.length > 40, "the titles are found");
  assert.deepEqual([...rows].sort(), [...titles].sort());
});

test("the README tells how many there are, of all and of each kind", () => {
  const readme = readFileSync(new URL("../../README.md", here), "utf8");
  const counted = [...readme.matchAll(/^\| [^|]+ \| (\d+) \| [^|]+ \|$/gm)].map(([, count]) => Number(count));
  const counts = [...attacks.values()].map((names) => names.length);
  assert.deepEqual([...counted].sort(), [...counts].sort());
  assert.match(readme, new RegExp(`in ${titles.length} cases`));
});
