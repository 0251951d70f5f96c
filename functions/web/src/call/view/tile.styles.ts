// A person's picture on the stage of a call, or what stands in its place.

import { css } from "lit";

export const tile = css`
  video {
    display: block;
    width: 100%;
    height: 100%;
    min-width: 0;
    min-height: 0;
    object-fit: cover;
  }

  video.blank {
    opacity: 0;
  }

  .nobody {
    display: grid;
    align-content: center;
    justify-items: center;
    gap: var(--visavis-space-2);
    padding: var(--visavis-space-4);
    text-align: center;
    background: radial-gradient(circle at 50% 38%, #26312f, var(--stage) 70%);
  }

  .nobody .small {
    color: #b9c6c2;
  }

  .avatar {
    display: grid;
    place-items: center;
    width: 6.5rem;
    height: 6.5rem;
    border-radius: 50%;
    background: var(--visavis-accent);
    color: var(--visavis-on-accent);
    font-size: 2.25rem;
    font-weight: 560;
    letter-spacing: 0.02em;
  }

  .name {
    place-self: end start;
    display: inline-flex;
    align-items: center;
    gap: 0.35rem;
    max-width: calc(100% - 1rem);
    margin: 0.5rem;
    padding: 0.15rem 0.6rem;
    border-radius: var(--visavis-radius-round);
    background: var(--plate);
    color: var(--on-stage);
    font-size: var(--visavis-size-s);
    line-height: 1.35;
    backdrop-filter: blur(8px);
  }

  .name > :is(span, bdi) {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
`;
