// What is written in a call: one list, said to each who is in it by a line of their own.

import { newId } from "./bytes.ts";
import { holdsCardNumber } from "./cards.ts";
import type { Id, MemberKind } from "./types.ts";

export interface ChatEntry {
  /** One of each: two members may use the same, but not for each other's entries. */
  id: string;
  mine: boolean;
  /** Who wrote it; nothing where that is the other side of the call, or this one. */
  from?: Author;
  text: string;
  /** To be shown; in order they are by {@link arrived}. */
  at: string;
  /** When it was written or came here, in milliseconds of this page's life. */
  arrived: number;
  /** Whether it went out; it is sent when a connection is back. */
  sent: boolean;
}

/** What became of a text: said, or why not. */
export type Said = "said" | "empty" | "too-long" | "card-number";

/** The longest chat message. */
export const LONGEST_TEXT = 4_000;
/** Of more messages the oldest is dropped of who has written most: nobody can make all that others write go away. */
export const LONGEST_CHAT = 500;
/** Milliseconds. */
const DAY = 24 * 60 * 60_000;

/** A member who is not the other side of the call. Who has no name goes by the kind, and never by another's name. */
export interface Author {
  id: Id | undefined;
  /** May be empty. */
  name: string;
  kind: MemberKind;
}

/** The way to one member; whether the entry went out. */
type Line = (entry: ChatEntry) => boolean;

export class Chat {
  #entries: readonly ChatEntry[] = [];
  /** With the time from which on each is told what is written. */
  #lines = new Map<Line, number>();
  #listeners = new Set<(entries: readonly ChatEntry[]) => void>();

  get entries(): readonly ChatEntry[] {
    return this.#entries;
  }

  /** Calls `listener` after each change, until `signal` aborts. */
  subscribe(listener: (entries: readonly ChatEntry[]) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => void this.#listeners.delete(listener), { once: true });
  }

  /**
   * A connection to a member is there, or there again: it is told what this side has written, after its reload it has
   * nothing. Who joins a call later is told nothing from before.
   */
  connected(line: Line, joinedAt = Number.NEGATIVE_INFINITY): void {
    if (!this.#lines.has(line)) this.#lines.set(line, joinedAt);
    this.#set(this.#entries.map((entry) => (entry.mine && this.#tell(line, entry) ? { ...entry, sent: true } : entry)));
  }

  /** The member is gone. */
  left(line: Line): void {
    this.#lines.delete(line);
  }

  say(text: string): Said {
    const trimmed = text.trim();
    if (trimmed === "") return "empty";
    if (trimmed.length > LONGEST_TEXT) return "too-long";
    if (holdsCardNumber(trimmed)) return "card-number";
    const entry: ChatEntry = {
      id: newId(),
      mine: true,
      text: trimmed,
      at: new Date().toISOString(),
      arrived: performance.now(),
      sent: false,
    };
    const told = [...this.#lines.keys()].map((line) => this.#tell(line, entry));
    this.#set([...this.#entries, { ...entry, sent: told.includes(true) }]);
    return "said";
  }

  /**
   * What a member has written, `from` where it is not the other side of the call. What it has written before is left
   * alone; another's id is told to all, and whoever repeats it first must not put their text in its place.
   */
  heard({ id: told, text, at }: { id: string; text: string; at: string }, from?: Author): void {
    const id = from ? `${from.id}/${told}` : told;
    if (this.#entries.some((entry) => entry.id === id)) return;
    const entry = { id, mine: false, text: text.slice(0, LONGEST_TEXT), at: plausible(at), arrived: performance.now() };
    this.#set([...this.#entries, { ...entry, sent: true, ...(from ? { from: author(from) } : {}) }]);
  }

  #tell(line: Line, entry: ChatEntry): boolean {
    return entry.arrived >= (this.#lines.get(line) ?? Number.POSITIVE_INFINITY) && line(entry);
  }

  #set(entries: readonly ChatEntry[]): void {
    this.#entries = entries.length > LONGEST_CHAT ? shortened(entries) : entries;
    for (const listener of [...this.#listeners]) listener(this.#entries);
  }
}

/** As they are now, and no more than that: what tells of them may hold streams. */
function author({ id, name, kind }: Author): Author {
  return { id, name, kind };
}

/** Without one. */
function shortened(entries: readonly ChatEntry[]): readonly ChatEntry[] {
  const writer = ({ mine, from }: ChatEntry): string => (mine ? "mine" : `by ${from?.id}`);
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(writer(entry), (counts.get(writer(entry)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const dropped = entries.find((entry) => counts.get(writer(entry)) === most);
  return entries.filter((entry) => entry !== dropped);
}

/** The time that a member tells; now where that is more than a day away. */
function plausible(told: string): string {
  const now = Date.now();
  const at = Date.parse(told);
  return new Date(Math.abs(at - now) <= DAY ? at : now).toISOString();
}
