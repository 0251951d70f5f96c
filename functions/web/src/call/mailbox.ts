// Listens to a mailbox: opens its entries in order, loses none and repeats none over reconnects.

import { fromBase64url } from "./bytes.ts";
import { readEvents } from "./events.ts";
import type { Envelope, MailboxAccess } from "./types.ts";

/** How a mailbox is listened to: by itself, or over server-sent events only (for networks that break WebSockets). */
export type Transport = "auto" | "sse";

export type MailboxStatus = "connecting" | "open" | "closed";

export interface MailboxOptions {
  /** The service's origin; `""` for a page of the service itself. */
  base: string;
  access: MailboxAccess;
  /** The token now; asked again at each reconnect. */
  token: () => string | undefined;
  /** The last sequence that was handled. */
  after?: number;
  transport?: Transport;
  /** Each envelope once, in order; the next one waits until this settles. */
  onEnvelope: (envelope: Envelope, sequence: number) => void | Promise<void>;
  /** Entries up to this sequence were dropped: read the state anew (`PUT /presence`). */
  onGap?: (sequence: number) => void | Promise<void>;
  onStatus?: (status: MailboxStatus) => void;
  /** A token the service refuses; listening goes on when there is a new one. */
  onRefused?: () => void;
  /** For tests. */
  WebSocket?: typeof WebSocket;
  /** For tests. */
  fetch?: typeof fetch;
}

interface Delivery {
  sequence?: number;
  sealed?: string;
  gap?: number;
}

const PING_EVERY = 15_000;
const PONG_WITHIN = 5_000;
const OPEN_WITHIN = 5_000;
/** The service writes a comment every 10 seconds. */
const SILENT_AT_MOST = 20_000;
const LONGEST_WAIT = 8_000;

export class Mailbox {
  #options: MailboxOptions;
  #key: Promise<CryptoKey>;
  #after: number;
  #work: Promise<void> = Promise.resolve();
  #stopped = new AbortController();
  #wake: (() => void) | undefined;
  #cut: (() => void) | undefined;
  #status: MailboxStatus = "connecting";
  #received: number;

  /** Listens from the start, until {@link close}. */
  constructor(options: MailboxOptions) {
    this.#options = options;
    this.#after = this.#received = options.after ?? 0;
    this.#key = crypto.subtle.importKey("raw", fromBase64url(options.access.key), "AES-GCM", false, ["decrypt"]);
    this.#key.catch(() => {});
    globalThis.addEventListener?.("online", this.reconnect, { signal: this.#stopped.signal });
    void this.#listen();
  }

  /** The last sequence that was handled: go on after it. */
  get after(): number {
    return this.#after;
  }

  get status(): MailboxStatus {
    return this.#status;
  }

  /** Cuts the connection, if there is one, and connects again at once: the network changed. */
  reconnect = (): void => {
    this.#cut?.();
    this.#wake?.();
  };

  close(): void {
    this.#stopped.abort();
    this.#cut?.();
    this.#wake?.();
  }

  async #listen(): Promise<void> {
    let failures = 0;
    let socketFailures = 0;
    let socketWorked = false;
    while (!this.#stopped.signal.aborted) {
      this.#tell("connecting");
      // Two failures in a row before opening, and it is the stream's turn; a network that is down fails both.
      const socket = this.#options.transport !== "sse" && socketFailures < 2;
      const opened = await (socket ? this.#socket() : this.#stream()).catch(() => false);
      if (socket) {
        socketWorked ||= opened;
        socketFailures = opened ? 0 : socketFailures + 1;
      } else if (!opened || socketWorked) {
        socketFailures = 0;
      }
      failures = opened ? 0 : failures + 1;
      if (this.#stopped.signal.aborted) break;
      this.#tell("connecting");
      await this.#rest(failures);
    }
    this.#tell("closed");
  }

  /** At once after a connection that worked, later and later after those that did not. */
  #rest(failures: number): Promise<void> {
    const wait = failures < 2 ? 50 : Math.min(250 * 2 ** (failures - 2), LONGEST_WAIT);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait * (0.75 + Math.random() / 2));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Resolves when the connection is over, with whether it ever was one. */
  #socket(): Promise<boolean> {
    const { base, token } = this.#options;
    const url = new URL(`${base}/api/v1/mailbox?after=${this.#received}`, globalThis.location?.href ?? base);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new (this.#options.WebSocket ?? WebSocket)(url, ["visavis.v1", `bearer.${token()}`]);
    return new Promise((resolve) => {
      let worked = false;
      let pong: ReturnType<typeof setTimeout> | undefined;
      let ping: ReturnType<typeof setInterval> | undefined;
      const over = (): void => {
        clearTimeout(opening);
        clearTimeout(pong);
        clearInterval(ping);
        this.#cut = undefined;
        socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
        socket.close();
        resolve(worked);
      };
      const beat = (): void => {
        if (pong !== undefined) return;
        socket.send("ping");
        pong = setTimeout(over, PONG_WITHIN);
      };
      const opening = setTimeout(over, OPEN_WITHIN);
      this.#cut = over;
      socket.onclose = socket.onerror = over;
      socket.onopen = () => {
        clearTimeout(opening);
        this.#tell("open");
        ping = setInterval(beat, PING_EVERY);
        // Some proxies let the handshake through and nothing else: the first pong is what counts.
        beat();
      };
      socket.onmessage = ({ data }) => {
        worked = true;
        clearTimeout(pong);
        pong = undefined;
        if (data !== "pong") this.#receive(JSON.parse(String(data)) as Delivery);
      };
    });
  }

  /** Resolves when the stream is over, with whether it ever was one. */
  async #stream(): Promise<boolean> {
    const cut = new AbortController();
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const alive = (): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => cut.abort(), SILENT_AT_MOST);
    };
    this.#cut = () => cut.abort();
    let worked = false;
    try {
      alive();
      const response = await (this.#options.fetch ?? ((input, init) => fetch(input, init)))(
        `${this.#options.base}/api/v1/mailbox?after=${this.#received}`,
        {
          headers: { accept: "text/event-stream", authorization: `Bearer ${this.#options.token()}` },
          credentials: this.#options.base === "" ? "same-origin" : "omit",
          cache: "no-store",
          signal: cut.signal,
        },
      );
      if (response.status === 401) this.#options.onRefused?.();
      if (!response.ok || !response.body) return false;
      worked = true;
      this.#tell("open");
      for await (const event of readEvents(response.body, alive)) {
        if (event.type === "bye") break;
        const sequence = Number(event.id);
        if (event.type === "entry") this.#receive({ sequence, sealed: event.data });
        if (event.type === "gap") this.#receive({ gap: sequence });
      }
    } catch {
      // Cut: by the network, by the watchdog or by us.
    } finally {
      clearTimeout(watchdog);
      cut.abort();
      this.#cut = undefined;
    }
    return worked;
  }

  #receive({ sequence, sealed, gap }: Delivery): void {
    const place = sequence ?? gap;
    if (place === undefined || !(place > this.#received)) return;
    this.#received = place;
    this.#work = this.#work.then(() => this.#handle(place, sealed)).catch((error) => console.error("visavis:", error));
  }

  async #handle(sequence: number, sealed: string | undefined): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    try {
      if (sealed === undefined) await this.#options.onGap?.(sequence);
      else await this.#options.onEnvelope(await this.#open(sealed), sequence);
    } finally {
      this.#after = sequence;
    }
  }

  async #open(sealed: string): Promise<Envelope> {
    const bytes = fromBase64url(sealed);
    const additionalData = new TextEncoder().encode(this.#options.access.name);
    const algorithm = { name: "AES-GCM", iv: bytes.subarray(0, 12), additionalData };
    const plain = await crypto.subtle.decrypt(algorithm, await this.#key, bytes.subarray(12));
    return JSON.parse(new TextDecoder().decode(plain)) as Envelope;
  }

  #tell(status: MailboxStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#options.onStatus?.(status);
  }
}
