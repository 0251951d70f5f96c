// A table that becomes a list of names and values where there is no room for it.

import { css } from "lit";

export const tableStyles = css`
  .table {
    padding: var(--visavis-space-2) var(--visavis-space-5);
  }

  td {
    overflow-wrap: anywhere;
  }

  .number,
  .time {
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }

  @media (max-width: 52rem) {
    thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }

    tr {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr);
      gap: var(--visavis-space-1) var(--visavis-space-4);
      padding-block: var(--visavis-space-4);
    }

    tr + tr {
      border-block-start: 1px solid var(--visavis-line);
    }

    td {
      display: contents;
    }

    td::before {
      content: attr(data-label);
      color: var(--visavis-muted);
      font-size: var(--visavis-size-s);
    }
  }
`;
