// How the panel looks: a card above the page's corner, the whole screen on a phone.

import { css } from "lit";

export const panelStyles = css`
  :host {
    position: fixed;
    inset: auto 1rem 1rem auto;
    width: min(25rem, calc(100vw - 2rem));
    height: min(41rem, calc(100dvh - 2rem));
    transition:
      width var(--visavis-slow) var(--visavis-ease),
      height var(--visavis-slow) var(--visavis-ease);
  }

  :host([large]) {
    width: min(76rem, calc(100vw - 2rem));
    height: min(50rem, calc(100dvh - 2rem));
  }

  section {
    height: 100%;
    display: flex;
    flex-direction: column;
    border-radius: var(--visavis-radius-l);
    background: var(--visavis-surface);
    box-shadow:
      0 0 0 1px var(--visavis-line),
      0 12px 48px #0b100f47;
    overflow: hidden;
    outline: none;
    animation: rise var(--visavis-slow) var(--visavis-ease);
  }

  @keyframes rise {
    from {
      opacity: 0;
      translate: 0 1rem;
    }
  }

  header {
    display: flex;
    align-items: center;
    gap: var(--visavis-space-1);
    min-height: 3.5rem;
    padding: var(--visavis-space-1) var(--visavis-space-2) var(--visavis-space-1) var(--visavis-space-5);
  }

  .check > header {
    padding-inline-start: var(--visavis-space-2);
  }

  header strong {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: 620;
  }

  header button {
    font-size: 0.95rem;
  }

  .call > header {
    background: #0c100f;
    color: #f2f6f5;
    --visavis-text: #f2f6f5;
    --visavis-accent-text: #fff;
  }

  .body {
    flex: 1;
    min-height: 0;
    display: flex;
    flex-direction: column;
    overflow-y: auto;
    overscroll-behavior: contain;
    padding: var(--visavis-space-2) var(--visavis-space-5) var(--visavis-space-5);
  }

  .call > .body {
    padding: 0;
    overflow: hidden;
  }

  visavis-call-view {
    flex: 1;
  }

  .intro {
    display: grid;
    gap: var(--visavis-space-2);
    padding-block: var(--visavis-space-2) var(--visavis-space-5);
  }

  .people {
    display: grid;
    gap: var(--visavis-space-4);
    padding-block-end: var(--visavis-space-5);
  }

  .people li {
    display: flex;
    align-items: center;
    gap: var(--visavis-space-3);
  }

  .who {
    flex: 1;
    min-width: 0;
    display: grid;
    line-height: 1.3;
  }

  .who strong {
    font-weight: 600;
  }

  .avatar {
    position: relative;
    flex: none;
    display: grid;
    place-items: center;
    width: 3rem;
    height: 3rem;
    border-radius: 50%;
    background: var(--visavis-accent-soft);
    color: var(--visavis-accent-text);
    font-weight: 600;
    letter-spacing: 0.02em;
  }

  .people .avatar::after {
    content: "";
    position: absolute;
    inset: auto 0 0 auto;
    width: 0.7rem;
    height: 0.7rem;
    border: 2px solid var(--visavis-surface);
    border-radius: 50%;
    background: #d98a00;
  }

  .people .avatar.free::after {
    background: #1f9d55;
  }

  .badge.free {
    background: var(--visavis-success-soft);
    color: var(--visavis-success);
  }

  .ways {
    display: grid;
    gap: var(--visavis-space-2);
  }

  .start .ways {
    margin-block-start: auto;
  }

  .pair {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: var(--visavis-space-2);
  }

  .pair button {
    padding-inline: var(--visavis-space-3);
  }

  .centre {
    margin: auto;
    display: flex;
    align-items: center;
    gap: var(--visavis-space-3);
  }

  .message {
    flex: 1;
    display: grid;
    align-content: center;
    justify-items: center;
    gap: var(--visavis-space-3);
    text-align: center;
    padding-block: var(--visavis-space-4);
  }

  .message .ways {
    width: 100%;
    max-width: 17rem;
    padding-block-start: var(--visavis-space-4);
  }

  .message h1 {
    margin-block-end: var(--visavis-space-2);
  }

  .medallion {
    display: grid;
    place-items: center;
    width: 4.5rem;
    height: 4.5rem;
    border-radius: 50%;
    background: var(--visavis-accent-soft);
    color: var(--visavis-accent-text);
    font-size: 1.5rem;
  }

  form {
    flex: 1;
    display: flex;
    flex-direction: column;
    gap: var(--visavis-space-4);
  }

  /* The way on stays in sight, whatever is opened above it. */
  .foot {
    position: sticky;
    inset-block-end: calc(-1 * var(--visavis-space-5));
    display: grid;
    margin: auto calc(-1 * var(--visavis-space-5)) calc(-1 * var(--visavis-space-5));
    padding: var(--visavis-space-3) var(--visavis-space-5) max(var(--visavis-space-5), env(safe-area-inset-bottom));
    background: var(--visavis-surface);
  }

  form h1 {
    font-size: var(--visavis-size-l);
  }

  .preview {
    position: relative;
    aspect-ratio: 16 / 10;
    flex: none;
    border-radius: var(--visavis-radius-m);
    overflow: hidden;
    background: #0c100f;
    color: #f2f6f5;
  }

  .preview video {
    width: 100%;
    height: 100%;
    object-fit: cover;
    scale: -1 1;
  }

  .preview p {
    position: absolute;
    inset: 0;
    display: grid;
    place-content: center;
    justify-items: center;
    gap: var(--visavis-space-3);
    padding: var(--visavis-space-5);
    text-align: center;
    font-size: var(--visavis-size-s);
  }

  .switches {
    position: absolute;
    inset: auto 0 var(--visavis-space-3);
    display: flex;
    justify-content: center;
    gap: var(--visavis-space-3);
  }

  .switches button,
  .line button.icon-only {
    border-radius: 50%;
  }

  .switches button {
    border-color: #ffffff40;
    background: #0c100fa6;
    color: #fff;
  }

  .switches button:hover {
    background: #26312f;
  }

  .switches button:focus-visible {
    outline-color: #fff;
  }

  .switches button.off {
    background: #f2f6f5;
    color: #17211f;
  }

  .line {
    display: flex;
    align-items: center;
    gap: var(--visavis-space-3);
  }

  .line visavis-level {
    flex: 1;
  }

  .line button:not(.icon-only) {
    padding-inline: var(--visavis-space-3);
    font-size: var(--visavis-size-s);
  }

  .banner .row {
    gap: var(--visavis-space-2);
    margin-block-start: var(--visavis-space-2);
  }

  .banner .row button {
    min-height: 2.25rem;
    padding: 0.2rem 0.8rem;
    font-size: var(--visavis-size-s);
  }

  .pulse {
    display: flex;
    padding: var(--visavis-space-6);
  }

  .pulse .avatar {
    width: 5rem;
    height: 5rem;
    font-size: 1.6rem;
    background: var(--visavis-accent);
    color: var(--visavis-on-accent);
    box-shadow: 0 0 0 4px var(--visavis-surface);
    animation: pulse 2.4s var(--visavis-ease) infinite;
  }

  .pulse .avatar + .avatar {
    margin-inline-start: -1rem;
  }

  @keyframes pulse {
    50% {
      box-shadow:
        0 0 0 4px var(--visavis-surface),
        0 0 0 1.1rem color-mix(in srgb, var(--visavis-accent) 18%, transparent);
    }
  }

  @media (prefers-reduced-motion: reduce) {
    .pulse .avatar {
      animation: none;
    }
  }

  @media (max-width: 30rem), (max-height: 30rem) {
    :host,
    :host([large]) {
      inset: 0;
      width: 100vw;
      height: 100dvh;
      transition: none;
    }

    section {
      border-radius: 0;
      box-shadow: none;
    }

    .size {
      display: none;
    }
  }
`;
