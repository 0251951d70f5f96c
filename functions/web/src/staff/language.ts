// The language of the staff's pages: the browser's until someone chooses another, which is then remembered.

import type { ReactiveController, ReactiveControllerHost } from "lit";

export const languages = { de: "Deutsch", en: "English", fr: "Français", it: "Italiano" } as const;

export type Language = keyof typeof languages;

/** The same texts in every language: the English ones say which there are. */
export type Catalogues<Texts> = Record<Language, Texts>;

const KEY = "visavis.language";
const changes = new EventTarget();

/** The first of the wanted languages that there is, else English. */
export function bestLanguage(wanted: readonly (string | null)[]): Language {
  for (const tag of wanted) {
    const primary = tag?.split("-")[0]?.toLowerCase();
    if (primary && Object.hasOwn(languages, primary)) return primary as Language;
  }
  return "en";
}

let current: Language = globalThis.navigator ? bestLanguage([remembered(), ...navigator.languages]) : "en";
if (globalThis.document) document.documentElement.lang = current;

export function language(): Language {
  return current;
}

export function chooseLanguage(chosen: Language): void {
  current = chosen;
  document.documentElement.lang = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
  changes.dispatchEvent(new Event("change"));
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** A component's texts in the language now; renders it again when that changes. */
export class TextsController<Texts> implements ReactiveController {
  #host: ReactiveControllerHost;
  #catalogues: Catalogues<Texts>;

  constructor(host: ReactiveControllerHost, catalogues: Catalogues<Texts>) {
    this.#host = host;
    this.#catalogues = catalogues;
    host.addController(this);
  }

  get now(): Texts {
    return this.#catalogues[current];
  }

  hostConnected(): void {
    changes.addEventListener("change", this.#changed);
  }

  hostDisconnected(): void {
    changes.removeEventListener("change", this.#changed);
  }

  #changed = (): void => this.#host.requestUpdate();
}

/** The language now with the browser's region, where the browser has one for it: dates differ by region. */
export function locale(): string {
  return navigator.languages.find((tag) => tag.split("-")[0] === current) ?? current;
}

/** A date and time as it is written in the language now. */
export function formatTime(time: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
}
