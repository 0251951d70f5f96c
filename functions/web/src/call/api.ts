// The client of the service's routes for calls: typed answers, typed problems, retries where repeating is safe.

import type { CheckReason } from "../trust/failure.ts";
import type {
  Availability,
  Call,
  Id,
  Presence,
  PresenceState,
  ProblemSlug,
  Relay,
  Ring,
  VisitorAccess,
} from "./types.ts";

/** An error the service (or the way to it) answered with, RFC 9457. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly slug: ProblemSlug;
  readonly status: number;
  /** What is wrong and what to do, in English, for logs and the console. */
  readonly detail: string;
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** The call's state, with `call-over` and `already-answered`. */
  readonly call: Call | undefined;

  constructor(slug: ProblemSlug, detail: string, more: { status?: number; retryAfter?: number; call?: Call } = {}) {
    super(`${slug}: ${detail}`);
    this.slug = slug;
    this.detail = detail;
    this.status = more.status ?? 0;
    this.retryAfter = more.retryAfter;
    this.call = more.call;
  }

  /** Whether the same request may succeed a little later. */
  get passing(): boolean {
    return ["unreachable", "unavailable", "too-many-requests"].includes(this.slug);
  }
}

export interface ApiOptions {
  /** The service's origin; `""` for a page of the service itself. */
  base: string;
  token?: string;
  /** For tests. */
  fetch?: typeof fetch;
}

export interface RequestOptions {
  body?: object;
  /** Lets the request outlive the page (`pagehide`); its body stays below 64 KiB. */
  keepalive?: boolean;
  signal?: AbortSignal;
  /** How often a passing problem is tried again, with backoff. 3 unless told. */
  retries?: number;
  /** It uses up a secret: it is made once, and waited for. */
  once?: boolean;
}

/**
 * Nothing may wait for ever for a connection that is dead: then a request is one that did not reach the service. A slow one
 * takes a millisecond for each byte. Milliseconds.
 */
const LATE = 8_000;
/** What an answer takes that has begun, or one that must not be asked for twice. Milliseconds. */
const LATEST = 30_000;
const FIRST_WAIT = 300;
const LONGEST_WAIT = 5_000;

/** One client for one token. */
export class Api {
  readonly base: string;
  /** Set anew when it is renewed. */
  token: string | undefined;
  #fetch: typeof fetch;

  constructor(options: ApiOptions) {
    this.base = options.base.replace(/\/$/, "");
    this.token = options.token;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Any route under `/api/v1`. Throws only a {@link Problem}, or the signal's reason. */
  async request<Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    for (
      let left = options.once ? 0 : (options.retries ?? 3), wait = FIRST_WAIT;
      ;
      left--, wait = Math.min(wait * 2, LONGEST_WAIT)
    ) {
      try {
        return await this.#once<Answer>(method, path, options);
      } catch (error) {
        if (!(error instanceof Problem) || !error.passing || left <= 0 || options.keepalive) throw error;
        const asked = (error.retryAfter ?? 0) * 1000;
        if (asked > LONGEST_WAIT) throw error;
        await pause(Math.max(asked, wait * (0.75 + Math.random() / 2)), options.signal);
      }
    }
  }

  async #once<Answer>(method: string, path: string, options: RequestOptions): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (this.token) headers["authorization"] = `Bearer ${this.token}`;
    if (options.body) headers["content-type"] = "application/json";
    const init: RequestInit & { body?: string } = { method, headers, cache: "no-store" };
    if (options.body) init.body = JSON.stringify(options.body);
    if (options.keepalive) init.keepalive = true;
    // The session cookie counts only on the service's own pages.
    init.credentials = this.base === "" ? "same-origin" : "omit";
    const ended = new AbortController();
    const end = (): void => ended.abort();
    init.signal = ended.signal;
    options.signal?.addEventListener("abort", end, { signal: ended.signal });
    let timer = setTimeout(end, options.once ? LATEST : LATE + (init.body?.length ?? 0));
    try {
      options.signal?.throwIfAborted();
      const response = await this.#fetch(`${this.base}/api/v1${path}`, init);
      clearTimeout(timer);
      timer = setTimeout(end, LATEST);
      if (!response.ok) throw await readProblem(response);
      return (response.status === 204 ? undefined : await readJson(response)) as Answer;
    } catch (error) {
      options.signal?.throwIfAborted();
      throw error instanceof Problem && !ended.signal.aborted ? error : new Problem("unreachable", String(error));
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  availability(organisation: Id, signal?: AbortSignal): Promise<Availability> {
    const options: RequestOptions = { retries: 0 };
    if (signal) options.signal = signal;
    return this.request("GET", `/organisations/${encodeURIComponent(organisation)}/availability`, options);
  }

  /** With the secret of an `invitation`: a visitor who joins a call. */
  createVisitor(organisation: Id, invitation?: string): Promise<VisitorAccess> {
    const body = invitation === undefined ? {} : { invitation };
    const once = invitation !== undefined;
    return this.request("POST", `/organisations/${encodeURIComponent(organisation)}/visitors`, { body, once });
  }

  renewVisitor(call: "same" | "next"): Promise<VisitorAccess> {
    return this.request("POST", "/visitor/token", { body: { call } });
  }

  ring(call: Id, body: Ring): Promise<{ call: Call }> {
    return this.#call(call, "ring", body);
  }

  answer(call: Id, payload: string): Promise<{ call: Call }> {
    return this.#call(call, "answer", { payload });
  }

  decline(call: Id): Promise<{ call: Call }> {
    return this.#call(call, "decline");
  }

  hangUp(call: Id, options: RequestOptions = {}): Promise<{ call: Call }> {
    return this.request("POST", `/calls/${call}/hang-up`, { body: {}, ...options });
  }

  /** `id` makes a repeat harmless. */
  signal(call: Id, id: string, payload: string): Promise<unknown> {
    return this.#call(call, "signals", { id, payload });
  }

  relay(call: Id): Promise<Relay> {
    return this.#call(call, "relay");
  }

  call(call: Id): Promise<{ call: Call }> {
    return this.request("GET", `/calls/${call}`);
  }

  /** Tells that a check failed: the reason and nothing else. */
  alarm(call: Id, reason: CheckReason): Promise<unknown> {
    return this.#call(call, "alarms", { reason });
  }

  /** Not tried again: the next renewal is the retry. */
  renewPresence(state: PresenceState): Promise<Presence> {
    return this.request("PUT", "/presence", { body: { state }, retries: 0 });
  }

  leave(options: RequestOptions = {}): Promise<void> {
    return this.request("DELETE", "/presence", options);
  }

  #call<Answer>(call: Id, action: string, body: object = {}): Promise<Answer> {
    return this.request("POST", `/calls/${call}/${action}`, { body });
  }
}

/** Waits, or throws the signal's reason. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
    function done(): void {
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
  });
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new Problem("unexpected", `not JSON: ${String(error)}`, { status: response.status });
  }
}

async function readProblem(response: Response): Promise<Problem> {
  const { status } = response;
  const body = (await response.json().catch(() => undefined)) as
    | { type?: string; title?: string; detail?: string; call?: Call }
    | undefined;
  const slug = body?.type?.split("/").pop();
  if (!body || !slug) return new Problem(status >= 500 ? "unavailable" : "unexpected", response.statusText, { status });
  const more: ConstructorParameters<typeof Problem>[2] = { status };
  const retryAfter = Number(response.headers.get("retry-after"));
  if (retryAfter > 0) more.retryAfter = retryAfter;
  if (body.call) more.call = body.call;
  return new Problem(slug as ProblemSlug, body.detail ?? body.title ?? slug, more);
}
