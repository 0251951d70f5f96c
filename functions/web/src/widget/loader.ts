// Everything that a customer's page loads before a click: `<visavis-widget organisation site-key? lang? page-label? transport?>`.
//
// Shows a button with who is there, honestly. Stores nothing, touches no device. The call itself is loaded by a click,
// as a script whose integrity is part of this one.

import { recall } from "../call/memory.ts";
import type { Availability } from "../call/types.ts";
import { launcher } from "../text/launcher/all.ts";
import { applyAccent } from "../theme/accent.ts";
import { CLOSED, type PanelElement, type Seen } from "./host.ts";
import styles from "./loader.css";

type Language = keyof typeof launcher;

type Script = [file: string, integrity: string];

/** Filled in by the build: file and integrity of the call's script in each language, and of its second one. */
declare const CALL_SCRIPTS: Record<Language, Script>;
declare const MORE_SCRIPT: Script;

const POLL = 5_000;
const HERE = new URL(import.meta.url);

interface Policy {
  createScriptURL(url: string): TrustedScriptURL | string;
}

let policy: Policy | undefined;

/** A policy of one purpose: scripts of this build, from where this one came. */
function scriptPolicy(): Policy {
  const rules = { createScriptURL: (file: string) => new URL(file, HERE).href };
  const made: Policy = policy ?? window.trustedTypes?.createPolicy("visavis", rules) ?? rules;
  policy = made;
  return made;
}

async function load([file, integrity]: Script): Promise<void> {
  const script = document.createElement("script");
  script.type = "module";
  script.src = scriptPolicy().createScriptURL(file) as string;
  script.integrity = integrity;
  script.crossOrigin = "anonymous";
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  }).finally(() => script.remove());
}

let behind = false;

/** Loads the second script behind the first, and again when it did not come. */
function loadMore(): void {
  if (behind) return;
  behind = true;
  load(MORE_SCRIPT).catch(() => {
    behind = false;
    setTimeout(loadMore, POLL);
  });
}

let sheet: CSSStyleSheet | undefined;

class VisavisWidget extends HTMLElement {
  static observedAttributes = ["organisation", "lang"];
  #root = this.attachShadow({ mode: "open" });
  #button = document.createElement("button");
  #dot = document.createElement("i");
  #title = document.createElement("b");
  #state = document.createElement("span");
  #panel: PanelElement | undefined;
  #seen: Seen = "loading";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked: AbortController | undefined;
  #loading = false;
  #failed = false;
  #language: Language = "en";

  constructor() {
    super();
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
    }
    this.#root.adoptedStyleSheets = [sheet];
    const text = document.createElement("span");
    text.append(this.#title, this.#state);
    this.#button.append(this.#dot, text);
    this.#button.type = "button";
    this.#button.addEventListener("click", () => void this.#open());
  }

  connectedCallback(): void {
    this.#root.append(this.#button);
    document.addEventListener("visibilitychange", this.#poll);
    this.#choose();
    this.#poll();
    if (recall(this.getAttribute("organisation") ?? "")) void this.#open(true);
  }

  disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.#poll);
    this.#pause();
    this.#panel?.remove();
    this.#panel = undefined;
  }

  attributeChangedCallback(): void {
    if (!this.isConnected) return;
    this.#choose();
    this.#poll();
  }

  /** The element's language, else the page's, else the browser's, else English. */
  #choose(): void {
    const wanted = [
      this.closest("[lang]")?.getAttribute("lang"),
      document.documentElement.lang,
      ...navigator.languages,
    ];
    const known = wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => tag && tag in launcher);
    this.#language = (known ?? "en") as Language;
    this.#show();
  }

  #pause(): void {
    clearTimeout(this.#timer);
    this.#asked?.abort();
  }

  #poll = async (): Promise<void> => {
    this.#pause();
    if (document.hidden || this.#panel?.hasAttribute("busy")) {
      // A call goes on: who else is there does not matter. A hidden page asks when it is seen again.
      if (!document.hidden) this.#timer = setTimeout(this.#poll, POLL);
      return;
    }
    const asked = new AbortController();
    this.#asked = asked;
    const organisation = encodeURIComponent(this.getAttribute("organisation") ?? "");
    let seen: Seen;
    let wait = POLL;
    try {
      const response = await fetch(new URL(`/api/v1/organisations/${organisation}/availability`, HERE), {
        credentials: "omit",
        cache: "no-store",
        signal: AbortSignal.any([asked.signal, AbortSignal.timeout(POLL * 2)]),
      });
      const { status } = response;
      if (response.ok) seen = (await response.json()) as Availability;
      else seen = status === 400 || status === 403 || status === 404 ? "unknown" : "unreachable";
      wait = Math.max(POLL, Number(response.headers.get("retry-after")) * 1000);
    } catch {
      seen = "unreachable";
    }
    if (asked.signal.aborted || !this.isConnected) return;
    this.#seen = seen;
    if (typeof seen === "object") applyAccent(this, seen.organisation.accent);
    if (this.#panel) this.#panel.seen = seen;
    this.#show();
    this.#timer = setTimeout(this.#poll, wait);
  };

  #show(): void {
    const texts = launcher[this.#language];
    const seen = this.#seen;
    const state = typeof seen === "object" ? seen.state : seen === "loading" ? seen : "unreachable";
    this.#dot.className = state;
    this.#title.textContent = texts.talk;
    this.#state.textContent = this.#failed ? texts.failed : this.#loading ? texts.loading : texts[state];
    this.#button.lang = this.#language;
    this.#button.hidden = this.#panel !== undefined && !this.#panel.hidden;
    this.#button.ariaBusy = String(this.#loading);
  }

  async #open(resume = false): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    this.#failed = false;
    this.#show();
    try {
      this.#panel ??= await this.#load();
      const panel = this.#panel;
      panel.seen = this.#seen;
      if (!panel.isConnected) this.#root.append(panel);
      if (resume) panel.resume();
      else panel.open();
    } catch {
      this.#failed = true;
    }
    this.#loading = false;
    this.#show();
  }

  async #load(): Promise<PanelElement> {
    const language = this.#language;
    const name = `visavis-panel-${language}`;
    if (!customElements.get(name)) await load(CALL_SCRIPTS[language]);
    loadMore();
    const panel = document.createElement(name) as PanelElement;
    panel.base = HERE.origin;
    panel.organisation = this.getAttribute("organisation") ?? "";
    panel.siteKeys = this.getAttribute("site-key")?.match(/\S+/g) ?? [];
    panel.transport = this.getAttribute("transport") === "sse" ? "sse" : "auto";
    panel.pageLabel = this.getAttribute("page-label") ?? document.title;
    panel.lang = language;
    panel.addEventListener(CLOSED, () => {
      this.#show();
      this.#button.focus();
      void this.#poll();
    });
    return panel;
  }
}

if (!customElements.get("visavis-widget")) customElements.define("visavis-widget", VisavisWidget);
