// The design tokens: every colour, distance and movement of the widget, the desk and the console.
//
// A root element (`<visavis-desk>`, `<visavis-widget>`) includes `tokens` in its styles; everything inside inherits the
// custom properties through all shadow roots. The accent is the organisation's, see `accent.ts`.

import { css } from "lit";

export const tokens = css`
  :host {
    color-scheme: light dark;

    --visavis-font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    --visavis-font-mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
    --visavis-size-s: 0.875rem;
    --visavis-size-m: 1rem;
    --visavis-size-l: 1.25rem;
    --visavis-size-xl: 1.625rem;

    --visavis-canvas: light-dark(#f6f7f7, #101514);
    --visavis-surface: light-dark(#ffffff, #19201f);
    --visavis-sunken: light-dark(#eef1f0, #0c100f);
    --visavis-text: light-dark(#17211f, #e9efed);
    --visavis-muted: light-dark(#53615d, #a3b2ae);
    --visavis-line: light-dark(#dde3e1, #2c3735);
    --visavis-line-strong: light-dark(#7d8a86, #74837f);

    --visavis-accent: #0f6e66;
    --visavis-on-accent: #ffffff;
    --visavis-accent-text: light-dark(#0f6e66, #5fbdb3);
    --visavis-accent-soft: color-mix(in srgb, var(--visavis-accent-text) 12%, var(--visavis-surface));

    --visavis-danger: light-dark(#b3261e, #f2a8a1);
    --visavis-on-danger: light-dark(#ffffff, #3b0906);
    --visavis-danger-soft: light-dark(#fcedeb, #3a1d1a);
    --visavis-success: light-dark(#1b6b3a, #85d3a2);
    --visavis-success-soft: light-dark(#e8f4ec, #17301f);
    --visavis-warning: light-dark(#7a5200, #e9c069);
    --visavis-warning-soft: light-dark(#fdf3dc, #33290f);

    --visavis-space-1: 0.25rem;
    --visavis-space-2: 0.5rem;
    --visavis-space-3: 0.75rem;
    --visavis-space-4: 1rem;
    --visavis-space-5: 1.5rem;
    --visavis-space-6: 2rem;
    --visavis-space-7: 3rem;
    --visavis-space-8: 4.5rem;

    --visavis-radius-s: 0.5rem;
    --visavis-radius-m: 0.75rem;
    --visavis-radius-l: 1.125rem;
    --visavis-radius-round: 999px;
    --visavis-shadow: light-dark(0 1px 2px #17211f14, 0 1px 2px #0006), light-dark(0 8px 28px #17211f12, 0 8px 28px #0006);

    --visavis-quick: 140ms;
    --visavis-slow: 320ms;
    --visavis-ease: cubic-bezier(0.2, 0, 0, 1);
  }

  @media (prefers-reduced-motion: reduce) {
    :host {
      --visavis-quick: 1ms;
      --visavis-slow: 1ms;
    }
  }
`;
