// The catalogues say the same in all languages: nothing missing, nothing left in English, the same questions answered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrolmentTexts } from "../desk/texts/enrolment.ts";
import { inboxTexts } from "../desk/texts/inbox.ts";
import { participantTexts } from "../desk/texts/participants.ts";
import { homeTexts } from "../home/texts.ts";
import { joinTexts } from "../join/texts.ts";
import { launcher } from "./launcher/all.ts";
import { messageTexts } from "./message/all.ts";

const LANGUAGES = ["de", "en", "fr", "it"] as const;
/** What is the same word in several languages. */
const SHARED = new Set(["Chat", "Message", "Standard", "Camera"]);

type Leaf = string | ((...values: (string | number)[]) => string);

function leaves(value: unknown, path = ""): Map<string, Leaf> {
  if (typeof value === "string" || typeof value === "function") return new Map([[path, value as Leaf]]);
  return new Map(Object.entries(value as object).flatMap(([name, one]) => [...leaves(one, `${path}.${name}`)]));
}

const text = (leaf: Leaf): string => String(typeof leaf === "string" ? leaf : leaf(3, 4));

for (const [name, load] of [
  ["view", async (language: string) => (await import(`./view/${language}.ts`)).view],
  ["panel", async (language: string) => (await import(`./panel/${language}.ts`)).panel],
  ["message", async (language: string) => (await import(`./message/${language}.ts`)).message],
  ["launcher", async (language: keyof typeof launcher) => launcher[language]],
] as const) {
  test(`${name}: complete in four languages`, async () => {
    const english = leaves(await load("en"));
    for (const language of LANGUAGES) {
      const catalogue = leaves(await load(language));
      assert.deepEqual([...catalogue.keys()].sort(), [...english.keys()].sort(), language);
      for (const [path, leaf] of catalogue) {
        const said = text(leaf);
        assert.notEqual(said.trim(), "", `${language}${path} is empty`);
        assert.equal(said, said.trim(), `${language}${path} has spaces around it`);
        const original = text(english.get(path) ?? "");
        if (language !== "en" && typeof leaf === "string" && !SHARED.has(said)) {
          assert.notEqual(said, original, `${language}${path} is English`);
        }
        if (typeof leaf === "function") {
          for (const digit of ["3", "4"])
            assert.equal(said.includes(digit), original.includes(digit), `${language}${path}`);
        }
      }
    }
  });
}

/** All that is said in a language, in every catalogue there is. */
async function* said(language: (typeof LANGUAGES)[number]): AsyncGenerator<[string, string]> {
  const catalogues = {
    view: (await import(`./view/${language}.ts`)).view,
    panel: (await import(`./panel/${language}.ts`)).panel,
    message: messageTexts[language],
    launcher: launcher[language],
    staff: (await import(`../staff/texts/${language}.ts`))[language],
    desk: (await import(`../desk/texts/${language}.ts`))[language],
    enrolment: enrolmentTexts[language],
    inbox: inboxTexts[language],
    participants: participantTexts[language],
    join: joinTexts[language],
    home: homeTexts[language],
    console: (await import(`../console/texts/${language}.ts`))[language],
    trust: (await import(`../console/texts/trust/${language}.ts`))[language],
  };
  for (const [path, leaf] of leaves(catalogues)) yield [language + path, text(leaf)];
}

// The signs that French sets off, and a German ellipsis after a whole word, must not begin a line: U+00A0 stands before
// them, which an editor shows as a space.
test("a sign that is set off by a space stays with its word", async () => {
  for await (const [path, one] of said("fr"))
    assert.doesNotMatch(one, /[^\u00a0](?:[!;»]|[?:](?!\S))|«[^\u00a0]/, path);
  for await (const [path, one] of said("de")) assert.doesNotMatch(one, /[^\u00a0]…/, path);
});

test("what goes on ends alike throughout a language", async () => {
  for (const language of ["en", "fr", "it"] as const)
    for await (const [path, one] of said(language)) assert.doesNotMatch(one, /\s…/, path);
});
