// The controls under the pictures of a call; where there is little room some of them are in a menu.

import { html, nothing, type TemplateResult } from "lit";
import type { ViewTexts } from "../../text/view/en.ts";
import { type Icon, icon } from "../../theme/icons.ts";
import type { CallSession } from "../session.ts";

/** What is open beside the pictures. */
export type Side = "chat" | "devices" | undefined;

export interface Controls {
  session: CallSession;
  texts: ViewTexts;
  side: Side;
  /** The view fills the screen. */
  full: boolean;
  /** The menu is open. */
  more: boolean;
  /** Messages and files that were not on show yet. */
  unread: number;
  act: {
    mute(): void;
    camera(): void;
    share(): void;
    toggle(side: "chat" | "devices"): void;
    toggleFull(): void;
    showMore(more: boolean): void;
  };
}

/** A control that moves into a menu where there is little room. */
interface Rare {
  name: string;
  symbol: Icon;
  label: string;
  press: () => void;
  pressed: boolean;
  /** Whether the browser can do it. */
  possible: boolean;
}

export function callControls(view: Controls): TemplateResult {
  const { session, texts, side, full, more, unread, act } = view;
  const { microphone, camera, screen } = session.media.state;
  const button = (
    name: string,
    symbol: Icon,
    label: string,
    press: () => void,
    { pressed, off, rare }: { pressed?: boolean; off?: boolean; rare?: boolean } = {},
  ): TemplateResult => html`<button
    class="round ${name} ${off ? "off" : ""} ${rare ? "rare" : ""}"
    aria-pressed=${pressed === undefined ? nothing : pressed}
    aria-label=${label}
    title=${label}
    @click=${press}
  >
    ${icon(symbol)}
  </button>`;
  const sharing = screen.status === "on";
  const rare: Rare[] = [
    {
      name: "screen",
      symbol: "screen",
      label: sharing ? texts.unshare : texts.share,
      press: act.share,
      pressed: sharing,
      possible: "mediaDevices" in navigator && "getDisplayMedia" in navigator.mediaDevices,
    },
    {
      name: "devices",
      symbol: "settings",
      label: texts.devices,
      press: () => act.toggle("devices"),
      pressed: side === "devices",
      possible: true,
    },
    {
      name: "full",
      symbol: full ? "shrink" : "enlarge",
      label: full ? texts.leaveFullScreen : texts.fullScreen,
      press: act.toggleFull,
      pressed: full,
      possible: document.fullscreenEnabled,
    },
  ];
  const wide = (wanted: string): unknown =>
    rare
      .filter(({ name, possible }) => possible && name === wanted)
      .map(({ name, symbol, label, press, pressed }) => button(name, symbol, label, press, { pressed, rare: true }));
  const leave = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    if (!(currentTarget as Element).contains(relatedTarget as Node | null)) act.showMore(false);
  };
  const micOn = microphone.status === "on";
  const camOn = camera.status === "on";
  return html`<div class="controls" role="group" aria-label=${texts.controls}>
    ${button("microphone", micOn ? "microphone" : "microphone-off", micOn ? texts.mute : texts.unmute, act.mute, { off: !micOn })}
    ${button("camera", camOn ? "camera" : "camera-off", camOn ? texts.cameraOff : texts.cameraOn, act.camera, { off: !camOn })}
    ${wide("screen")}
    <span class="badged">
      ${button("chat", "chat", unread > 0 ? texts.chatUnread(unread) : texts.chat, () => act.toggle("chat"), { pressed: side === "chat" })}
      ${unread > 0 ? html`<span class="count" aria-hidden="true">${unread}</span>` : nothing}
    </span>
    ${wide("devices")} ${wide("full")}
    <div class="more" @focusout=${leave}>
      <button
        class="round"
        aria-label=${texts.more}
        title=${texts.more}
        aria-expanded=${more}
        aria-haspopup="menu"
        @click=${() => act.showMore(!more)}
      >
        ${icon("more")}
      </button>
      ${
        more
          ? html`<div class="menu" role="menu" aria-label=${texts.more} @keydown=${menuKey}>
            ${rare
              .filter(({ possible }) => possible)
              .map(
                ({ symbol, label, press }) => html`<button
                role="menuitem"
                tabindex="-1"
                class="quiet"
                @click=${() => {
                  act.showMore(false);
                  press();
                }}
              >
                ${icon(symbol)}${label}
              </button>`,
              )}
          </div>`
          : nothing
      }
    </div>
    ${button("hang-up", "phone-down", texts.hangUp, () => void session.hangUp().catch(() => {}))}
  </div>`;
}

/** As the menu pattern asks for: arrows, home and end. */
function menuKey(event: KeyboardEvent): void {
  const items = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>("button")];
  const at = items.indexOf(event.target as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  items.at(to % items.length)?.focus();
}
