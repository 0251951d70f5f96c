import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mock, test } from "node:test";

import {
  decodeFrame,
  encodeFrame,
  type FileChannel,
  FileTooLarge,
  type FileTransfer,
  FileTransfers,
  FRAME_DATA,
  LARGEST_FILE,
  SMALLEST_FRAME,
} from "./files.ts";
import type { ControlMessage } from "./types.ts";

/** A data channel that delivers when told, and counts what waits in it. */
class FakeChannel extends EventTarget {
  readyState: RTCDataChannelState = "open";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  most = 0;
  receive: (frame: ArrayBuffer) => void = () => {};
  #queue: ArrayBuffer[] = [];

  send(frame: ArrayBuffer): void {
    this.#queue.push(frame);
    this.bufferedAmount += frame.byteLength;
    this.most = Math.max(this.most, this.bufferedAmount);
    setImmediate(() => this.drain());
  }

  drain(): void {
    for (const frame of this.#queue.splice(0, 4)) {
      const before = this.bufferedAmount;
      this.bufferedAmount -= frame.byteLength;
      this.receive(frame);
      const low = this.bufferedAmountLowThreshold;
      if (before > low && this.bufferedAmount <= low) this.dispatchEvent(new Event("bufferedamountlow"));
    }
    if (this.#queue.length > 0) setImmediate(() => this.drain());
  }

  close(): void {
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
  }
}

interface Side {
  transfers: FileTransfers;
  list: readonly FileTransfer[];
}

function pair(tamper: (message: ControlMessage) => ControlMessage = (message) => message) {
  const channel = new FakeChannel();
  const make = (other: () => Side): Side => {
    const side: Side = {
      list: [],
      transfers: new FileTransfers(
        (message) => queueMicrotask(() => other().transfers.handle(tamper(message))),
        (list) => {
          side.list = list;
        },
      ),
    };
    return side;
  };
  const sender: Side = make(() => receiver);
  const receiver: Side = make(() => sender);
  sender.transfers.connect(channel as unknown as FileChannel);
  receiver.transfers.connect(new FakeChannel() as unknown as FileChannel);
  channel.receive = (frame) => receiver.transfers.receive(frame);
  return { sender, receiver, channel };
}

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setImmediate(resolve));
}

const moving = (side: Side): boolean => side.list[0]?.status === "offered" || side.list[0]?.status === "moving";

test("frames come out as they went in, at any offset up to the largest file", () => {
  const id = "01932c5e-8f6a-7c3d-9b1e-0123456789ab";
  for (const offset of [0, 1, FRAME_DATA, 2 ** 31, 2 ** 32 + 5, LARGEST_FILE]) {
    const data = new Uint8Array(randomBytes(17));
    assert.deepEqual(decodeFrame(encodeFrame(id, offset, data)), { id, offset, data });
  }
  for (const size of [0, 24, 24 + FRAME_DATA + 1]) assert.throws(() => decodeFrame(new ArrayBuffer(size)), RangeError);
});

test("files of any size arrive whole, and the queue stays short", async () => {
  // The last frame may be a crumb.
  for (const size of [0, 1, FRAME_DATA - 1, FRAME_DATA, FRAME_DATA + 1, 9_000_001]) {
    const { sender, receiver, channel } = pair();
    const content = randomBytes(size);
    sender.transfers.send(new File([content], "a.bin", { type: "text/html" }));
    await until(() => receiver.list.length === 1);
    receiver.transfers.accept(receiver.list[0]?.id ?? "");
    await until(() => !moving(receiver) && !moving(sender));
    assert.equal(receiver.list[0]?.status, "done");
    assert.equal(sender.list[0]?.status, "done");
    const { blob } = receiver.list[0] ?? {};
    assert.equal(blob?.type, "application/octet-stream");
    const hash = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
    assert.equal(hash(new Uint8Array((await blob?.arrayBuffer()) ?? [])), hash(content));
    assert.ok(channel.most <= 1024 * 1024 + FRAME_DATA + 24, `${channel.most} bytes waited`);
  }
});

test("a file that is not what was sent fails", async () => {
  const { sender, receiver } = pair((message) =>
    message.type === "file-done" ? { ...message, sha256: "0".repeat(64) } : message,
  );
  sender.transfers.send(new File(["abc"], "a"));
  await until(() => receiver.list.length === 1);
  receiver.transfers.accept(receiver.list[0]?.id ?? "");
  await until(() => !moving(receiver));
  assert.equal(receiver.list[0]?.status, "failed");
  assert.equal(receiver.list[0]?.blob, undefined);
});

test("a frame out of place ends the transfer on both sides", async () => {
  const { sender, receiver } = pair();
  sender.transfers.send(new File([randomBytes(3_000_000)], "a"));
  await until(() => receiver.list.length === 1);
  const id = receiver.list[0]?.id ?? "";
  receiver.transfers.accept(id);
  receiver.transfers.receive(encodeFrame(id, 12, Uint8Array.of(1)));
  assert.equal(receiver.list[0]?.status, "failed");
  await until(() => !moving(sender));
  assert.equal(sender.list[0]?.status, "cancelled");
});

test("either side cancels, and the receiver refuses", async () => {
  for (const [who, what, told] of [
    ["sender", "cancel", "cancelled"],
    ["receiver", "cancel", "cancelled"],
    ["receiver", "refuse", "refused"],
  ] as const) {
    const sides = pair();
    sides.sender.transfers.send(new File([new Uint8Array(20_000_000)], "a"));
    await until(() => sides.receiver.list.length === 1);
    const id = sides.receiver.list[0]?.id ?? "";
    if (what === "cancel") {
      sides.receiver.transfers.accept(id);
      await until(() => (sides.receiver.list[0]?.moved ?? 0) > 0);
    }
    sides[who].transfers[what](id);
    await until(() => !moving(sides.sender) && !moving(sides.receiver));
    assert.deepEqual([sides.sender.list[0]?.status, sides.receiver.list[0]?.status], [told, told]);
  }
});

test("a connection that goes away fails what was moving, and offers again what was only offered", async () => {
  const { sender, receiver, channel } = pair();
  sender.transfers.send(new File([randomBytes(5_000_000)], "moving"));
  await until(() => receiver.list.length === 1);
  receiver.transfers.accept(receiver.list[0]?.id ?? "");
  await until(() => (sender.list[0]?.moved ?? 0) > 0);
  sender.transfers.send(new File(["b"], "offered"));
  channel.close();
  const told: string[] = [];
  const fresh = new FakeChannel();
  receiver.transfers.interrupt();
  const before = receiver.transfers.handle.bind(receiver.transfers);
  receiver.transfers.handle = (message) => {
    told.push(message.type);
    before(message);
  };
  sender.transfers.connect(fresh as unknown as FileChannel);
  await until(() => told.includes("file"));
  assert.deepEqual(
    sender.list.map(({ status }) => status),
    ["failed", "offered"],
  );
  assert.equal(receiver.list[0]?.status, "failed");
});

test("too large a file is neither offered nor taken", async () => {
  const { sender, receiver } = pair();
  const large = Object.defineProperty(new File([], "large"), "size", { value: LARGEST_FILE + 1 });
  assert.throws(() => sender.transfers.send(large), FileTooLarge);
  const id = "01932c5e-8f6a-7c3d-9b1e-0123456789ab";
  receiver.transfers.handle({ type: "file", id, name: "large", size: LARGEST_FILE + 1, media_type: "" });
  assert.deepEqual(receiver.list, []);
});

test("a name cannot pose as another or as a path", () => {
  const { receiver } = pair();
  const names = ["../../etc/passwd", "C:\\x\\invoice\u202efdp.exe", "a\u0000b", "///"];
  for (const [at, name] of names.entries()) {
    const id = `01932c5e-8f6a-7c3d-9b1e-00000000000${at}`;
    receiver.transfers.handle({ type: "file", id, name, size: 1, media_type: "" });
  }
  assert.deepEqual(
    receiver.list.map(({ name }) => name),
    ["passwd", "invoicefdp.exe", "ab", "file"],
  );
});

const ID = "01932c5e-8f6a-7c3d-9b1e-0123456789ab";

/** A receiver that has said yes to a file of this size, and counts what it is told. */
function receiving(size: number) {
  const told: ControlMessage[] = [];
  const seen: FileTransfer[] = [];
  const transfers = new FileTransfers(
    (message) => told.push(message),
    ([transfer]) => transfer && seen.push(transfer),
  );
  transfers.handle({ type: "file", id: ID, name: "a", size, media_type: "" });
  transfers.accept(ID);
  return { transfers, told, seen };
}

test("a file in crumbs is refused", () => {
  for (const length of [1, SMALLEST_FRAME - 1]) {
    const { transfers, told, seen } = receiving(1_000_000);
    transfers.receive(encodeFrame(ID, 0, new Uint8Array(length)));
    assert.equal(seen.at(-1)?.status, "failed");
    assert.deepEqual(told.at(-1), { type: "file-cancel", id: ID });
  }
});

test("what arrives in odd pieces is put together in order", async () => {
  const content = randomBytes(9_000_001);
  const { transfers, seen } = receiving(content.length);
  for (let offset = 0; offset < content.length; offset += 65_521) {
    transfers.receive(encodeFrame(ID, offset, content.subarray(offset, offset + 65_521)));
  }
  transfers.handle({ type: "file-done", id: ID, sha256: createHash("sha256").update(content).digest("hex") });
  const { status, blob } = seen.at(-1) ?? {};
  assert.equal(status, "done");
  assert.ok(content.equals(Buffer.from((await blob?.arrayBuffer()) ?? [])));
});

test("progress is told ten times a second, and the end at once", () => {
  mock.timers.enable({ apis: ["Date"] });
  try {
    const content = new Uint8Array(2_000 * SMALLEST_FRAME);
    const { transfers, seen } = receiving(content.length);
    const before = seen.length;
    for (let offset = 0; offset < content.length; offset += SMALLEST_FRAME) {
      transfers.receive(encodeFrame(ID, offset, content.subarray(offset, offset + SMALLEST_FRAME)));
      mock.timers.tick(1);
    }
    assert.equal(seen.length - before, 20);
    transfers.handle({ type: "file-done", id: ID, sha256: createHash("sha256").update(content).digest("hex") });
    assert.deepEqual([seen.at(-1)?.status, seen.at(-1)?.moved], ["done", content.length]);
  } finally {
    mock.timers.reset();
  }
});
