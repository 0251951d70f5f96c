import assert from "node:assert/strict";
import { test } from "node:test";

import { strengthOf, suggestion } from "./passphrase.ts";

test("what people choose is weak, however many kinds of characters it has", () => {
  for (const weak of [
    "",
    "password",
    "Passw0rd!",
    "Quellwasser2026!",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "12345678901234567890",
    "correct horse battery staple",
    "mutter mutter mutter mutter mutter mutter",
    "Zürich-Bern-Basel",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "!QAZ2wsx#EDC4rfv%TGB6yhn",
    "qwert-asdfg-yxcvb-12345",
  ]) {
    assert.equal(strengthOf(weak).grade, "weak", weak);
  }
});

test("five words will do, six are strong, and so is what is suggested", () => {
  assert.equal(strengthOf("rabbit orbit velvet seventeen ladder").grade, "fair");
  assert.equal(strengthOf("sieben Äpfel liegen im Regen unter Dachziegeln").grade, "strong");
  for (let count = 0; count < 200; count++) {
    const one = suggestion();
    assert.match(one, /^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){4}$/);
    assert.notEqual(one, suggestion());
  }
});

test("more of the same never counts as less", () => {
  const words = "rabbit orbit velvet seventeen ladder quartz".split(" ");
  const seconds = words.map((_, at) => strengthOf(words.slice(0, at + 1).join(" ")).seconds);
  assert.deepEqual(
    [...seconds].sort((one, other) => one - other),
    seconds,
  );
});
