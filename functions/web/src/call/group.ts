// All who are in a call: its two ends, and those whom the expert lets join. Each two of them have a connection of their
// own, and one code is over all of these.
//
// The expert leads: it alone has authenticated all, and tells each who the others are.

import type { CheckFailed } from "../trust/failure.ts";
import { CodeExchange } from "./code-exchange.ts";
import type { Companion, Seat } from "./companion.ts";
import type { FileTransfer } from "./files.ts";
import type { Link } from "./link.ts";
import { Pair, type PairOptions } from "./pair.ts";
import type { ControlMessage, GroupMessage, Id, Member, MemberKind } from "./types.ts";

/** The way to a member: a checked connection whose channel is open. */
export interface Line {
  id: Id;
  kind: MemberKind;
  name: string;
  link: Link;
  tell: (message: ControlMessage) => boolean;
}

export interface GroupOptions extends Omit<PairOptions, "offers" | "since"> {
  /** The call whose members these are; who joins one is told by its expert. */
  call: Id | undefined;
  own: Id;
  /** This side is the expert. */
  leads: boolean;
}

export interface GroupEvents {
  /** `undefined` until all have told theirs. */
  code: (code: string | undefined) => void;
  companions: (companions: readonly Companion[]) => void;
  files: (files: readonly FileTransfer[]) => void;
  /** A check of the code failed: the end. */
  failed: (error: CheckFailed) => void;
  /** There is no connection to one of the members. */
  pairFailed: (error: CheckFailed) => void;
}

export class Group {
  #options: GroupOptions;
  #events: GroupEvents;
  #code: CodeExchange | undefined;
  /** The call that the code is about. */
  #call: Id | undefined;
  #lines = new Map<Id, Line>();
  /** Who is beside the other side of the call, by id: pairs, and at the expert those who joined. */
  #seats = new Map<Id, Seat>();
  /** Not the expert: by whom this side was let in, or whom it called. */
  #leader: Id | undefined;
  /** Not the expert: who the expert says is in the call. */
  #told: Member[] | undefined;

  constructor(options: GroupOptions, events: GroupEvents) {
    this.#options = options;
    this.#events = events;
    if (options.call !== undefined) this.#meetIn(options.call);
  }

  /** A member can be told something: the other side of the call, or at the expert who joined; again when it comes back. */
  connected(line: Line, seat?: Seat): void {
    this.#lines.set(line.id, line);
    if (seat) this.#seats.set(line.id, seat);
    if (this.#options.leads) this.#announce();
    else {
      this.#leader = line.id;
      for (const seat of this.#seats.values()) if (seat instanceof Pair) seat.reachable();
    }
    this.#agree();
    this.changed();
  }

  /** Expert: who joined is gone. */
  left(id: Id): void {
    if (!this.#lines.delete(id) || !this.#seats.delete(id)) return;
    this.#announce();
    this.#agree();
    this.changed();
  }

  /** What a member says; `from` is whose connection it came over. */
  hear(from: Id, message: GroupMessage): void {
    const { leads, own } = this.#options;
    switch (message.type) {
      case "members":
        if (from === this.#leader) this.#meet(message.call, message.members);
        return;
      case "pass":
        // Whoever says it is who it is from, whatever it says.
        if (leads) this.#lines.get(message.to)?.tell({ ...message, from });
        else if (from === this.#leader && message.to === own) this.#pair(message.from)?.take(message.message);
        return;
      default:
        this.#code?.take(from, message);
    }
  }

  /** A seat is another. */
  changed(): void {
    const seats = [...this.#seats.values()];
    this.#events.companions(seats.map(({ companion }) => companion));
    this.#events.files(
      seats.flatMap(({ companion: { name }, conversation: { files } }) =>
        (files?.all ?? []).map((file) => ({ ...file, with: name })),
      ),
    );
  }

  get seats(): Iterable<Seat> {
    return this.#seats.values();
  }

  close(): void {
    for (const seat of this.#seats.values()) if (seat instanceof Pair) seat.close();
    this.#seats.clear();
    this.#lines.clear();
  }

  // ---- Who is in the call

  #members(): Member[] {
    const { own } = this.#options;
    const others = [...this.#lines.values()].map(({ id, kind, name, link }) => ({
      ...{ id, kind, name },
      fingerprint: link.fingerprints.remote ?? "",
    }));
    const [first] = this.#lines.values();
    const kind = this.#options.leads ? "expert" : "visitor";
    return first ? [{ id: own, kind, name: "", fingerprint: first.link.fingerprints.local }, ...others] : [];
  }

  /** Expert: tells each who all are. */
  #announce(): void {
    const { call } = this.#options;
    if (call === undefined) return;
    const members = this.#members();
    for (const line of this.#lines.values()) line.tell({ type: "members", call, members });
  }

  /** Not the expert: connects this side with those who are there, and with nobody else. */
  #meet(call: Id, members: Member[]): void {
    const { own } = this.#options;
    const leader = this.#leader && this.#lines.get(this.#leader);
    if (!leader || new Set(members.map(({ id }) => id)).size !== members.length) return;
    const { local, remote } = leader.link.fingerprints;
    const has = (id: Id, fingerprint: string | undefined): boolean =>
      members.some((member) => member.id === id && member.fingerprint === fingerprint);
    // Said of a connection that is gone by now: the next telling is under way.
    if (!has(own, local) || !has(leader.id, remote)) return;
    if (this.#call === undefined) this.#meetIn(call);
    if (call !== this.#call) return;
    // Those whom this side meets as it comes were there before: all that it says is for them.
    const since = this.#told ? performance.now() : Number.NEGATIVE_INFINITY;
    this.#told = members;
    for (const [id, seat] of this.#seats) {
      if (!(seat instanceof Pair) || has(id, seat.member.fingerprint)) continue;
      seat.close();
      this.#seats.delete(id);
      this.#lines.delete(id);
    }
    for (const member of members) {
      if (member.id !== own && member.id !== leader.id && !this.#seats.has(member.id)) this.#connect(member, since);
    }
    this.#agree();
    this.changed();
  }

  #connect(member: Member, since: number): void {
    const { own } = this.#options;
    const { id, kind, name } = member;
    const pair: Pair = new Pair(
      member,
      { ...this.#options, offers: own < id, since },
      {
        pass: (message) => {
          const leader = this.#leader && this.#lines.get(this.#leader);
          if (leader) leader.tell({ type: "pass", to: id, from: own, message });
        },
        open: (link, tell) => {
          this.#lines.set(id, { ...{ id, kind, name }, link, tell });
          this.#agree();
        },
        // Only the expert says who is there.
        group: (message) => message.type.startsWith("code-") && this.hear(id, message),
        changed: () => this.changed(),
        failed: (error) => this.#events.pairFailed(error),
      },
    );
    this.#seats.set(id, pair);
  }

  #pair(id: Id): Pair | undefined {
    const seat = this.#seats.get(id);
    return seat instanceof Pair ? seat : undefined;
  }

  // ---- The code

  #meetIn(call: Id): void {
    this.#call = call;
    this.#code = new CodeExchange(call, this.#options.own, {
      tell: (message) => {
        for (const line of this.#lines.values()) line.tell(message);
      },
      code: (code) => this.#events.code(code),
      failed: (error) => this.#events.failed(error),
    });
  }

  /** As soon as each two of them have checked each other, as far as this side can tell. */
  #agree(): void {
    const { own } = this.#options;
    for (const { link } of this.#lines.values()) link.share(this.#lines.size);
    const members = this.#told ?? this.#members();
    const known = members.every(
      ({ id, fingerprint }) => id === own || this.#lines.get(id)?.link.fingerprints.remote === fingerprint,
    );
    if (members.length < 2) return;
    if (!known) {
      this.#events.code(undefined);
      return;
    }
    const ordered = members.map(({ id, fingerprint }) => ({ id, fingerprint }));
    this.#code?.meet(ordered.sort((one, other) => (one.id < other.id ? -1 : 1)));
  }
}
