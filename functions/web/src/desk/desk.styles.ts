// The desk's own styles: the line of those who wait, the call beside the visitor's details.

import { css } from "lit";

export const deskStyles = css`
  .desk {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 21rem;
    align-items: start;
    gap: var(--visavis-space-6);
    width: min(80rem, 100%);
    margin-inline: auto;
    padding: var(--visavis-space-6) clamp(var(--visavis-space-4), 3vw, var(--visavis-space-6)) var(--visavis-space-7);
  }

  .line {
    display: grid;
    gap: var(--visavis-space-4);
    align-content: start;
    min-width: 0;
  }

  .line:focus,
  .stage:focus {
    outline: none;
  }

  .waiting {
    display: grid;
    gap: var(--visavis-space-3);
  }

  .quiet-desk {
    display: grid;
    justify-items: center;
    gap: var(--visavis-space-3);
    padding: var(--visavis-space-7) var(--visavis-space-4);
    text-align: center;
  }

  .quiet-desk p {
    max-width: 26rem;
  }

  .illustration {
    width: min(20rem, 100%);
    height: auto;
    margin-block-end: var(--visavis-space-3);
  }

  .steam {
    animation: steam 5s ease-in-out infinite;
  }

  @keyframes steam {
    50% {
      translate: 0 -4px;
      opacity: 0.35;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    .steam {
      animation: none;
    }
  }

  .call {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 19rem;
    gap: var(--visavis-space-4);
    min-height: 0;
    padding: var(--visavis-space-4);
  }

  .call.visit {
    grid-template-columns: minmax(0, 1fr);
  }

  .stage {
    display: grid;
    height: calc(100dvh - 6.5rem);
    min-height: 24rem;
    border-radius: var(--visavis-radius-l);
    overflow: hidden;
  }

  .stage > visavis-call-view {
    min-height: 0;
    min-width: 0;
  }

  .details {
    display: grid;
    gap: var(--visavis-space-3);
    align-content: start;
    min-width: 0;
  }

  .details h1 {
    font-size: var(--visavis-size-l);
    overflow-wrap: anywhere;
  }

  dl {
    display: grid;
    gap: 0 var(--visavis-space-3);
  }

  dd {
    margin-block-end: var(--visavis-space-2);
    overflow-wrap: anywhere;
  }

  .page {
    display: grid;
  }

  .time {
    font-variant-numeric: tabular-nums;
  }

  .details .badge {
    justify-self: start;
  }

  @media (max-width: 60rem) {
    .desk {
      grid-template-columns: minmax(0, 1fr);
      padding-block-start: var(--visavis-space-4);
    }

    .quiet-desk {
      padding-block: var(--visavis-space-5);
    }

    .call {
      grid-template-columns: minmax(0, 1fr);
      padding: 0;
      gap: 0;
    }

    .stage {
      height: calc(100dvh - 4.5rem);
      border-radius: 0;
    }
  }

  /* On a phone the call has the whole screen; the rest is below. */
  @media (max-width: 40rem) {
    :host([in-call]) header {
      display: none;
    }

    .stage {
      height: 100dvh;
    }
  }

  @media (max-width: 60rem) {

    .details {
      padding: var(--visavis-space-4);
    }
  }
`;
