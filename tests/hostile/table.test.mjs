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

/** What the README calls the attacks of each file. */
const KINDS = {
  "unauthenticated.test.mjs": "a page without a site key",
  "certificates.test.mjs": "who may be rung: certificates, revocation lists",
  "answers.test.mjs": "offers and answers",
  "calls.test.mjs": "a call that goes on or has not begun, and its script",
  "group.test.mjs": "who else is in the call",
  "site-key.test.mjs": "the site key in the page",
  "short-code.test.mjs": "the code for the ear (computed, without a browser)",
  "../network/wire.test.mjs": "the wire",
};

test("the README tells how many there are, of all and of each kind", () => {
  const readme = readFileSync(new URL("../../README.md", here), "utf8");
  assert.deepEqual([...attacks.keys()].sort(), Object.keys(KINDS).sort());
  for (const [file, kind] of Object.entries(KINDS))
    assert.ok(readme.includes(`\n| ${kind} | ${attacks.get(file)?.length} | `), kind);
  const computed = attacks.get("short-code.test.mjs")?.length ?? 0;
  assert.ok(readme.includes(`in ${titles.length} cases, ${titles.length - computed} of them in real browsers`));
});
