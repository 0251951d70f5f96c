// The messages that visitors have left: fetched, opened with the key of this browser, deleted.

import type { Api } from "../call/api.ts";
import { Store } from "../call/store.ts";
import type { Id, Time } from "../call/types.ts";
import type { Device } from "../trust/handshake.ts";
import { type LeftMessage, openMessage } from "../trust/message.ts";

export interface InboxEntry {
  id: Id;
  at: Time;
  /** For this expert alone. */
  mine: boolean;
  /** What it says; nothing where this browser cannot open it. */
  content: LeftMessage | undefined;
}

export interface InboxState {
  /** The newest first. */
  entries: readonly InboxEntry[];
  /** There are older ones. */
  more: boolean;
  error: unknown;
}

export interface InboxOptions {
  api: Pick<Api, "request">;
  organisation: Id;
  /** The keys of this desk, once they are certified; asked each time. */
  device: () => Promise<Device | undefined>;
}

interface Page {
  messages: { id: Id; at: Time; expert?: Id; payload: string }[];
  more: boolean;
}

/** Milliseconds. */
const ASK_EVERY = 60_000;

export class Inbox extends Store<InboxState> {
  #options: InboxOptions;
  #timer: ReturnType<typeof setInterval>;
  /** What was opened stays open: a certificate may be taken back, or renewed, meanwhile. */
  #opened = new Map<Id, LeftMessage>();

  /** Asks now and again, until {@link close}. */
  constructor(options: InboxOptions) {
    super({ entries: [], more: false, error: undefined });
    this.#options = options;
    this.#timer = setInterval(() => void this.load(), ASK_EVERY);
    void this.load();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** The newest ones. */
  async load(): Promise<void> {
    await this.#attempt(async () => {
      const { messages, more } = await this.#options.api.request<Page>("GET", "/messages");
      this.change({ entries: await this.#open(messages), more });
    });
  }

  /** The next older ones besides. */
  async loadOlder(): Promise<void> {
    await this.#attempt(async () => {
      const last = this.state.entries.at(-1);
      if (!last) return;
      const { messages, more } = await this.#options.api.request<Page>("GET", `/messages?before=${last.id}`);
      const older = await this.#open(messages);
      this.change({ entries: [...this.state.entries, ...older], more });
    });
  }

  async remove(id: Id): Promise<void> {
    await this.#attempt(async () => {
      await this.#options.api.request("DELETE", `/messages/${id}`);
      this.#opened.delete(id);
      this.change({ entries: this.state.entries.filter((entry) => entry.id !== id) });
    });
  }

  async #open(messages: Page["messages"]): Promise<InboxEntry[]> {
    const device = await this.#options.device().catch(() => undefined);
    const { organisation } = this.#options;
    return Promise.all(
      messages.map(async ({ id, at, expert, payload }) => {
        let content = this.#opened.get(id);
        // Not of the documented form: as good as one for another browser.
        if (!content && device) {
          content = await openMessage({ organisation, message: id }, device, payload).catch(() => undefined);
        }
        if (content) this.#opened.set(id, content);
        return { id, at, mine: expert !== undefined, content };
      }),
    );
  }

  async #attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run();
      if (this.state.error !== undefined) this.change({ error: undefined });
    } catch (error) {
      this.change({ error });
    }
  }
}
