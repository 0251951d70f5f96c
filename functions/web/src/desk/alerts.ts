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

  constructor(titleChanged: () => void, audibleChanged: () => void) {
    this.ring = new Ring(audibleChanged);
    this.#titleChanged = titleChanged;
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
