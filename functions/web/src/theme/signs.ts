// Small signs, as styles: badges, banners.

import { css } from "lit";

export const signs = css`
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
`;
