// The few forms of DER (X.690) that a key file is made of.

export const Tag = { integer: 0x02, octets: 0x04, null: 0x05, oid: 0x06, sequence: 0x30 } as const;
export type Tag = (typeof Tag)[keyof typeof Tag];

/** One element around its contents. */
export function derNode(tag: Tag, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  const head = length < 128 ? [tag, length] : [tag, 0x80 | bytes.length, ...bytes];
  const node = new Uint8Array(head.length + length);
  node.set(head);
  let at = head.length;
  for (const part of contents) {
    node.set(part, at);
    at += part.length;
  }
  return node;
}

/** An integer of at least 0. */
export function derInteger(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if ((bytes[0] ?? 0x80) >= 0x80) bytes.unshift(0);
  return derNode(Tag.integer, Uint8Array.from(bytes));
}

/** An object identifier that begins with 0, 1 or 2. */
export function derOid(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left % 128));
    return groups;
  });
  return derNode(Tag.oid, Uint8Array.from(bytes));
}

/** Reads elements one after the other; throws a `RangeError` where something else stands. */
export class DerReader {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }

  /** Whether the next element has this tag. */
  is(tag: Tag): boolean {
    return this.bytes[this.#at] === tag;
  }

  /** Goes into the next element. */
  next(tag: Tag): DerReader {
    if (!this.is(tag)) throw new RangeError(`no element ${tag} at ${this.#at}`);
    let at = this.#at + 2;
    let length = this.bytes[this.#at + 1] ?? 0;
    if (length >= 0x80) {
      const octets = length - 0x80;
      if (octets < 1 || octets > 3) throw new RangeError("a length that is not for a key file");
      length = 0;
      for (let left = octets; left > 0; left--) length = length * 256 + (this.bytes[at++] ?? 0);
    }
    if (at + length > this.bytes.length) throw new RangeError("cut off");
    this.#at = at + length;
    return new DerReader(this.bytes.slice(at, at + length));
  }

  /** Goes into the last element. */
  only(tag: Tag): DerReader {
    const inside = this.next(tag);
    if (this.#at !== this.bytes.length) throw new RangeError("something is left over");
    return inside;
  }

  integer(): number {
    const { bytes } = this.next(Tag.integer);
    if (bytes.length === 0 || bytes.length > 6 || (bytes[0] ?? 0) >= 0x80) throw new RangeError("not a count");
    return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  }

  oid(): string {
    const arcs: number[] = [];
    let arc = 0;
    for (const byte of this.next(Tag.oid).bytes) {
      arc = arc * 128 + (byte & 0x7f);
      if (byte >= 0x80) continue;
      arcs.push(arc);
      arc = 0;
    }
    const [head = 0, ...rest] = arcs;
    const first = Math.min(Math.floor(head / 40), 2);
    return [first, head - first * 40, ...rest].join(".");
  }
}
