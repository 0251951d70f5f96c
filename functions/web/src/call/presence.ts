// Says again and again that this side is there, and what the service answers.

import { type Api, Problem } from "./api.ts";
import type { Call, PresenceState } from "./types.ts";

export interface PresenceOptions {
  api: Api;
  state: PresenceState;
  /** What goes on now, at each renewal. */
  onCalls: (calls: Call[]) => void;
  /** A renewal failed; the next one is under way. */
  onProblem?: (problem: Problem) => void;
}

const RENEW_IN = 8_000;
const AGAIN_IN = 2_000;

export class PresenceLease {
  #options: PresenceOptions;
  #state: PresenceState;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = new AbortController();
  #running: Promise<void> | undefined;
  #again = false;
  /**
   * Browsers slow a hidden page's timers down to one a minute, longer than a lease lasts, but not those of a page with a
   * peer connection (Chromium) or a WebSocket (Firefox). This one is never used for anything else.
   */
  #awake: RTCPeerConnection | undefined;

  /** Renews from now on, until {@link close}. */
  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#state = options.state;
    if ("RTCPeerConnection" in globalThis) this.#awake = new RTCPeerConnection();
    const { signal } = this.#stopped;
    globalThis.addEventListener?.("online", () => void this.renew(), { signal });
    globalThis.addEventListener?.("pagehide", () => this.#leave(), { signal });
    globalThis.addEventListener?.("pageshow", (event) => event.persisted && void this.renew(), { signal });
    void this.renew();
  }

  get state(): PresenceState {
    return this.#state;
  }

  /** Changes the state and tells the service at once. */
  set(state: PresenceState): Promise<void> {
    this.#state = state;
    return this.renew();
  }

  /** Renews at once, also to read the state anew after a gap. One request at a time. */
  async renew(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#renew().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
    if (this.#again) {
      this.#again = false;
      if (!this.#stopped.signal.aborted) await this.renew();
    }
  }

  /** Stops renewing; `leave` tells the service, so that nobody waits for the lease to run out. */
  close(leave: boolean): void {
    if (this.#stopped.signal.aborted) return;
    if (leave) this.#leave();
    this.#stopped.abort();
    clearTimeout(this.#timer);
    this.#awake?.close();
  }

  async #renew(): Promise<void> {
    clearTimeout(this.#timer);
    let next = AGAIN_IN;
    try {
      const { calls, renew_in } = await this.#options.api.renewPresence(this.#state);
      next = renew_in || RENEW_IN;
      if (!this.#stopped.signal.aborted) this.#options.onCalls(calls);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.retryAfter) next = Math.max(next, error.retryAfter * 1000);
      if (!this.#stopped.signal.aborted) this.#options.onProblem?.(error);
    }
    if (!this.#stopped.signal.aborted) this.#timer = setTimeout(() => void this.renew(), next);
  }

  #leave(): void {
    this.#options.api.leave({ keepalive: true }).catch(() => {});
  }
}
