// What things lie on, as styles: cards, badges, banners, dialogs, tables, code.
//
// Those that visitors see too are in signs.ts.

import { css } from "lit";

import { signs } from "./signs.ts";

export const surfaces = [
  signs,
  css`
  .card {
    padding: var(--visavis-space-5);
    border: 1px solid var(--visavis-line);
    border-radius: var(--visavis-radius-l);
    background: var(--visavis-surface);
  }

  dialog {
    width: min(32rem, calc(100vw - 2rem));
    max-height: calc(100dvh - 2rem);
    padding: var(--visavis-space-5);
    border: 1px solid var(--visavis-line);
    border-radius: var(--visavis-radius-l);
    background: var(--visavis-surface);
    color: inherit;
    box-shadow: var(--visavis-shadow);
    overflow: auto;
  }

  dialog::backdrop {
    background: #0b100fa6;
  }

  .table {
    overflow-x: auto;
  }

  table {
    width: 100%;
    border-collapse: collapse;
    text-align: start;
  }

  th {
    color: var(--visavis-muted);
    font-size: var(--visavis-size-s);
    font-weight: 560;
    text-align: start;
    white-space: nowrap;
  }

  th,
  td {
    padding: var(--visavis-space-3) var(--visavis-space-4) var(--visavis-space-3) 0;
    border-block-end: 1px solid var(--visavis-line);
    vertical-align: top;
  }

  tr:last-child > td {
    border-block-end: 0;
  }

  .empty {
    display: grid;
    justify-items: center;
    align-content: start;
    gap: var(--visavis-space-3);
    padding: var(--visavis-space-7) var(--visavis-space-4);
    color: var(--visavis-muted);
    text-align: center;
  }

  code,
  pre {
    font: var(--visavis-size-s) / 1.6 var(--visavis-font-mono);
  }

  pre {
    margin: 0;
    padding: var(--visavis-space-4);
    border-radius: var(--visavis-radius-m);
    background: var(--visavis-sunken);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
`,
];
