// All who are in a call: its two ends, and those whom the expert lets join. Each two of them have a connection of their
// own, and one code is over all of these.
//
// The expert leads: it alone has authenticated all, and tells each who the others are.

import { CheckFailed } from "../trust/failure.ts";
import { isId } from "./bytes.ts";
import { CodeExchange } from "./code-exchange.ts";
import type { Companion, Seat } from "./companion.ts";
import { LONGEST_NAME, MOST_MEMBERS, Pace } from "./control.ts";
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
  /** A check failed that is about the other side of the call: the end. */
  failed: (error: CheckFailed) => void;
  /** There is no connection to one of the members. */
  pairFailed: (error: CheckFailed) => void;
}

/**
 * So much of what one member passes to others the expert hands on, and so much in a second: twice what it takes to find
 * them. More would crowd out what the expert itself says to them.
 */
const PASSED = { burst: 120, perSecond: 2 };

export class Group {
  #options: GroupOptions;
  #events: GroupEvents;
  #code: CodeExchange | undefined;
  /** The call that the code is about. */
  #call: Id | undefined;
  #lines = new Map<Id, Line>();
  /** Who is beside the other side of the call, by id: pairs, and at the expert those who joined. */
  #seats = new Map<Id, Seat>();
  /** Expert: of what each passes to others. */
  #paces = new Map<Id, Pace>();
  /** The other side of the call: of all but the expert it is the expert, who leads. */
  #other: Id | undefined;
  /** Not the expert: who the expert says is in the call. */
  #told: Member[] | undefined;

  constructor(options: GroupOptions, events: GroupEvents) {
    this.#options = options;
    this.#events = events;
    if (options.call !== undefined) this.#meetIn(options.call);
  }

  /**
   * A member can be told something: the other side of the call, or at the expert who joined; again when it comes back.
   * Whether it is one: `false` after its check has failed, and nothing that it says counts.
   */
  connected(line: Line, seat?: Seat): boolean {
    if (this.#options.leads && !this.#admits(line, seat)) {
      const error = new CheckFailed("continuity");
      if (seat) seat.fail(error);
      else this.#events.failed(error);
      return false;
    }
    this.#lines.set(line.id, line);
    if (seat) this.#seats.set(line.id, seat);
    else this.#other = line.id;
    if (this.#options.leads) this.#announce();
    else for (const one of this.#seats.values()) if (one instanceof Pair) one.reachable();
    this.#agree();
    this.changed();
    return true;
  }

  /** Expert: who joined is gone. */
  left(id: Id, seat: Seat): void {
    if (this.#seats.get(id) !== seat) return;
    this.#seats.delete(id);
    this.#lines.delete(id);
    this.#announce();
    this.#agree();
    this.changed();
  }

  /** What a member says; `from` is whose connection it came over. */
  hear(from: Id, message: GroupMessage): void {
    const { leads, own } = this.#options;
    switch (message.type) {
      case "members":
        if (!leads && from === this.#other) this.#meet(message.call, message.members);
        return;
      case "pass":
        // Whoever says it is who it is from, whatever it says.
        if (leads) this.#pass({ ...message, from });
        else if (from === this.#other && message.to === own) this.#pair(message.from)?.take(message.message);
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
      seats.flatMap(({ companion: { id, name, kind }, conversation: { files } }) =>
        (files?.all ?? []).map((file) => ({ ...file, with: { id, name, kind } })),
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
      ...{ id, kind, name: name.slice(0, LONGEST_NAME) },
      fingerprint: link.fingerprints.remote ?? "",
    }));
    const [first] = this.#lines.values();
    const kind = this.#options.leads ? "expert" : "visitor";
    return first ? [{ id: own, kind, name: "", fingerprint: first.link.fingerprints.local }, ...others] : [];
  }

  /**
   * Expert: whether all can be told of this member. It is the service that says how many there are and what their ids are,
   * and one with another's, or one too many, would be with the expert while the others go on without knowing of it.
   */
  #admits({ id, link }: Line, seat: Seat | undefined): boolean {
    const { own } = this.#options;
    const { local, remote } = link.fingerprints;
    const others = [...this.#lines.values()].filter((line) => line.id !== id);
    const known = this.#lines.has(id);
    // Of the places one is the expert's and one the other side's, whoever comes first.
    if (known ? this.#seats.get(id) !== seat : seat && this.#seats.size >= MOST_MEMBERS - 2) return false;
    const taken = [local, ...others.map((line) => line.link.fingerprints.remote)];
    return isId(id) && id !== own && !taken.includes(remote);
  }

  #pass(message: GroupMessage & { type: "pass" }): void {
    const { to, from } = message;
    const pace = this.#paces.get(from) ?? new Pace(PASSED.burst, PASSED.perSecond);
    this.#paces.set(from, pace);
    if (pace.take()) this.#lines.get(to)?.tell(message);
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
    const leader = this.#other && this.#lines.get(this.#other);
    // Each has an id and a certificate of its own.
    const different = new Set(members.flatMap(({ id, fingerprint }) => [id, fingerprint])).size;
    if (!leader || different !== 2 * members.length) return;
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
    const earlier = new Map<Id, number>();
    for (const [id, seat] of this.#seats) {
      if (!(seat instanceof Pair) || has(id, seat.member.fingerprint)) continue;
      earlier.set(id, seat.since);
      seat.close();
      this.#seats.delete(id);
      this.#lines.delete(id);
    }
    for (const member of members) {
      const { id } = member;
      // Whose page was loaded anew was there before.
      if (id !== own && id !== leader.id && !this.#seats.has(id)) this.#connect(member, earlier.get(id) ?? since);
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
          const leader = this.#other && this.#lines.get(this.#other);
          if (leader) leader.tell({ type: "pass", to: id, from: own, message });
        },
        open: (link, tell) => {
          this.#lines.set(id, { ...{ id, kind, name }, link, tell });
          this.#agree();
        },
        // Only the expert says who is there.
        group: (message) => message.type.startsWith("code-") && this.hear(id, message),
        changed: () => this.changed(),
        failed: (error) => {
          this.#lines.delete(id);
          this.#agree();
          this.#events.pairFailed(error);
        },
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
      failed: (error) => {
        // Who breaks the code ends it with itself, not between the others.
        if (error.by === undefined || error.by === this.#other) this.#events.failed(error);
        else this.#seats.get(error.by)?.fail(error);
      },
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
    const ordered = members.map(({ id, fingerprint }) => ({ id, fingerprint }));
    this.#code?.meet(known ? ordered.sort((one, other) => (one.id < other.id ? -1 : 1)) : undefined);
  }
}
