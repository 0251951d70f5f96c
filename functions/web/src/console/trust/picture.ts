// The picture of the chain: who vouches for whom.

import { css, html, nothing, type SVGTemplateResult, svg, type TemplateResult } from "lit";

import type { TrustTexts } from "../texts/trust/index.ts";

const drawings = {
  siteKey: svg`<rect x="10" y="9" width="28" height="30" rx="4"/><path d="M14 39v3M34 39v3"/><circle cx="22" cy="22" r="4.5"/><path d="M26 24.5 33 31M31 29l-2 2"/>`,
  approver: svg`<rect x="6" y="11" width="36" height="24" rx="3.5"/><path d="M6 17h36M10.500 14h.1M14 14h.1"/><path d="m18.500 26.500 4 4 7.500-8"/><path d="M16 40h16"/>`,
  devices: svg`<rect x="5" y="14" width="24" height="16" rx="3"/><path d="M12 36h10M17 30v6"/><rect x="31" y="20" width="12" height="18" rx="2.500"/><path d="M36 34.500h2"/><path d="m13 22 3 3 5.500-6"/>`,
  page: svg`<rect x="7" y="8" width="34" height="32" rx="3.500"/><path d="M7 15h34M12 21h14M12 27h9"/><circle cx="31" cy="29" r="3.500"/><path d="M31 32.500V38M31 35.500h2.500"/>`,
} satisfies Record<string, SVGTemplateResult>;

export const pictureStyles = css`
  .picture {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: var(--visavis-space-3);
    text-align: center;
  }

  .picture li {
    position: relative;
    display: grid;
    justify-items: center;
    align-content: start;
    gap: var(--visavis-space-1);
  }

  .picture svg {
    width: 4.5rem;
    height: 4.5rem;
    padding: 0.6rem;
    border-radius: var(--visavis-radius-l);
    background: var(--visavis-accent-soft);
    color: var(--visavis-accent-text);
  }

  .picture li.page svg {
    background: var(--visavis-sunken);
    color: var(--visavis-muted);
  }

  /* The arrow to the one that it vouches for; the page points back to the root. */
  .picture li:not(:last-child)::after {
    content: "";
    position: absolute;
    inset-block-start: 2.1rem;
    inset-inline-end: calc(-0.5 * var(--visavis-space-3) - 0.4rem);
    width: 0.55rem;
    height: 0.55rem;
    border: solid var(--visavis-line-strong);
    border-width: 2px 2px 0 0;
    rotate: 45deg;
  }

  .picture li:nth-last-child(2)::after {
    rotate: -135deg;
  }

  @media (max-width: 40rem) {
    .picture {
      grid-template-columns: minmax(0, 1fr);
      text-align: start;
    }

    .picture li {
      grid-template-columns: auto minmax(0, 1fr);
      justify-items: start;
      gap: 0 var(--visavis-space-3);
    }

    .picture svg {
      width: 3.25rem;
      height: 3.25rem;
      padding: 0.4rem;
      grid-row: 1 / 3;
    }

    .picture li > :last-child:not(strong) {
      align-self: start;
    }

    .picture strong {
      align-self: end;
    }

    .picture li:not(:last-child)::after {
      display: none;
    }
  }
`;

export function picture(texts: TrustTexts): TemplateResult {
  const { picture: words } = texts;
  const part = (name: keyof typeof drawings, what: string, where: string): TemplateResult =>
    html`<li class=${name}>
      <svg
        viewBox="0 0 48 48"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
        stroke-linejoin="round"
        aria-hidden="true"
      >
        ${drawings[name] ?? nothing}
      </svg>
      <strong>${what}</strong>
      <span class="small muted">${where}</span>
    </li>`;
  return html`<ol class="picture">
    ${part("siteKey", words.siteKey, words.siteKeyWhere)}${part("approver", words.approver, words.approverWhere)}
    ${part("devices", words.devices, words.devicesWhere)}${part("page", words.page, words.pageWhere)}
  </ol>`;
}
