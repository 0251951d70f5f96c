// Files over the data channel: offered, accepted, streamed with back-pressure, checked by SHA-256 at the end.

import { hex, newId, uuidFromBytes, uuidToBytes } from "./bytes.ts";
import type { Author } from "./chat.ts";
import { Sha256 } from "./sha256.ts";
import type { ControlMessage } from "./types.ts";
import { visible } from "./visible.ts";

/** 100 MB, on both sides. */
export const LARGEST_FILE = 100_000_000;
/** The most data in one frame. */
export const FRAME_DATA = 64 * 1024;
/** The least data in a frame, but for a file's last: many small ones cost more than what they carry. */
export const SMALLEST_FRAME = 1024;
const FRAME_HEAD = 24;
/** Frames are queued up to here, and again when the queue has shrunk to a quarter of it. */
const QUEUE = 1024 * 1024;
/** What has arrived is handed to the browser as a blob in pieces of this size: it may keep them on disk. */
const PIECE = 4 * 1024 * 1024;
/** Milliseconds between two tellings of how far files are. */
const PROGRESS_EVERY = 100;
const NAME_AT_MOST = 255;
/** So many files of the other side may wait for an answer; further ones are refused. */
export const OPEN_OFFERS = 20;
/** So many of the other side's files that came to nothing are shown. */
const FRUITLESS_AT_MOST = 100;

export type FileStatus =
  /** Waits for the receiver's yes. */
  | "offered"
  | "moving"
  /** Arrived, and the same by its hash. */
  | "done"
  | "refused"
  | "cancelled"
  /** The connection went away, or what arrived was not what was sent. */
  | "failed";

/** A file as the chat shows it. */
export interface FileTransfer {
  readonly id: string;
  readonly mine: boolean;
  /** From or to whom; nothing where that is the other side of the call. */
  readonly with?: Author;
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  readonly at: string;
  /** When it was offered, in milliseconds of this page's life. */
  readonly arrived: number;
  readonly status: FileStatus;
  /** Bytes. */
  readonly moved: number;
  /** The file that was received, once done. Its type is neutral, so that a browser never runs it. */
  readonly blob?: Blob;
}

/** Why a file cannot be sent. */
export class FileTooLarge extends Error {
  override readonly name = "FileTooLarge";
}

/** The part of a data channel that files need. */
export type FileChannel = Pick<
  RTCDataChannel,
  "readyState" | "bufferedAmount" | "bufferedAmountLowThreshold" | "addEventListener" | "removeEventListener"
> & { send(data: ArrayBuffer): void };

interface Outgoing {
  file: Blob;
  stop: AbortController;
}

interface Incoming {
  hash: Sha256;
  parts: Blob[];
  /** What has arrived and is no part yet. */
  block: Uint8Array<ArrayBuffer>;
  filled: number;
  received: number;
  expected?: string;
}

export function encodeFrame(id: string, offset: number, data: Uint8Array): ArrayBuffer {
  const frame = new Uint8Array(FRAME_HEAD + data.length);
  frame.set(uuidToBytes(id));
  new DataView(frame.buffer).setBigUint64(16, BigInt(offset));
  frame.set(data, FRAME_HEAD);
  return frame.buffer;
}

/** Throws on what is no frame. */
export function decodeFrame(frame: ArrayBuffer): { id: string; offset: number; data: Uint8Array<ArrayBuffer> } {
  if (frame.byteLength <= FRAME_HEAD || frame.byteLength > FRAME_HEAD + FRAME_DATA) throw new RangeError("frame size");
  return {
    id: uuidFromBytes(new Uint8Array(frame, 0, 16)),
    offset: Number(new DataView(frame).getBigUint64(16)),
    data: new Uint8Array(frame, FRAME_HEAD),
  };
}

export class FileTransfers {
  #transfers = new Map<string, FileTransfer>();
  #outgoing = new Map<string, Outgoing>();
  #incoming = new Map<string, Incoming>();
  #channel: FileChannel | undefined;
  #progressAt = Number.NEGATIVE_INFINITY;
  #tell: (message: ControlMessage) => void;
  #changed: (transfers: readonly FileTransfer[]) => void;

  /** `tell` sends on `control`; `changed` hears of each change. */
  constructor(tell: (message: ControlMessage) => void, changed: (transfers: readonly FileTransfer[]) => void) {
    this.#tell = tell;
    this.#changed = changed;
  }

  get all(): readonly FileTransfer[] {
    return [...this.#transfers.values()];
  }

  /** A new connection: what was under way is lost, what was only offered is offered again. */
  connect(channel: FileChannel): void {
    if (channel === this.#channel) return;
    this.interrupt();
    this.#channel = channel;
    channel.bufferedAmountLowThreshold = QUEUE / 4;
    for (const transfer of this.#transfers.values()) {
      if (transfer.mine && transfer.status === "offered") this.#offer(transfer);
    }
  }

  /** The connection is gone, for good or for another. */
  interrupt(): void {
    this.#channel = undefined;
    for (const { id, status } of this.#transfers.values()) if (status === "moving") this.#end(id, "failed");
  }

  /** Offers a file. Throws {@link FileTooLarge}. */
  send(file: File): void {
    if (file.size > LARGEST_FILE) throw new FileTooLarge(file.name);
    const transfer: FileTransfer = {
      id: newId(),
      mine: true,
      name: file.name.slice(0, NAME_AT_MOST),
      size: file.size,
      mediaType: file.type,
      at: new Date().toISOString(),
      arrived: performance.now(),
      status: "offered",
      moved: 0,
    };
    this.#outgoing.set(transfer.id, { file, stop: new AbortController() });
    this.#put(transfer);
    this.#offer(transfer);
  }

  accept(id: string): void {
    const transfer = this.#transfers.get(id);
    if (!transfer || transfer.mine || transfer.status !== "offered") return;
    this.#incoming.set(id, {
      hash: new Sha256(),
      parts: [],
      block: new Uint8Array(Math.min(PIECE, transfer.size)),
      filled: 0,
      received: 0,
    });
    this.#put({ ...transfer, status: "moving" });
    this.#tell({ type: "file-accept", id });
  }

  refuse(id: string): void {
    const transfer = this.#transfers.get(id);
    if (!transfer || transfer.mine || transfer.status !== "offered") return;
    this.#end(id, "refused");
    this.#tell({ type: "file-refuse", id });
  }

  /** Either side, while it is offered or moves. */
  cancel(id: string): void {
    if (!this.#open(id)) return;
    this.#end(id, "cancelled");
    this.#tell({ type: "file-cancel", id });
  }

  /** What the other side says on `control`. */
  handle(message: ControlMessage): void {
    switch (message.type) {
      case "file":
        this.#offered(message);
        break;
      case "file-accept":
        void this.#stream(message.id);
        break;
      case "file-refuse":
        if (this.#transfers.get(message.id)?.mine && this.#open(message.id)) this.#end(message.id, "refused");
        break;
      case "file-cancel":
        if (this.#open(message.id)) this.#end(message.id, "cancelled");
        break;
      case "file-done": {
        const incoming = this.#incoming.get(message.id);
        if (!incoming) break;
        incoming.expected = message.sha256;
        this.#finish(message.id, incoming);
        break;
      }
    }
  }

  /** A frame from the channel `files`. */
  receive(frame: ArrayBuffer): void {
    const { id, offset, data } = decodeFrame(frame);
    const incoming = this.#incoming.get(id);
    const transfer = this.#transfers.get(id);
    // Frames of what was cancelled may still be under way.
    if (!incoming || transfer?.status !== "moving") return;
    const end = offset + data.length;
    const crumb = data.length < SMALLEST_FRAME && end < transfer.size;
    if (offset !== incoming.received || end > transfer.size || crumb) {
      this.#end(id, "failed");
      this.#tell({ type: "file-cancel", id });
      return;
    }
    incoming.hash.update(data);
    keep(incoming, data);
    this.#progress({ ...transfer, moved: incoming.received });
    this.#finish(id, incoming);
  }

  #offered(message: ControlMessage & { type: "file" }): void {
    const { id, name, size, media_type } = message;
    const known = this.#transfers.get(id);
    if (known && (known.mine || known.status !== "failed")) return;
    const open = [...this.#transfers.values()].filter(({ mine, status }) => !mine && status === "offered").length;
    if (!(Number.isSafeInteger(size) && size >= 0 && size <= LARGEST_FILE) || open >= OPEN_OFFERS) {
      this.#tell({ type: "file-refuse", id });
      return;
    }
    this.#put({
      id,
      mine: false,
      // No paths.
      name: visible(name.split(/[/\\]/).pop() ?? "").slice(0, NAME_AT_MOST) || "file",
      size,
      mediaType: media_type,
      at: new Date().toISOString(),
      arrived: performance.now(),
      status: "offered",
      moved: 0,
    });
  }

  async #stream(id: string): Promise<void> {
    const outgoing = this.#outgoing.get(id);
    const transfer = this.#transfers.get(id);
    const channel = this.#channel;
    if (!outgoing || !channel || transfer?.status !== "offered") return;
    const { file, stop } = outgoing;
    const hash = new Sha256();
    this.#put({ ...transfer, status: "moving" });
    try {
      let piece = new Uint8Array();
      let pieceAt = 0;
      for (let offset = 0; offset < file.size; ) {
        if (offset >= pieceAt + piece.length) {
          pieceAt = offset;
          piece = new Uint8Array(await file.slice(offset, offset + 16 * FRAME_DATA).arrayBuffer());
          if (piece.length === 0) throw new Error("the file became shorter");
        }
        const data = piece.subarray(offset - pieceAt, offset - pieceAt + FRAME_DATA);
        await room(channel, stop.signal);
        channel.send(encodeFrame(id, offset, data));
        hash.update(data);
        offset += data.length;
        this.#progress({ ...transfer, status: "moving", moved: offset });
      }
      this.#tell({ type: "file-done", id, sha256: hex(hash.digest()) });
      this.#end(id, "done");
    } catch {
      // Cancelled by either side, the channel gone, or the file unreadable.
      if (!this.#open(id)) return;
      this.#end(id, "failed");
      this.#tell({ type: "file-cancel", id });
    }
  }

  #finish(id: string, incoming: Incoming): void {
    const transfer = this.#transfers.get(id);
    if (!transfer || incoming.expected === undefined || incoming.received < transfer.size) return;
    pack(incoming);
    if (hex(incoming.hash.digest()) !== incoming.expected.toLowerCase()) {
      this.#end(id, "failed");
      return;
    }
    this.#end(id, "done", new Blob(incoming.parts, { type: "application/octet-stream" }));
  }

  #offer({ id, name, size, mediaType }: FileTransfer): void {
    this.#tell({ type: "file", id, name, size, media_type: mediaType });
  }

  #open(id: string): boolean {
    const status = this.#transfers.get(id)?.status;
    return status === "offered" || status === "moving";
  }

  #end(id: string, status: FileStatus, blob?: Blob): void {
    const transfer = this.#transfers.get(id);
    if (!transfer) return;
    this.#outgoing.get(id)?.stop.abort();
    this.#outgoing.delete(id);
    this.#incoming.delete(id);
    if (!transfer.mine && status !== "done") this.#forgetFruitless();
    this.#put(blob ? { ...transfer, status, blob } : { ...transfer, status });
  }

  /** Makes room for one more that came to nothing. */
  #forgetFruitless(): void {
    const fruitless = [...this.#transfers.values()].filter(
      ({ mine, status }) => !mine && (status === "refused" || status === "cancelled" || status === "failed"),
    );
    for (const { id } of fruitless.slice(0, -(FRUITLESS_AT_MOST - 1))) this.#transfers.delete(id);
  }

  #put(transfer: FileTransfer): void {
    this.#transfers.set(transfer.id, transfer);
    this.#changed(this.all);
  }

  /** Told now and then: nobody can watch each frame. */
  #progress(transfer: FileTransfer): void {
    const now = Date.now();
    // The clock may be set back.
    if (Math.abs(now - this.#progressAt) < PROGRESS_EVERY) {
      this.#transfers.set(transfer.id, transfer);
      return;
    }
    this.#progressAt = now;
    this.#put(transfer);
  }
}

/** Copies, so that a frame's own buffer can go. */
function keep(incoming: Incoming, data: Uint8Array): void {
  for (let at = 0; at < data.length; ) {
    const fitting = data.subarray(at, at + incoming.block.length - incoming.filled);
    incoming.block.set(fitting, incoming.filled);
    incoming.filled += fitting.length;
    at += fitting.length;
    if (incoming.filled === incoming.block.length) pack(incoming);
  }
  incoming.received += data.length;
}

function pack(incoming: Incoming): void {
  if (incoming.filled === 0) return;
  incoming.parts.push(new Blob([incoming.block.subarray(0, incoming.filled)]));
  incoming.filled = 0;
}

/** Waits until the channel's queue has room; throws when it closes or the transfer is stopped. */
function room(channel: FileChannel, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (settle: () => void) => (): void => {
      channel.removeEventListener("bufferedamountlow", enough);
      channel.removeEventListener("close", closed);
      stop.removeEventListener("abort", closed);
      settle();
    };
    const enough = over(resolve);
    const closed = over(() => reject(new Error("stopped")));
    if (stop.aborted || channel.readyState !== "open") return closed();
    if (channel.bufferedAmount < QUEUE) return enough();
    channel.addEventListener("bufferedamountlow", enough);
    channel.addEventListener("close", closed);
    stop.addEventListener("abort", closed);
  });
}
