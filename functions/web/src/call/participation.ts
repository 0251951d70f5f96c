// How a session takes part in all that goes on in a call: in a group of its own, or in that of the call which somebody
// joins by it.

import type { Chat } from "./chat.ts";
import type { Companion, Seat } from "./companion.ts";
import type { Conversation } from "./conversation.ts";
import type { FileTransfers } from "./files.ts";
import type { Group, GroupEvents, GroupOptions } from "./group.ts";
import { later } from "./later.ts";
import type { Link } from "./link.ts";
import type { ControlMessage, GroupMessage, Id, MemberKind } from "./types.ts";

/** Who is at the other side now; nothing until that is known. */
export interface OtherSide extends Omit<Companion, "id" | "kind"> {
  id: Id | undefined;
  kind: MemberKind;
}

export interface ParticipationOptions {
  chat: Chat;
  conversation: Conversation;
  other: () => OtherSide;
  link: () => Link | undefined;
  /** What a group of its own needs; or the call that somebody joins by this one. Neither: it takes no part. */
  group: Omit<GroupOptions, "chat"> | Participation | undefined;
}

/** What is told to all, over some reloads, before this side can hear it; and as much that others pass on. */
const MOST_EARLY = 32;

export class Participation {
  #options: ParticipationOptions;
  /** Of who joins another call by this one. */
  #seat: Seat;
  #own: Group | undefined;
  #host: Participation | undefined;
  /** The link that the group knows of, and who is at its other side: the same for the whole call. */
  #met: { link: Link; id: Id } | undefined;
  /** What it needs is loaded late, or it is not known yet who is at the other side. */
  #early: GroupMessage[] = [];
  #over = false;
  /** The group does not take who is at the other side for a member. */
  #refused = false;

  constructor(options: ParticipationOptions, events: GroupEvents) {
    this.#options = options;
    const { conversation, other } = options;
    this.#seat = {
      conversation,
      get companion() {
        const { id = "", ...rest } = other();
        return { id, ...rest };
      },
      fail: events.failed,
    };
    const { group, chat } = options;
    if (group instanceof Participation) this.#host = group;
    else if (group) {
      void later.then(({ Group }) => {
        if (this.#over) return;
        this.#own = new Group({ ...group, chat }, events);
        this.meet();
      });
    }
  }

  get #group(): Group | undefined {
    return this.#host ? this.#host.#own : this.#own;
  }

  /**
   * Whether the others can see who is at the other side. Before, or without the channel for it, somebody who joins hears
   * and sees nothing of this side and is not shown: nobody is in a call unknown to a member.
   */
  get known(): boolean {
    if (!this.#host) return true;
    return !this.#refused && this.#met !== undefined && this.#met.link === this.#options.link();
  }

  /** As soon as the channel is there and it is known who is at the other side, whichever is later. */
  meet(): void {
    const link = this.#options.link();
    const { id: told, kind, name } = this.#options.other();
    const id = this.#met?.id ?? told;
    const group = this.#group;
    if (
      this.#refused ||
      !group ||
      !id ||
      !link?.checked ||
      link.control.readyState !== "open" ||
      link === this.#met?.link
    )
      return;
    this.#met = { link, id };
    const { conversation } = this.#options;
    const line = { id, kind, name, link, tell: (message: ControlMessage) => conversation.tell(message) };
    // The id may be that of another member: nothing that is said here must count as said by them.
    this.#refused = !group.connected(line, this.#host && this.#seat);
    for (const message of this.#early.splice(0)) this.hear(message);
  }

  hear(message: GroupMessage): void {
    if (this.#refused) return;
    if (this.#group && this.#met) this.#group.hear(this.#met.id, message);
    else {
      const passed = ({ type }: GroupMessage): boolean => type === "pass";
      const alike = this.#early.filter((one) => passed(one) === passed(message));
      if (alike.length < MOST_EARLY) this.#early.push(message);
    }
  }

  /** The other side is another, for those whom it has joined. */
  changed(): void {
    if (this.#met && this.#host) this.#group?.changed();
  }

  /** Of each who is in the call. */
  get files(): readonly FileTransfers[] {
    const conversations = [
      this.#options.conversation,
      ...[...(this.#own?.seats ?? [])].map((seat) => seat.conversation),
    ];
    return conversations.flatMap(({ files }) => files ?? []);
  }

  close(): void {
    this.#over = true;
    this.#own?.close();
    if (this.#met && this.#host) this.#group?.left(this.#met.id, this.#seat);
  }
}
