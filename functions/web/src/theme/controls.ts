// The basic elements as styles: text, buttons, fields. Include after `tokens` or below a root that has them.

import { css } from "lit";

export const base = css`
  :host {
    box-sizing: border-box;
    color: var(--visavis-text);
    font: var(--visavis-size-m) / 1.5 var(--visavis-font);
    -webkit-text-size-adjust: 100%;
  }

  :host([hidden]),
  [hidden] {
    display: none !important;
  }

  *,
  ::before,
  ::after {
    box-sizing: inherit;
  }

  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  figure,
  fieldset {
    margin: 0;
    padding: 0;
    border: 0;
    min-width: 0;
  }

  ul,
  ol {
    list-style: none;
  }

  h1,
  h2,
  h3,
  legend {
    font-weight: 620;
    line-height: 1.25;
    letter-spacing: -0.011em;
    text-wrap: balance;
  }

  h1 {
    font-size: var(--visavis-size-xl);
  }

  h2 {
    font-size: var(--visavis-size-l);
  }

  h3,
  legend {
    font-size: var(--visavis-size-m);
  }

  p {
    text-wrap: pretty;
  }

  a {
    color: var(--visavis-accent-text);
    text-underline-offset: 0.2em;
  }

  svg.icon {
    flex: none;
    display: block;
  }

  :focus-visible {
    outline: 2px solid var(--visavis-accent-text);
    outline-offset: 2px;
  }

  .muted {
    color: var(--visavis-muted);
  }

  .small {
    font-size: var(--visavis-size-s);
  }

  .row {
    display: flex;
    align-items: center;
    gap: var(--visavis-space-3);
    flex-wrap: wrap;
  }

  .stack {
    display: grid;
    gap: var(--visavis-space-4);
    align-content: start;
  }

  .spread {
    margin-inline-start: auto;
  }

  /* A live region that takes no room while it is empty. */
  .live {
    display: contents;
  }

  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;

export const buttons = css`
  button,
  .button {
    appearance: none;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--visavis-space-2);
    min-height: 2.75rem;
    padding: 0.5rem 1.125rem;
    border: 1px solid var(--visavis-line-strong);
    border-radius: var(--visavis-radius-s);
    background: var(--visavis-surface);
    color: var(--visavis-text);
    font: inherit;
    font-weight: 560;
    line-height: 1.25;
    text-decoration: none;
    cursor: pointer;
    transition:
      background-color var(--visavis-quick),
      border-color var(--visavis-quick),
      filter var(--visavis-quick);
  }

  button:hover,
  .button:hover {
    background: color-mix(in srgb, var(--visavis-text) 6%, var(--visavis-surface));
  }

  button.primary,
  .button.primary {
    border-color: transparent;
    background: var(--visavis-accent);
    color: var(--visavis-on-accent);
  }

  button.primary:hover,
  .button.primary:hover {
    filter: brightness(1.08);
  }

  button.danger {
    border-color: transparent;
    background: var(--visavis-danger);
    color: var(--visavis-on-danger);
  }

  button.danger:hover {
    filter: brightness(1.08);
  }

  button.quiet,
  .button.quiet {
    border-color: transparent;
    background: transparent;
  }

  button.quiet:hover,
  .button.quiet:hover {
    background: color-mix(in srgb, var(--visavis-text) 8%, transparent);
  }

  button.icon-only,
  .button.icon-only {
    width: 2.75rem;
    padding: 0;
  }

  button.large {
    min-height: 3.25rem;
    padding-inline: 1.5rem;
  }

  button:disabled,
  button[aria-disabled="true"] {
    cursor: not-allowed;
    opacity: 0.55;
    filter: none;
  }

  kbd {
    padding: 0.05rem 0.4rem;
    border: 1px solid currentColor;
    border-radius: 0.3rem;
    font: 0.75rem/1.35 var(--visavis-font);
    opacity: 0.8;
  }

  @media (hover: none) {
    kbd {
      display: none;
    }
  }

  .spinner {
    width: 1.1em;
    height: 1.1em;
    flex: none;
    border: 2px solid color-mix(in srgb, currentColor 30%, transparent);
    border-block-start-color: currentColor;
    border-radius: 50%;
    animation: turn 900ms linear infinite;
  }

  @keyframes turn {
    to {
      rotate: 1turn;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    .spinner {
      animation-duration: 3s;
    }
  }
`;

export const fields = css`
  .field {
    display: grid;
    gap: var(--visavis-space-1);
    align-content: start;
  }

  .field > label,
  .label {
    font-size: var(--visavis-size-s);
    font-weight: 560;
  }

  .hint {
    color: var(--visavis-muted);
    font-size: var(--visavis-size-s);
  }

  .error {
    display: flex;
    align-items: flex-start;
    gap: var(--visavis-space-1);
    color: var(--visavis-danger);
    font-size: var(--visavis-size-s);
  }

  input,
  select,
  textarea {
    width: 100%;
    min-height: 2.75rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--visavis-line-strong);
    border-radius: var(--visavis-radius-s);
    background: var(--visavis-surface);
    color: inherit;
    font: inherit;
    line-height: 1.25;
  }

  input::placeholder {
    color: var(--visavis-muted);
    opacity: 0.8;
  }

  input[aria-invalid="true"] {
    border-color: var(--visavis-danger);
    box-shadow: 0 0 0 1px var(--visavis-danger);
  }

  input[type="checkbox"],
  input[type="radio"] {
    width: 1.25rem;
    min-height: 1.25rem;
    margin: 0;
    padding: 0;
    accent-color: var(--visavis-accent-text);
    flex: none;
  }
`;
