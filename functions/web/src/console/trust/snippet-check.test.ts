import assert from "node:assert/strict";
import { test } from "node:test";

import { isForeign, siteKeysIn } from "./snippet-check.ts";

const [OWN, NEXT, EDGES] = ["A", "B", "E"].map((letter) => letter.repeat(43)) as [string, string, string];
const ORGANISATION = "019ab000-0000-7000-8000-000000000001";
const own = new Set([OWN]);
const trusted = new Set([OWN, NEXT]);
const known = { organisation: ORGANISATION, origin: "https://v.example", own, trusted, elsewhere: false };
const script =
  '<script type="module" src="https://v.example/widget/loader-1a.js" integrity="sha384-A+b/=" crossorigin="anonymous"></script>';
const snippet = (attributes: string, before = script): string =>
  `${before}\n<visavis-widget ${attributes}></visavis-widget>`;
const named = `organisation="${ORGANISATION}"`;

test("a snippet with the keys that are known here is a good one", () => {
  for (const keys of [OWN, `${OWN} ${NEXT}`, `${NEXT} ${OWN}`]) {
    const one = snippet(`${named} site-key="${keys}"`);
    assert.equal(isForeign(one, known), false, keys);
    assert.equal(siteKeysIn(one), keys);
  }
});

test("one with anything else is none", () => {
  for (const one of [
    snippet(named),
    snippet(`${named} site-key="${EDGES}"`),
    snippet(`${named} site-key="${NEXT}"`),
    snippet(`${named} site-key="${EDGES} ${OWN}"`),
    snippet(`${named} site-key="${OWN}\t${EDGES}"`),
    snippet(`${named} title=' site-key="${OWN}"' site-key="${EDGES}"`),
    snippet(`${named} site-key="${OWN}" site-key="${EDGES}"`),
    snippet(`organisation="${OWN}" site-key="${OWN}"`),
    `${snippet(`${named} site-key="${OWN}"`)}${snippet(`${named} site-key="${EDGES}"`, "")}`,
    snippet(`${named} site-key="${OWN}"`, `${script}<script>more()</script>`),
    snippet(`${named} site-key="${OWN}"`, `<!-- ${script}`),
    snippet(`${named} site-key="${OWN}"`, script.replace("v.example", "evil.example")),
    snippet(`${named} site-key="${OWN}"`, script.replace("v.example", "v.example@evil.example")),
    snippet(`${named} site-key="${OWN}"`, script.replace("module", 'module" onload="more()')),
  ])
    assert.equal(isForeign(one, known), true, one);
});

test("who knows no key has nothing to compare with", () => {
  const other = snippet(`${named} site-key="${EDGES}"`);
  assert.equal(isForeign(other, { ...known, own: new Set() }), false);
  // Unless it approves for another organisation: that this is one, too, the service alone says.
  assert.equal(isForeign(other, { ...known, own: new Set(), elsewhere: true }), true);
  assert.equal(isForeign(snippet(named), { ...known, own: new Set(), elsewhere: true }), false);
});
