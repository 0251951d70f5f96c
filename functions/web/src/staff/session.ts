// A member of staff's session: the one-time link, the short-lived token and its renewal, signing out.
//
// Shared by the desk and the console; knows no page, so that it is tested without one.

import { Problem } from "../call/api.ts";
import type { StaffAccess, StaffRole } from "../call/types.ts";
import type { StaffApi } from "./api.ts";

/** Where the session stands. */
export type SessionState =
  | { name: "starting" }
  /** The service does not answer; it is asked again by itself. */
  | { name: "unreachable"; detail: string }
  | { name: "signed-out"; because: SignedOut }
  | { name: "signed-in"; access: StaffAccess };

/**
 * Why nobody is signed in: `no-session` never on this computer, `link` the link was used or is too old, `ended` over or
 * taken away, `left` on purpose, `role` signed in, but not for this page.
 */
export type SignedOut = "no-session" | "link" | "ended" | "left" | "role";

/** What the session needs of the client. */
export type SessionApi = Pick<StaffApi, "signIn" | "staffToken" | "signOut" | "token">;

/** Timers, so that tests need not wait. */
export interface Timers {
  now(): number;
  /** Returns what cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

const browserTimers: Timers = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

const RENEW_BEFORE = 90_000;
const RENEW_AT_LEAST = 15_000;
const RENEW_AT_MOST = 480_000;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

const LINK = "#sign-in=";

/** Takes the secret out of `#sign-in=…`, for the service to judge; nothing where the fragment is something else. */
export function secretOf(fragment: string): string | undefined {
  return fragment.startsWith(LINK) ? fragment.slice(LINK.length) : undefined;
}

/**
 * How long to wait before the token is renewed. Bounded on both sides, because this computer's clock may be wrong: the
 * first bound keeps a fast clock from asking without end, the second a slow one from asking too late.
 */
export function renewIn(expiresAt: string, now: number): number {
  const left = Date.parse(expiresAt) - now - RENEW_BEFORE;
  return Number.isNaN(left) ? RENEW_AT_LEAST : Math.min(Math.max(left, RENEW_AT_LEAST), RENEW_AT_MOST);
}

/** The session of one page. Dispatches `change` whenever `state` does, and keeps the client's token fresh. */
export class StaffSession extends EventTarget {
  readonly role: StaffRole;
  #api: SessionApi;
  #timers: Timers;
  #state: SessionState = { name: "starting" };
  #cancel: () => void = () => {};
  #failures = 0;
  #renewing: Promise<void> | undefined;
  /** Rises with each sign-in and sign-out, so that the answer to an earlier question changes nothing. */
  #turn = 0;

  constructor(role: StaffRole, api: SessionApi, timers: Timers = browserTimers) {
    super();
    this.role = role;
    this.#api = api;
    this.#timers = timers;
  }

  get state(): SessionState {
    return this.#state;
  }

  /**
   * Begins with a link's secret, or with the cookie that is there. A link that no longer works gives way to a session
   * that does, so that following the same link twice does no harm.
   */
  async start(secret?: string): Promise<void> {
    const turn = this.#begin();
    let otherwise: SignedOut = "no-session";
    if (secret !== undefined) {
      this.#set({ name: "starting" });
      try {
        await this.#api.signIn(secret);
      } catch (error) {
        if (turn !== this.#turn) return;
        if (!isFinal(error)) return this.#wait(error, () => void this.#resume(secret));
        otherwise = "link";
      }
    }
    if (turn === this.#turn) await this.#fetchToken(otherwise);
  }

  /**
   * Follows a link. Where somebody is signed in, `agreed` is asked first (without `access` where they have not this
   * page's role) and they are signed out: nobody is to work in another's name because of a link that was sent to them.
   */
  async follow(
    secret: string,
    agreed: (access: StaffAccess | undefined) => Promise<boolean>,
    signOut: () => Promise<void> = () => this.signOut(),
  ): Promise<void> {
    if (this.#state.name !== "signed-in") await this.start();
    const state = await this.#decided();
    if (state.name === "signed-in" || state.because === "role") {
      if (!(await agreed(state.name === "signed-in" ? state.access : undefined))) return;
      await signOut().catch(() => {});
      if (this.#state.name === "signed-in") return;
    }
    await this.start(secret);
  }

  /** Fetches a fresh token now; several callers at once share one request. */
  renew(): Promise<void> {
    this.#renewing ??= this.#fetchToken("ended").finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** Does what needs the token; where it has just run out, renews it and does it once more. */
  async run<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      await this.renew();
      if (this.#state.name !== "signed-in") throw error;
      return work();
    }
  }

  /** Signs out here even where the service is not reached; throws what it answered. */
  async signOut(): Promise<void> {
    this.#begin();
    try {
      await this.#api.signOut();
    } finally {
      this.#api.token = undefined;
      this.#set({ name: "signed-out", because: "left" });
    }
  }

  /** Waits until it is known whether somebody is signed in. */
  #decided(): Promise<SessionState & { name: "signed-in" | "signed-out" }> {
    return new Promise((resolve) => {
      const look = (): void => {
        const state = this.#state;
        if (state.name !== "signed-in" && state.name !== "signed-out") return;
        this.removeEventListener("change", look);
        resolve(state);
      };
      this.addEventListener("change", look);
      look();
    });
  }

  #begin(): number {
    this.#failures = 0;
    this.#cancel();
    return ++this.#turn;
  }

  /** `start` again, but later each time. */
  async #resume(secret: string): Promise<void> {
    const failures = this.#failures;
    const started = this.start(secret);
    this.#failures = failures;
    await started;
  }

  async #fetchToken(otherwise: SignedOut): Promise<void> {
    const turn = this.#turn;
    this.#cancel();
    try {
      const access = await this.#api.staffToken(this.role);
      if (turn !== this.#turn) return;
      this.#failures = 0;
      this.#api.token = access.token;
      this.#set({ name: "signed-in", access });
      this.#cancel = this.#timers.after(renewIn(access.token_expires_at, this.#timers.now()), () => void this.renew());
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!isFinal(error)) return this.#wait(error, () => void this.#fetchToken(otherwise));
      this.#api.token = undefined;
      const because = error instanceof Problem && error.slug === "role-not-allowed" ? "role" : otherwise;
      this.#set({ name: "signed-out", because });
    }
  }

  #wait(error: unknown, run: () => void): void {
    // Who is signed in stays so: the token may well last until the service is back.
    if (this.#state.name !== "signed-in") {
      this.#set({ name: "unreachable", detail: error instanceof Problem ? error.detail : String(error) });
    }
    this.#cancel = this.#timers.after(Math.min(FIRST_WAIT * 2 ** this.#failures++, LONGEST_WAIT), run);
  }

  #set(state: SessionState): void {
    this.#state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** Whether the service has said no, as against being out of reach, overloaded or misconfigured. */
function isFinal(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && !error.passing;
}
