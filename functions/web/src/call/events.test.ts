import assert from "node:assert/strict";
import { test } from "node:test";

import { readEvents, type ServerEvent } from "./events.ts";

const TEXT =
  ": hello\n\nid: 1\nevent: entry\ndata: abc\n\n: still here\n\nid: 2\r\nevent: gap\r\ndata:\r\n\r\nid: 3\revent: entry\rdata: ä\rdata: b\r\revent: bye\ndata: \n\n";

async function read(chunks: Uint8Array[]): Promise<{ events: ServerEvent[]; beats: number }> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const events: ServerEvent[] = [];
  let beats = 0;
  for await (const event of readEvents(stream, () => beats++)) events.push(event);
  return { events, beats };
}

const EXPECTED: ServerEvent[] = [
  { id: "1", type: "entry", data: "abc" },
  { id: "2", type: "gap", data: "" },
  { id: "3", type: "entry", data: "ä\nb" },
  { id: "3", type: "bye", data: "" },
];

test("events are the same wherever the stream is cut", async () => {
  const bytes = new TextEncoder().encode(TEXT);
  assert.deepEqual((await read([bytes])).events, EXPECTED);
  for (let at = 1; at < bytes.length; at++) {
    assert.deepEqual((await read([bytes.slice(0, at), bytes.slice(at)])).events, EXPECTED, `cut at ${at}`);
  }
  assert.deepEqual((await read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).events, EXPECTED);
});

test("comments say that the stream lives", async () => {
  const { events, beats } = await read([new TextEncoder().encode(": a\n\n"), new TextEncoder().encode(": b\n\n")]);
  assert.deepEqual({ events, beats }, { events: [], beats: 2 });
});
