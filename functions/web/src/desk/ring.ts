// The ring: a calm chime of two notes, made by code, repeated until someone answers.

const EVERY = 3_200;
const NOTES = [
  { frequency: 523.25, at: 0 },
  { frequency: 659.26, at: 0.32 },
  { frequency: 783.99, at: 0.64 },
];

export class Ring {
  #context: AudioContext | undefined;
  #loudness: GainNode | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #volume = 0.6;
  #changed: () => void;

  /** `changed` is called when the browser begins or ceases to let the ring be heard. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Whether the browser lets this page be heard: not before the first click or key on it. */
  get audible(): boolean {
    return this.#context?.state === "running";
  }

  get ringing(): boolean {
    return this.#timer !== undefined;
  }

  /** 0 to 1; also while it rings. */
  set volume(volume: number) {
    this.#volume = volume;
    // Loudness is heard as a power of amplitude.
    this.#loudness?.gain.setTargetAtTime(volume ** 2 * 0.5, this.#context?.currentTime ?? 0, 0.02);
  }

  /** Opens the sound, now or when the browser allows it; call it from a click to be allowed. */
  async unlock(): Promise<boolean> {
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#context.onstatechange = () => this.#changed();
      this.#loudness = new GainNode(this.#context, { gain: this.#volume ** 2 * 0.5 });
      this.#loudness.connect(this.#context.destination);
    }
    // A refused `resume` stays pending until there was a click.
    await Promise.race([this.#context.resume(), new Promise((resolve) => setTimeout(resolve, 200))]).catch(() => {});
    return this.audible;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.once();
    this.#timer = setInterval(() => this.once(), EVERY);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The chime, one time. */
  once(): void {
    void this.unlock().then((audible) => {
      const context = this.#context;
      const loudness = this.#loudness;
      if (!audible || !context || !loudness) return;
      for (const { frequency, at } of NOTES) {
        const begin = context.currentTime + at;
        const envelope = new GainNode(context, { gain: 0 });
        envelope.gain.setValueAtTime(0, begin);
        envelope.gain.linearRampToValueAtTime(1, begin + 0.02);
        envelope.gain.exponentialRampToValueAtTime(0.001, begin + 1.4);
        envelope.connect(loudness);
        const tone = new OscillatorNode(context, { type: "sine", frequency });
        const overtone = new OscillatorNode(context, { type: "sine", frequency: frequency * 2 });
        const quieter = new GainNode(context, { gain: 0.18 });
        tone.connect(envelope);
        overtone.connect(quieter).connect(envelope);
        for (const source of [tone, overtone]) {
          source.start(begin);
          source.stop(begin + 1.5);
        }
      }
    });
  }
}
