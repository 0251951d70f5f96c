// What the two ends of a connection say to each other on the channel `control`: chat, what each shows, files, goodbye.

import type { Author, Chat, ChatEntry } from "./chat.ts";
import { ControlReader } from "./control.ts";
import type { FileTransfer, FileTransfers } from "./files.ts";
import { later } from "./later.ts";
import type { Link } from "./link.ts";
import type { LocalMedia } from "./media.ts";
import type { ControlMessage, GroupMessage, Showing } from "./types.ts";

export interface ConversationEvents {
  files: (files: readonly FileTransfer[]) => void;
  /** What the other side shows now. */
  showing: (showing: Showing) => void;
  /** What concerns all who are in the call. */
  group: (message: GroupMessage) => void;
  /** The other side has hung up. */
  bye: () => void;
}

const MOST_EARLY = 32;

/** Who is at the other end, where that is not the other side of the call. */
export interface Joined {
  author: () => Author;
  /** What was written before is not for them, in milliseconds of this page's life; before they connect unless told. */
  since?: number;
}

/** Outlives the connections that carry it: what could not be said is said on the next one. */
export class Conversation {
  /** Nothing until what it needs is loaded. */
  files: FileTransfers | undefined;
  /** What was said of files before. */
  #early: ControlMessage[] = [];
  #chat: Chat;
  #events: ConversationEvents;
  #joined: Joined | undefined;
  #joinedAt: number | undefined;
  #link: Link | undefined;
  #control = new ControlReader();
  #showing: Showing = { microphone: false, camera: false, screen: false };

  constructor(chat: Chat, events: ConversationEvents, joined?: Joined) {
    this.#chat = chat;
    this.#events = events;
    this.#joined = joined;
    this.#joinedAt = joined ? joined.since : Number.NEGATIVE_INFINITY;
    void later.then(({ FileTransfers }) => {
      const files = new FileTransfers((message) => this.tell(message), events.files);
      this.files = files;
      if (this.#link) files.connect(this.#link.files);
      for (const message of this.#early.splice(0)) files.handle(message);
    });
  }

  /** The channels of a new connection are open. The other side drops what it has; after its reload it has nothing. */
  connect(link: Link): void {
    this.#link = link;
    this.tell({ type: "showing", ...this.#showing });
    this.#joinedAt ??= performance.now();
    this.#chat.connected(this.#tellChat, this.#joinedAt);
    this.files?.connect(link.files);
  }

  /** What this side shows now: its tracks go on the link, and the other side is told when it has changed. */
  show({ state }: LocalMedia, link: Link | undefined): void {
    link?.setTracks({ microphone: state.microphoneTrack, camera: state.cameraTrack, screen: state.screenTrack });
    const showing: Showing = {
      microphone: state.microphone.status === "on",
      camera: state.camera.status === "on",
      screen: state.screen.status === "on",
    };
    const same = (["microphone", "camera", "screen"] as const).every((kind) => showing[kind] === this.#showing[kind]);
    this.#showing = showing;
    if (!same) this.tell({ type: "showing", ...showing });
  }

  /** A text from the channel; what the {@link ControlReader} does not take is dropped. */
  hear(text: string): void {
    const message = this.#control.read(text);
    if (!message) return;
    switch (message.type) {
      case "chat":
        this.#chat.heard(message, this.#joined?.author());
        return;
      case "showing": {
        const { microphone, camera, screen } = message;
        this.#events.showing({ microphone, camera, screen });
        return;
      }
      case "code-commit":
      case "code-reveal":
      case "members":
      case "pass":
        this.#events.group(message);
        return;
      case "bye":
        this.#events.bye();
        return;
      default:
        if (this.files) this.files.handle(message);
        else if (this.#early.length < MOST_EARLY) this.#early.push(message);
    }
  }

  /** A frame from the channel `files`; what is none is dropped. */
  hearFile(frame: ArrayBuffer): void {
    try {
      this.files?.receive(frame);
    } catch {
      // Not a frame of the documented form.
    }
  }

  /** Whether it went out. */
  tell(message: ControlMessage): boolean {
    const control = this.#link?.control;
    if (control?.readyState !== "open") return false;
    try {
      control.send(JSON.stringify(message));
      return true;
    } catch {
      // The other side reads nothing until the queue is full: that must not keep anything from the others.
      return false;
    }
  }

  /** The connection is gone, and there will be no other. */
  end(): void {
    this.#chat.left(this.#tellChat);
    this.#link = undefined;
    this.files?.interrupt();
  }

  #tellChat = ({ id, text, at }: ChatEntry): boolean => this.tell({ type: "chat", id, text, at });
}

/** Messages and files as they came. The times that the other side tells decide nothing: its clock may be wrong. */
export function byArrival(
  chat: readonly ChatEntry[],
  files: readonly FileTransfer[],
): readonly (ChatEntry | FileTransfer)[] {
  return [...chat, ...files].sort((a, b) => a.arrived - b.arrived);
}
