import assert from "node:assert/strict";
import { test } from "node:test";

import { holdsCardNumber } from "./cards.ts";

test("refuses what the service refuses", () => {
  for (const number of [
    "4111111111111111",
    "4222222222222",
    "5555 5555 5555 4444",
    "3782-822463-10005",
    "6011.1111.1111.1117",
    "30569309025904",
    "6304000000000000000",
    "my card is 4111 1111 1111 1111, thanks",
    "２０２６ ４１１１１１１１１１１１１１１１",
    "12/26 4111111111111111 123",
  ]) {
    assert.ok(holdsCardNumber(number), number);
  }
});

test("lets other numbers pass", () => {
  for (const text of [
    "",
    "Room 4111",
    "+41 44 668 18 00",
    "4111111111111112",
    "411111111111111a1",
    "1700000000000 is a time",
    "99994111111111111111",
    "4111  1111  1111  1111 is no number with double spaces",
    "019aaf00-0000-7000-8000-000000000001",
  ]) {
    assert.ok(!holdsCardNumber(text), text);
  }
});

test("a long text of digits is judged at once", () => {
  assert.ok(!holdsCardNumber("1 ".repeat(2000)));
});
