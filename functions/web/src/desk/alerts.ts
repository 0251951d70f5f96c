// What makes an expert notice that someone calls: the ring, the document's title, a notification of the system.

import type { CallSession } from "../call/session.ts";
import { Ring } from "./ring.ts";
import type { DeskSettings } from "./settings.ts";

const TITLE_EVERY = 1_300;

export interface AlertTexts {
  /** The title in turn with the page's own. */
  title: string;
  /** The notification's heading and text. */
  heading: string;
  body: string;
}

export class Alerts {
  readonly ring: Ring;
  #notification: Notification | undefined;
  #shown: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #alternate = false;
  #texts: AlertTexts | undefined;
  /** Called when the title is to be written anew. */
  #titleChanged: () => void;
  #silent = false;
  #silentChanged: () => void;
  #pressed = false;

  constructor(titleChanged: () => void, silentChanged: () => void) {
    this.ring = new Ring(() => this.#hear());
    this.#titleChanged = titleChanged;
    this.#silentChanged = silentChanged;
  }

  /** The browser does not let the ring be heard yet, which the page says. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Lets the ring be heard from the first click or key on the page. */
  listen(signal: AbortSignal): void {
    for (const gesture of ["pointerdown", "pointerup", "pointercancel"])
      document.addEventListener(gesture, this.#press, { signal, capture: true });
    for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, this.unlock, { signal });
  }

  /** Browsers keep a page silent until there was a click or a key. */
  unlock = async (): Promise<void> => {
    if (this.ring.audible) return;
    const audible = await this.ring.unlock();
    this.#hear();
    if (audible && this.ring.ringing) this.ring.once();
  };

  #press = ({ type }: Event): void => {
    this.#pressed = type === "pointerdown";
    if (!this.#pressed) setTimeout(() => this.#hear());
  };

  /** Until a press is over nothing may move under the pointer, or its click is lost: the notice of silence stays so long. */
  #hear(): void {
    if (this.#pressed || this.#silent === !this.ring.audible) return;
    this.#silent = !this.ring.audible;
    this.#silentChanged();
  }

  /** The title now, in place of the page's own. */
  get title(): string | undefined {
    return this.#alternate ? this.#texts?.title : undefined;
  }

  /** Rings for the first of those who wait; with nobody, or in a call, all is quiet. */
  update(first: CallSession | undefined, settings: DeskSettings, texts: AlertTexts | undefined): void {
    this.#texts = texts;
    this.ring.volume = settings.muted ? 0 : settings.volume;
    if (!first || !texts) {
      this.stop();
      return;
    }
    this.ring.start();
    if (this.#timer === undefined) {
      this.#alternate = true;
      this.#timer = setInterval(() => {
        this.#alternate = !this.#alternate;
        this.#titleChanged();
      }, TITLE_EVERY);
      this.#titleChanged();
    }
    if (first.id !== this.#shown) {
      this.#shown = first.id;
      this.#notify(settings, texts);
    }
  }

  stop(): void {
    this.ring.stop();
    this.#notification?.close();
    this.#notification = undefined;
    this.#shown = undefined;
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#alternate = false;
    this.#titleChanged();
  }

  #notify(settings: DeskSettings, { heading, body }: AlertTexts): void {
    this.#notification?.close();
    if (!settings.notify || !document.hidden || !notificationsAllowed()) return;
    try {
      const notification = new Notification(heading, {
        body,
        tag: "visavis-ring",
        requireInteraction: true,
        silent: true,
      });
      notification.onclick = () => {
        window.focus();
        notification.close();
      };
      this.#notification = notification;
    } catch {
      // Phones show notifications of service workers only.
    }
  }
}

export function notificationsAllowed(): boolean {
  return "Notification" in globalThis && Notification.permission === "granted";
}
