// The elements of the service's own pages as styles, beside those of a call: sliders, colours, choices, switches.

import { css } from "lit";

import { base, buttons, fields } from "./controls.ts";
import { surfaces } from "./surfaces.ts";

export const staffFields = css`
  input[type="range"] {
    min-height: 1.5rem;
    padding: 0;
    border: 0;
    background: none;
    accent-color: var(--visavis-accent-text);
  }

  input[type="color"] {
    width: 3.25rem;
    padding: 0.25rem;
    flex: none;
    cursor: pointer;
  }

  .choice {
    display: flex;
    align-items: flex-start;
    gap: var(--visavis-space-3);
    min-height: 2rem;
    cursor: pointer;
  }

  .choice > input {
    margin-block-start: 0.125rem;
  }

  /* A switch: <button role="switch" aria-checked> with the class. */
  button.switch {
    min-height: 2.75rem;
    padding-inline: 0.25rem;
    border-color: transparent;
    background: transparent;
    gap: var(--visavis-space-3);
  }

  button.switch::before {
    content: "";
    width: 2.75rem;
    height: 1.625rem;
    flex: none;
    border: 2px solid var(--visavis-line-strong);
    border-radius: var(--visavis-radius-round);
    background: radial-gradient(circle at 0.6875rem 50%, var(--visavis-line-strong) 0.4375rem, transparent 0.46rem);
    transition:
      background-color var(--visavis-slow),
      border-color var(--visavis-slow);
  }

  @media (forced-colors: active) {
    button.switch::before {
      forced-color-adjust: none;
    }
  }

  button.switch[aria-checked="true"]::before {
    border-color: var(--visavis-accent-text);
    background: radial-gradient(
        circle at calc(100% - 0.6875rem) 50%,
        var(--visavis-surface) 0.4375rem,
        transparent 0.46rem
      )
      var(--visavis-accent-text);
  }
`;

/** All of them, for a page's component. */
export const controls = [base, buttons, fields, staffFields, surfaces];
