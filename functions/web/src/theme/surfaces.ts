// What things lie on, as styles: cards, badges, banners, dialogs, tables, code.

import { css } from "lit";

export const surfaces = css`
  .card {
    padding: var(--visavis-space-5);
    border: 1px solid var(--visavis-line);
    border-radius: var(--visavis-radius-l);
    background: var(--visavis-surface);
  }

  .badge {
    display: inline-flex;
    align-items: center;
    gap: var(--visavis-space-1);
    padding: 0.125rem 0.625rem;
    border-radius: var(--visavis-radius-round);
    background: var(--visavis-sunken);
    color: var(--visavis-muted);
    font-size: var(--visavis-size-s);
    white-space: nowrap;
  }

  .badge.accent {
    background: var(--visavis-accent-soft);
    color: var(--visavis-accent-text);
  }

  .banner {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: var(--visavis-space-2) var(--visavis-space-3);
    padding: var(--visavis-space-3) var(--visavis-space-4);
    border-radius: var(--visavis-radius-m);
    background: var(--visavis-sunken);
  }

  .banner > .icon,
  .banner > .spinner {
    margin-block-start: 0.15em;
  }

  .banner > :not(.icon, .spinner, button) {
    flex: 1 1 12rem;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  .banner > button {
    flex: none;
    min-height: 2rem;
    padding-block: 0.2rem;
    margin-block: -0.25rem;
  }

  .banner.danger {
    background: var(--visavis-danger-soft);
    color: var(--visavis-danger);
  }

  .banner.success {
    background: var(--visavis-success-soft);
    color: var(--visavis-success);
  }

  .banner.warning {
    background: var(--visavis-warning-soft);
    color: var(--visavis-warning);
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
`;
