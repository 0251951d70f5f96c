// What the two sides say to each other on the channel `control`: chat, what each shows, files, goodbye.

import type { CodeMessage } from "../trust/code.ts";
import { newId } from "./bytes.ts";
import { holdsCardNumber } from "./cards.ts";
import { ControlReader } from "./control.ts";
import { type FileTransfer, FileTransfers } from "./files.ts";
import type { Link } from "./link.ts";
import type { ControlMessage, Showing } from "./types.ts";

export interface ChatEntry {
  id: string;
  mine: boolean;
  text: string;
  /** To be shown; in order they are by {@link arrived}. */
  at: string;
  /** When it was written or came here, in milliseconds of this page's life. */
  arrived: number;
  /** Whether it went out; it is sent when the connection is back. */
  sent: boolean;
}

/** What became of a text: said, or why not. */
export type Said = "said" | "empty" | "too-long" | "card-number";

/** The longest chat message. */
export const LONGEST_TEXT = 4_000;
/** Of more messages the oldest are dropped. */
export const LONGEST_CHAT = 500;
/** Milliseconds. */
const DAY = 24 * 60 * 60_000;

export interface ConversationEvents {
  chat: (chat: readonly ChatEntry[]) => void;
  files: (files: readonly FileTransfer[]) => void;
  /** What the other side shows now. */
  showing: (showing: Showing) => void;
  /** A step of the short code. */
  code: (message: CodeMessage) => void;
  /** The other side has hung up. */
  bye: () => void;
}

/** Outlives the connections that carry it: what could not be said is said on the next one. */
export class Conversation {
  readonly files: FileTransfers;
  #events: ConversationEvents;
  #link: Link | undefined;
  #control = new ControlReader();
  #chat: readonly ChatEntry[] = [];
  #showing: Showing = { microphone: false, camera: false, screen: false };

  constructor(events: ConversationEvents) {
    this.#events = events;
    this.files = new FileTransfers((message) => this.#tell(message), events.files);
  }

  /** The channels of a new connection are open. The other side drops what it has; after its reload it has nothing. */
  connect(link: Link): void {
    this.#link = link;
    this.#tell({ type: "showing", ...this.#showing });
    this.#setChat(this.#chat.map((entry) => (entry.mine ? { ...entry, sent: this.#tellChat(entry) } : entry)));
    this.files.connect(link.files);
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
    this.#setChat([...this.#chat, { ...entry, sent: this.#tellChat(entry) }]);
    return "said";
  }

  /** What this side shows now; told when it has changed. */
  show(showing: Showing): void {
    const same = (["microphone", "camera", "screen"] as const).every((kind) => showing[kind] === this.#showing[kind]);
    this.#showing = showing;
    if (!same) this.#tell({ type: "showing", ...showing });
  }

  code(message: CodeMessage): void {
    this.#tell(message);
  }

  bye(): void {
    this.#tell({ type: "bye" });
  }

  /** A text from the channel; what the {@link ControlReader} does not take is dropped. */
  hear(text: string): void {
    const message = this.#control.read(text);
    if (!message) return;
    switch (message.type) {
      case "chat": {
        const { id } = message;
        if (this.#chat.some((entry) => entry.id === id)) return;
        const said = message.text.slice(0, LONGEST_TEXT);
        this.#setChat([
          ...this.#chat,
          { id, mine: false, text: said, at: plausible(message.at), arrived: performance.now(), sent: true },
        ]);
        return;
      }
      case "showing": {
        const { microphone, camera, screen } = message;
        this.#events.showing({ microphone, camera, screen });
        return;
      }
      case "code-commit":
      case "code-reveal":
        this.#events.code(message);
        return;
      case "bye":
        this.#events.bye();
        return;
      default:
        this.files.handle(message);
    }
  }

  #setChat(chat: readonly ChatEntry[]): void {
    this.#chat = chat.slice(-LONGEST_CHAT);
    this.#events.chat(this.#chat);
  }

  #tellChat({ id, text, at }: ChatEntry): boolean {
    return this.#tell({ type: "chat", id, text, at });
  }

  /** Whether it went out. */
  #tell(message: ControlMessage): boolean {
    const control = this.#link?.control;
    if (control?.readyState !== "open") return false;
    control.send(JSON.stringify(message));
    return true;
  }
}

/** Messages and files as they came. The times that the other side tells decide nothing: its clock may be wrong. */
export function byArrival(
  chat: readonly ChatEntry[],
  files: readonly FileTransfer[],
): readonly (ChatEntry | FileTransfer)[] {
  return [...chat, ...files].sort((a, b) => a.arrived - b.arrived);
}

/** The time that the other side tells; now where that is more than a day away. */
function plausible(told: string): string {
  const now = Date.now();
  const at = Date.parse(told);
  return new Date(Math.abs(at - now) <= DAY ? at : now).toISOString();
}
