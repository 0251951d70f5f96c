// The catalogues say the same in all languages: nothing missing, nothing left in English, the same questions answered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { launcher } from "./launcher/all.ts";

const LANGUAGES = ["de", "en", "fr", "it"] as const;
/** What is the same word in several languages. */
const SHARED = new Set(["Chat", "Message", "Standard", "Camera"]);

type Leaf = string | ((...values: (string | number)[]) => string);

function leaves(value: unknown, path = ""): Map<string, Leaf> {
  if (typeof value === "string" || typeof value === "function") return new Map([[path, value as Leaf]]);
  return new Map(Object.entries(value as object).flatMap(([name, one]) => [...leaves(one, `${path}.${name}`)]));
}

const text = (leaf: Leaf): string => (typeof leaf === "string" ? leaf : leaf(3, 4));

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
