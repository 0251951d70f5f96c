import assert from "node:assert/strict";
import { test } from "node:test";

import { type GuestLink, linkId, readLink, writeLink } from "./link.ts";

const organisation = "0190c2a4-0000-7000-8000-000000000001";
const secret = "s".repeat(43);
const linkKey = "l".repeat(43);
const key = "k".repeat(43);

test("what is written is read", () => {
  const links: GuestLink[] = [
    { organisation, secret, siteKeys: [] },
    { organisation, secret, linkKey, siteKeys: [key] },
    { organisation, secret, linkKey, siteKeys: [key, "n".repeat(43)] },
  ];
  for (const link of links) assert.deepEqual(readLink(`#${writeLink(link)}`), link);
});

test("what is not such a link is none: nobody joins unverified because a key was cut off or mistyped", () => {
  for (const fragment of [
    "",
    "#",
    `#${organisation}`,
    `#${organisation}.`,
    `#${secret}.${organisation}`,
    `#${organisation}.${secret}.`,
    `#${organisation}.${secret}.${linkKey}`,
    `#${organisation}.${secret}.${linkKey}.`,
    `#${organisation}.${secret}.${linkKey}.${key.slice(1)}`,
    `#${organisation}.${secret}.${linkKey}.${key}.${key}.${key}`,
    `#${organisation}.${secret}/../${linkKey}.${key}`,
  ])
    assert.equal(readLink(fragment), undefined, fragment);
});

test("a link is known again without its secret", () => {
  const link: GuestLink = { organisation, secret, siteKeys: [] };
  assert.match(linkId(link), /^[\w-]{43}$/);
  assert.notEqual(linkId(link), secret);
  assert.equal(linkId({ ...link, linkKey, siteKeys: [key] }), linkId(link));
  assert.notEqual(linkId({ ...link, secret: "t".repeat(43) }), linkId(link));
});
