import assert from "node:assert/strict";
import { test } from "node:test";

import { newId } from "./bytes.ts";
import { type Author, Chat, type ChatEntry, LONGEST_CHAT } from "./chat.ts";

const GUSTAV: Author = { id: newId(), name: "Gustav", kind: "guest" };
const HANNA: Author = { id: newId(), name: "Gustav", kind: "colleague" };
const entry = (text: string, id = newId()) => ({ id, text, at: new Date().toISOString() });
const texts = ({ entries }: Chat) => entries.map(({ text }) => text);

/** A line, and what it carried; it carries nothing while `open` is false. */
function line() {
  const told: string[] = [];
  const made = { told, open: true, tell: ({ text }: ChatEntry): boolean => made.open && told.push(text) > 0 };
  return made;
}

test("what a member repeats under another's id stands beside it, and not in its place", () => {
  const chat = new Chat();
  const original = entry("Pay to account 1");
  chat.heard({ ...original, text: "Pay to account 2" }, GUSTAV);
  chat.heard(original);
  chat.heard({ ...original, text: "Pay to account 3" }, HANNA);
  assert.deepEqual(
    chat.entries.map(({ text, from }) => [text, from?.id]),
    [
      ["Pay to account 2", GUSTAV.id],
      ["Pay to account 1", undefined],
      ["Pay to account 3", HANNA.id],
    ],
  );
  assert.equal(new Set(chat.entries.map(({ id }) => id)).size, 3, "each can be told from the others");
});

test("what a member says twice is there once", () => {
  const chat = new Chat();
  const said = entry("once");
  for (const from of [GUSTAV, GUSTAV, undefined, undefined]) chat.heard(said, from);
  assert.equal(chat.entries.length, 2);
});

test("who writes without end makes nothing go away that others have written", () => {
  const chat = new Chat();
  chat.say("mine");
  chat.heard(entry("the other side's"));
  chat.heard(entry("Hanna's"), HANNA);
  for (let count = 0; count < 2 * LONGEST_CHAT; count++) chat.heard(entry(`${count}`), GUSTAV);
  assert.equal(chat.entries.length, LONGEST_CHAT);
  assert.deepEqual(texts(chat).slice(0, 4), ["mine", "the other side's", "Hanna's", `${LONGEST_CHAT + 3}`]);
});

test("what is written goes to each, and to whom it could not go when they are back", () => {
  const chat = new Chat();
  const [one, other] = [line(), line()];
  chat.connected(one.tell);
  chat.connected(other.tell);
  other.open = false;
  chat.say("to both");
  assert.deepEqual([one.told, other.told], [["to both"], []]);
  other.open = true;
  chat.connected(other.tell);
  assert.deepEqual(other.told, ["to both"]);
  chat.left(one.tell);
  chat.say("to who is there");
  assert.deepEqual([one.told, other.told], [["to both"], ["to both", "to who is there"]]);
});

test("who joins later is told nothing from before, not even when they come back", () => {
  const chat = new Chat();
  const late = line();
  chat.say("before");
  const [before] = chat.entries;
  const joinedAt = (before?.arrived ?? 0) + 1;
  chat.connected(late.tell, joinedAt);
  chat.connected(late.tell, Number.NEGATIVE_INFINITY);
  assert.deepEqual(late.told, []);
});

test("nobody is told what others have written", () => {
  const chat = new Chat();
  const one = line();
  chat.heard(entry("for this side"), GUSTAV);
  chat.connected(one.tell);
  assert.deepEqual(one.told, []);
});

test("who has no name is told from the other side all the same", () => {
  const chat = new Chat();
  const nameless = { ...GUSTAV, name: "", remote: "a stream" };
  chat.heard(entry("the other side's"));
  chat.heard(entry("the guest's"), nameless);
  assert.deepEqual(
    chat.entries.map(({ from }) => from),
    [undefined, { id: GUSTAV.id, name: "", kind: "guest" }],
  );
});
