import assert from "node:assert/strict";
import { test } from "node:test";

import { checkAccent, checkContact, checkEmail, checkName, checkOrigin } from "./validation.ts";

test("names are tidied and bounded", () => {
  assert.deepEqual(checkName("  Ada   Lovelace "), { value: "Ada Lovelace" });
  assert.deepEqual(checkName(" "), { why: "empty" });
  assert.deepEqual(checkName("a".repeat(80)), { value: "a".repeat(80) });
  assert.deepEqual(checkName("a".repeat(81)), { why: "long" });
});

test("an e-mail address has a name and a domain", () => {
  assert.deepEqual(checkEmail(" ada@bank.example "), { value: "ada@bank.example" });
  for (const wrong of ["ada", "ada@bank", "ada@@bank.ch", "a da@bank.ch", "ada@.ch", `${"a".repeat(250)}@b.ch`]) {
    assert.deepEqual(checkEmail(wrong), { why: "email" }, wrong);
  }
  assert.deepEqual(checkEmail(""), { why: "empty" });
});

test("a colour may be written in the usual ways", () => {
  for (const text of ["#0f6e66", "0F6E66", " #0f6e66 "]) assert.deepEqual(checkAccent(text), { value: "#0f6e66" });
  assert.deepEqual(checkAccent("#abc"), { value: "#aabbcc" });
  for (const wrong of ["", "teal", "#12345", "#1234567", "##123456"]) {
    assert.deepEqual(checkAccent(wrong), { why: "colour" }, wrong);
  }
});

test("an origin is taken out of a page's address", () => {
  const same: [string, string][] = [
    ["https://www.bank.example/contact?a=1#b", "https://www.bank.example"],
    ["www.bank.example", "https://www.bank.example"],
    ["HTTPS://Bank.Example:443/", "https://bank.example"],
    ["https://bank.example:8443", "https://bank.example:8443"],
    ["http://localhost:8788/demo", "http://localhost:8788"],
    ["http://127.0.0.1:8788", "http://127.0.0.1:8788"],
    ["https://bücher.example", "https://xn--bcher-kva.example"],
  ];
  for (const [typed, origin] of same) assert.deepEqual(checkOrigin(typed), { value: origin }, typed);
});

test("what is not a safe origin is refused with its reason", () => {
  const wrong: [string, string][] = [
    ["", "empty"],
    ["https://*.bank.example", "wildcard"],
    ["*", "wildcard"],
    ["http://bank.example", "insecure"],
    ["ftp://bank.example", "insecure"],
    ["javascript://bank.example/%0aalert(1)", "insecure"],
    ["bank", "address"],
    ["https://", "address"],
    ["https://user:pass@bank.example", "address"],
    ["null", "address"],
  ];
  for (const [typed, why] of wrong) assert.deepEqual(checkOrigin(typed), { why }, typed);
  assert.deepEqual(checkOrigin("bank.example/x", ["https://bank.example"]), { why: "there" });
});

test("a contact is a web address, an e-mail address or a telephone number", () => {
  const same: [string, string][] = [
    ["", ""],
    ["https://bank.example/contact", "https://bank.example/contact"],
    ["bank.example/contact", "https://bank.example/contact"],
    ["help@bank.example", "mailto:help@bank.example"],
    ["mailto:help@bank.example", "mailto:help@bank.example"],
    ["+41 44 123 45 67", "tel:+41441234567"],
    ["tel:+41441234567", "tel:+41441234567"],
  ];
  for (const [typed, link] of same) assert.deepEqual(checkContact(typed), { value: link }, typed);
  for (const wrong of [
    "javascript:alert(1)",
    "http://bank.example",
    "call us",
    "mailto:",
    "tel:x",
    "data:text/html,x",
  ]) {
    assert.deepEqual(checkContact(wrong), { why: "contact" }, wrong);
  }
});
