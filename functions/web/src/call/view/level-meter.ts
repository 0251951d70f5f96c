// Shows how loud the microphone is, as bars that light up.

import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";

const BARS = 14;
/** The quietest and the loudest level that move a bar, in decibels below full scale. */
const QUIETEST = -55;
const LOUDEST = -12;

/** `<visavis-level .track=${…} label="…">`. */
export class LevelMeter extends LitElement {
  static override styles = css`
    :host {
      display: flex;
      gap: 3px;
      align-items: center;
      height: 1rem;
    }

    i {
      flex: 1;
      height: 0.5rem;
      border-radius: 2px;
      background: var(--visavis-line);
      transition: background-color 80ms;
    }

    i.lit {
      background: var(--visavis-success);
    }

    @media (forced-colors: active) {
      i {
        border: 1px solid;
      }

      i.lit {
        background: Highlight;
        forced-color-adjust: none;
      }
    }
  `;
  static override properties = { track: { attribute: false }, label: {}, level: { state: true } };

  declare track: MediaStreamTrack | null;
  declare label: string;
  declare level: number;
  #stop: () => void = () => {};

  constructor() {
    super();
    this.track = null;
    this.label = "";
    this.level = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("track")) this.#listen();
  }

  protected override render(): TemplateResult {
    this.role = "img";
    this.ariaLabel = this.label;
    return html`${Array.from({ length: BARS }, (_, bar) => html`<i class=${bar < this.level ? "lit" : ""}></i>`)}`;
  }

  #listen(): void {
    this.#stop();
    this.level = 0;
    if (!this.track) return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([this.track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const decibels = 10 * Math.log10(power + 1e-10);
      const level = Math.round((BARS * (decibels - QUIETEST)) / (LOUDEST - QUIETEST));
      this.level = Math.max(0, Math.min(BARS, level));
    }, 80);
    this.#stop = () => {
      clearInterval(timer);
      context.close().catch(() => {});
      this.#stop = () => {};
    };
  }
}
