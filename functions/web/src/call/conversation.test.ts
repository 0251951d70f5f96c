import assert from "node:assert/strict";
import { test } from "node:test";

import { newId } from "./bytes.ts";
import { Chat, type ChatEntry, LONGEST_CHAT } from "./chat.ts";
import { byArrival, Conversation } from "./conversation.ts";
import type { FileTransfer } from "./files.ts";
import { FileTransfers, OPEN_OFFERS } from "./files.ts";
import { Group } from "./group.ts";
import { provide } from "./later.ts";
import type { Link } from "./link.ts";
import { watchQuality } from "./quality.ts";
import type { ControlMessage } from "./types.ts";

provide({ FileTransfers, Group, watchQuality });

/** A conversation, what it shows, and what it tells the other side. */
async function open() {
  const shown = {
    chat: [] as readonly ChatEntry[],
    files: [] as readonly FileTransfer[],
    told: [] as ControlMessage[],
  };
  const written = new Chat();
  written.subscribe((entries) => {
    shown.chat = entries;
  }, new AbortController().signal);
  const conversation = new Conversation(written, {
    files: (files) => {
      shown.files = files;
    },
    showing: () => {},
    group: () => {},
    bye: () => {},
  });
  await Promise.resolve();
  conversation.connect({
    control: { readyState: "open", send: (text: string) => shown.told.push(JSON.parse(text)) },
    files: {},
  } as unknown as Link);
  shown.told = [];
  const hear = (message: ControlMessage): void => conversation.hear(JSON.stringify(message));
  return { conversation, say: (text: string) => written.say(text), shown, hear };
}

const chat = (text: string, at = new Date().toISOString()): ControlMessage => ({ type: "chat", id: newId(), text, at });

test("of a long chat the newest entries are kept, whoever wrote them", async () => {
  const { say, shown, hear } = await open();
  for (let count = 0; count < LONGEST_CHAT + 10; count++) hear(chat(`${count}`));
  say("mine");
  assert.equal(shown.chat.length, LONGEST_CHAT);
  assert.deepEqual([shown.chat[0]?.text, shown.chat.at(-1)?.text], ["11", "mine"]);
});

test("what is said twice is shown once", async () => {
  const { shown, hear } = await open();
  const message = chat("once");
  hear(message);
  hear(message);
  assert.equal(shown.chat.length, 1);
});

test("a peer has so many open offers and no more", async () => {
  const { conversation, shown, hear } = await open();
  const offer = (): string => {
    const id = newId();
    hear({ type: "file", id, name: "a", size: 1, media_type: "" });
    return id;
  };
  const [first] = Array.from({ length: OPEN_OFFERS }, offer);
  const excess = offer();
  assert.equal(shown.files.length, OPEN_OFFERS);
  assert.deepEqual(shown.told, [{ type: "file-refuse", id: excess }]);
  conversation.files?.refuse(first ?? "");
  offer();
  assert.equal(shown.files.length, OPEN_OFFERS + 1);
});

test("offers that are withdrawn again and again do not pile up", async () => {
  const { shown, hear } = await open();
  for (let count = 0; count < 250; count++) {
    const id = newId();
    hear({ type: "file", id, name: "a", size: 1, media_type: "" });
    hear({ type: "file-cancel", id });
  }
  assert.equal(shown.files.length, 100);
});

test("who reads nothing until the queue is full keeps nothing from the others", async () => {
  const { conversation, say, shown } = await open();
  const full = (): void => {
    throw new DOMException("the queue is full", "OperationError");
  };
  conversation.connect({ control: { readyState: "open", send: full }, files: {} } as unknown as Link);
  assert.equal(conversation.tell({ type: "bye" }), false);
  assert.equal(say("for all"), "said");
  assert.deepEqual(
    shown.chat.map(({ text, sent }) => [text, sent]),
    [["for all", false]],
  );
});

test("what comes later stands later, whatever time the other side claims", async () => {
  const { say, shown, hear } = await open();
  say("first");
  hear(chat("second", new Date(Date.now() - 3_600_000).toISOString()));
  hear({ type: "file", id: newId(), name: "third", size: 1, media_type: "" });
  hear(chat("fourth", "1970-01-01T00:00:00.000Z"));
  say("fifth");
  assert.deepEqual(
    byArrival(shown.chat, shown.files).map((entry) => ("text" in entry ? entry.text : entry.name)),
    ["first", "second", "third", "fourth", "fifth"],
  );
});

test("a time that the other side claims is shown only when it can be true", async () => {
  const { shown, hear } = await open();
  const before = Date.now();
  const hour = 3_600_000;
  const plausible = [before - 23 * hour, before + 23 * hour].map((time) => new Date(time).toISOString());
  const claimed = [
    ...plausible,
    "",
    "tomorrow",
    "1970-01-01T00:00:00.000Z",
    new Date(before + 25 * hour).toISOString(),
  ];
  for (const at of claimed) hear(chat("a", at));
  const shownAt = shown.chat.map(({ at }) => at);
  assert.deepEqual(shownAt.slice(0, 2), plausible);
  for (const at of shownAt.slice(2)) assert.ok(Date.parse(at) >= before && Date.parse(at) <= Date.now(), at);
});
