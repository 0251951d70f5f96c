// How a call looks. The stage is dark in both schemes, as around any picture.

import { css } from "lit";

export const callViewStyles = css`
  :host {
    display: block;
    position: relative;
    height: 100%;
    min-height: 0;
    container: call / inline-size;
    --stage: #0c100f;
    --on-stage: #f2f6f5;
    --plate: #0c100fb8;
  }

  .frame {
    height: 100%;
    display: grid;
    grid-template: minmax(0, 1fr) auto / minmax(0, 1fr);
    background: var(--stage);
    color: var(--on-stage);
    overflow: hidden;
  }

  .stage {
    position: relative;
    min-height: 0;
    overflow: hidden;
  }

  .stage :focus-visible,
  .controls :focus-visible {
    outline-color: #fff;
    outline-offset: 2px;
  }

  #screen {
    position: absolute;
    inset: 0;
    object-fit: contain;
  }

  .tiles {
    position: absolute;
    inset: 0;
    display: grid;
    gap: var(--visavis-space-1);
  }

  /* On a phone one above the other; else beside, and four as a square. */
  .group .tiles {
    grid-auto-rows: minmax(0, 1fr);
    padding: 6.5rem var(--visavis-space-1) 0;
  }

  .group .tiles > * {
    border-radius: var(--visavis-radius-m);
  }

  .them {
    position: relative;
    display: grid;
    min-width: 0;
    min-height: 0;
    overflow: hidden;
  }

  .them > * {
    grid-area: 1 / 1;
    min-width: 0;
    min-height: 0;
  }

  .nobody strong {
    font-size: var(--visavis-size-l);
    font-weight: 600;
  }

  .screened .tiles {
    inset: auto auto var(--visavis-space-3) var(--visavis-space-3);
    padding: 0;
    grid: auto / auto-flow clamp(6rem, 22cqi, 13rem);
  }

  .screened .tiles > * {
    aspect-ratio: 16 / 10;
    border-radius: var(--visavis-radius-m);
    box-shadow: 0 4px 18px #0008;
  }

  .screened.group .tiles {
    grid-auto-columns: clamp(4.5rem, 15cqi, 10rem);
  }

  .screened .nobody .avatar {
    width: 3rem;
    height: 3rem;
    font-size: 1.1rem;
  }

  .screened .nobody :not(.avatar) {
    display: none;
  }

  .own {
    position: absolute;
    inset: auto var(--visavis-space-3) var(--visavis-space-3) auto;
    width: clamp(6rem, 22cqi, 13rem);
    aspect-ratio: 4 / 3;
    border-radius: var(--visavis-radius-m);
    overflow: hidden;
    background: #1d2624;
    box-shadow:
      0 0 0 1px #ffffff26,
      0 4px 18px #0008;
    transition: opacity var(--visavis-slow);
  }

  .own.blank {
    opacity: 0;
    visibility: hidden;
  }

  #own {
    object-fit: cover;
    scale: -1 1;
  }

  .plate {
    display: inline-flex;
    align-items: center;
    gap: var(--visavis-space-2);
    padding: 0.3rem 0.75rem;
    border-radius: var(--visavis-radius-round);
    background: var(--plate);
    color: var(--on-stage);
    font-size: var(--visavis-size-s);
    line-height: 1.35;
    backdrop-filter: blur(8px);
  }

  .top {
    position: absolute;
    inset: var(--visavis-space-3) var(--visavis-space-3) auto;
    display: flex;
    align-items: flex-start;
    gap: var(--visavis-space-2);
  }

  .notices {
    position: absolute;
    inset: 4rem var(--visavis-space-4) auto;
    display: grid;
    justify-items: center;
    gap: var(--visavis-space-2);
    text-align: center;
    pointer-events: none;
  }

  .notices > * {
    pointer-events: auto;
    display: grid;
    gap: var(--visavis-space-2);
    justify-items: center;
  }

  .notices .plate {
    border-radius: var(--visavis-radius-l);
    padding: 0.5rem 1rem;
    text-align: start;
  }

  .notices .plate button {
    flex: none;
    width: 2rem;
    min-height: 2rem;
    margin-block: -0.25rem;
    margin-inline-end: -0.5rem;
    color: inherit;
  }

  .notices .plate button:hover {
    background: #ffffff2e;
  }

  .sharing {
    position: absolute;
    inset: auto auto var(--visavis-space-3) var(--visavis-space-3);
    max-width: calc(100% - 9rem);
    padding-inline-end: 0.3rem;
  }

  .screened .sharing {
    inset-block-end: auto;
    inset-block-start: 3.5rem;
  }

  .sharing button {
    min-height: 2rem;
    padding: 0.1rem 0.75rem;
    border: 0;
    border-radius: var(--visavis-radius-round);
    background: #fff;
    color: #17211f;
    font-size: var(--visavis-size-s);
  }

  .controls {
    display: flex;
    justify-content: center;
    align-items: center;
    gap: clamp(0.4rem, 2cqi, 0.75rem);
    padding: var(--visavis-space-3);
    padding-block-end: max(var(--visavis-space-3), env(safe-area-inset-bottom));
  }

  .round {
    width: 3rem;
    height: 3rem;
    padding: 0;
    border: 0;
    border-radius: 50%;
    background: #26312f;
    color: var(--on-stage);
    font-size: 1.1rem;
    flex: none;
  }

  .round:hover {
    background: #35433f;
  }

  .round.off,
  .round[aria-pressed="true"] {
    background: #f2f6f5;
    color: #17211f;
  }

  .round.off:hover,
  .round[aria-pressed="true"]:hover {
    background: #d9e0de;
  }

  .hang-up {
    width: 4rem;
    border-radius: var(--visavis-radius-round);
    background: #c9362c;
    color: #fff;
  }

  .hang-up:hover {
    background: #b02c23;
  }

  .badged,
  .more {
    position: relative;
    display: grid;
  }

  .count {
    position: absolute;
    inset: -0.2rem -0.2rem auto auto;
    min-width: 1.25rem;
    padding-inline: 0.3rem;
    border-radius: var(--visavis-radius-round);
    background: #fff;
    color: #17211f;
    font-size: 0.75rem;
    font-weight: 700;
    line-height: 1.25rem;
    text-align: center;
    pointer-events: none;
    box-shadow: 0 0 0 2px var(--stage);
  }

  .rare {
    display: none;
  }

  .menu {
    position: absolute;
    inset: auto auto calc(100% + 0.5rem) 50%;
    translate: -50%;
    z-index: 2;
    display: grid;
    min-width: 13rem;
    padding: var(--visavis-space-1);
    border-radius: var(--visavis-radius-m);
    background: var(--visavis-surface);
    color: var(--visavis-text);
    box-shadow: 0 8px 30px #0009;
  }

  .menu button {
    justify-content: flex-start;
    font-weight: 400;
    gap: var(--visavis-space-3);
    white-space: nowrap;
  }

  .menu button:focus-visible {
    outline-color: var(--visavis-accent-text);
    outline-offset: -2px;
  }

  aside {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--visavis-surface);
    color: var(--visavis-text);
    /* Narrow: over the pictures, the controls stay within reach. */
    grid-area: 1 / 1;
    z-index: 1;
    animation: rise var(--visavis-slow) var(--visavis-ease);
  }

  @keyframes rise {
    from {
      opacity: 0;
      translate: 0 1rem;
    }
  }

  aside header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding: var(--visavis-space-2) var(--visavis-space-2) var(--visavis-space-2) var(--visavis-space-4);
    border-block-end: 1px solid var(--visavis-line);
  }

  aside h2 {
    font-size: var(--visavis-size-m);
  }

  visavis-chat {
    flex: 1;
  }

  visavis-devices {
    padding: var(--visavis-space-4);
    overflow-y: auto;
  }

  @container call (min-width: 34rem) {
    .group:not(.screened) .tiles {
      padding-block-start: 3.75rem;
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }

    .rare {
      display: inline-flex;
    }

    .more {
      display: none;
    }
  }

  @container call (min-width: 48rem) {
    .frame.open {
      grid-template-columns: minmax(0, 1fr) 22rem;
    }

    aside {
      grid-area: 1 / 2 / 3 / 3;
    }

    #remote {
      object-fit: contain;
    }

    .group #remote {
      object-fit: cover;
    }
  }
`;
