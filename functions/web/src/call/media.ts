// The devices of this side: microphone, camera, screen; what is chosen, what works, and why not.

import { Store } from "./store.ts";

/** Why a device does not work. */
export type DeviceProblem =
  /** The person, or a policy of the page or the system, said no. */
  | "refused"
  /** There is none. */
  | "missing"
  /** Another program holds it. */
  | "busy"
  /** It was there and is gone. */
  | "unplugged"
  /** The browser cannot do it, here or at all (no secure context, no screen sharing on a phone). */
  | "unsupported"
  | "failed";

export interface InputState {
  status: "off" | "starting" | "on" | "failed";
  /** With `failed`; kept when turned off by it. */
  problem?: DeviceProblem;
}

export interface DeviceChoice {
  id: string;
  /** Empty until the person has granted access. */
  label: string;
}

export interface MediaState {
  microphone: InputState;
  camera: InputState;
  screen: InputState;
  microphones: readonly DeviceChoice[];
  cameras: readonly DeviceChoice[];
  speakers: readonly DeviceChoice[];
  /** The chosen device's id, or the one the browser chose. */
  chosen: { microphone?: string; camera?: string; speaker?: string };
  /** What goes out, or `null`. A muted microphone keeps its track, disabled. */
  microphoneTrack: MediaStreamTrack | null;
  cameraTrack: MediaStreamTrack | null;
  screenTrack: MediaStreamTrack | null;
}

export type InputKind = "microphone" | "camera";

const OFF: InputState = { status: "off" };

/** Touches no device until it is asked to. */
export class LocalMedia extends Store<MediaState> {
  #closed = new AbortController();
  #turn: Record<InputKind, number> = { microphone: 0, camera: 0 };

  constructor() {
    super({
      microphone: OFF,
      camera: OFF,
      screen: OFF,
      microphones: [],
      cameras: [],
      speakers: [],
      chosen: {},
      microphoneTrack: null,
      cameraTrack: null,
      screenTrack: null,
    });
    globalThis.navigator?.mediaDevices?.addEventListener("devicechange", this.#devicesChanged, {
      signal: this.#closed.signal,
    });
  }

  /**
   * Turns on what is asked for: with one question of the browser where it can, device by device when one of them fails.
   * Never throws: what failed is in the state.
   */
  async start(wanted: { microphone?: boolean; camera?: boolean }): Promise<void> {
    const microphone = wanted.microphone === true && this.state.microphone.status !== "on";
    const camera = wanted.camera === true && this.state.camera.status !== "on";
    if (microphone && camera && this.#supported("microphone") && this.#supported("camera")) {
      const turns = { microphone: ++this.#turn.microphone, camera: ++this.#turn.camera };
      this.change({ microphone: { status: "starting" }, camera: { status: "starting" } });
      try {
        const stream = await navigator.mediaDevices.getUserMedia({
          audio: this.#constraints("microphone"),
          video: this.#constraints("camera"),
        });
        this.#take("microphone", stream.getAudioTracks()[0], turns.microphone);
        this.#take("camera", stream.getVideoTracks()[0], turns.camera);
        await this.#list();
        return;
      } catch {
        if (this.#closed.signal.aborted) return;
        // One of the two: find out which, so that the other still works.
      }
    }
    if (microphone) await this.#open("microphone");
    if (camera) await this.#open("camera");
  }

  /** Unmutes or mutes. A muted microphone stays open, so that it is back at once; one that failed is tried again. */
  async setMicrophone(on: boolean): Promise<void> {
    const track = this.state.microphoneTrack;
    if (track && on === track.enabled) return;
    if (track) {
      track.enabled = on;
      this.change({ microphone: { status: on ? "on" : "off" } });
    } else if (on) {
      await this.#open("microphone");
    } else {
      this.#drop("microphone", OFF);
    }
  }

  /** Opens the camera or closes it, light and all. */
  async setCamera(on: boolean): Promise<void> {
    if (on) await this.#open("camera");
    else this.#drop("camera", OFF);
  }

  /** Goes over to another device; a call goes on without negotiating. What is off stays off. */
  async choose(kind: InputKind | "speaker", id: string): Promise<void> {
    this.change({ chosen: { ...this.state.chosen, [kind]: id } });
    if (kind === "speaker") return;
    const muted = this.state.microphoneTrack?.enabled === false;
    if (this.state[kind].status === "off" && !(kind === "microphone" && muted)) return;
    await this.#open(kind);
    if (kind === "microphone" && muted) await this.setMicrophone(false);
  }

  /** Asks the person what to share. Must be called from a click. Cancelling is no failure. */
  async shareScreen(): Promise<void> {
    if (!("mediaDevices" in navigator && "getDisplayMedia" in navigator.mediaDevices)) {
      this.change({ screen: { status: "failed", problem: "unsupported" } });
      return;
    }
    this.change({ screen: { status: "starting" } });
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { max: 15 } },
        audio: false,
      });
      const track = stream.getVideoTracks()[0];
      if (!track || this.#closed.signal.aborted) {
        for (const one of stream.getTracks()) one.stop();
        this.change({ screen: OFF });
        return;
      }
      // Text stays sharp: rather fewer pictures than fewer pixels.
      track.contentHint = "detail";
      track.addEventListener("ended", () => this.#screenEnded(track));
      this.change({ screen: { status: "on" }, screenTrack: track });
    } catch (error) {
      // Browsers do not tell a cancelled choice from a refused one.
      const problem = deviceProblem(error);
      this.change({ screen: problem === "refused" ? OFF : { status: "failed", problem } });
    }
  }

  stopScreen(): void {
    this.state.screenTrack?.stop();
    this.change({ screen: OFF, screenTrack: null });
  }

  /** Lets go of every device for good. */
  close(): void {
    this.#closed.abort();
    for (const track of [this.state.microphoneTrack, this.state.cameraTrack, this.state.screenTrack]) track?.stop();
    this.change({
      microphone: OFF,
      camera: OFF,
      screen: OFF,
      microphoneTrack: null,
      cameraTrack: null,
      screenTrack: null,
    });
  }

  get closed(): boolean {
    return this.#closed.signal.aborted;
  }

  #supported(kind: InputKind): boolean {
    // Absent where the page is not a secure context.
    if ("mediaDevices" in navigator) return true;
    this.change({ [kind]: { status: "failed", problem: "unsupported" } });
    return false;
  }

  #constraints(kind: InputKind): MediaTrackConstraints {
    const id = this.state.chosen[kind];
    const device: MediaTrackConstraints = id ? { deviceId: { exact: id } } : {};
    return kind === "microphone"
      ? { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true }
      : { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
  }

  async #open(kind: InputKind): Promise<void> {
    if (!this.#supported(kind)) return;
    const turn = ++this.#turn[kind];
    this.change({ [kind]: { status: "starting" } });
    // Many systems give a camera or microphone to one holder only: let go before reaching for the next.
    const before = this.state[`${kind}Track`];
    before?.stop();
    const ask = (constraints: MediaTrackConstraints): Promise<MediaStream> =>
      navigator.mediaDevices.getUserMedia(kind === "microphone" ? { audio: constraints } : { video: constraints });
    try {
      const stream = await ask(this.#constraints(kind)).catch((error: unknown) => {
        // The chosen device is gone: any other is better than none.
        if (!(error instanceof DOMException) || error.name !== "OverconstrainedError") throw error;
        this.change({ chosen: { ...this.state.chosen, [kind]: undefined } });
        return ask(this.#constraints(kind));
      });
      this.#take(kind, stream.getTracks()[0], turn);
      await this.#list();
    } catch (error) {
      if (turn === this.#turn[kind]) this.#drop(kind, { status: "failed", problem: deviceProblem(error) });
    }
  }

  #take(kind: InputKind, track: MediaStreamTrack | undefined, turn: number): void {
    if (!track || turn !== this.#turn[kind] || this.#closed.signal.aborted) {
      track?.stop();
      return;
    }
    track.addEventListener("ended", () => {
      if (this.state[`${kind}Track`] === track) this.#drop(kind, { status: "failed", problem: "unplugged" });
    });
    const id = track.getSettings().deviceId;
    if (kind === "camera") track.contentHint = "motion";
    this.change({
      [kind]: { status: "on" },
      [`${kind}Track`]: track,
      chosen: id ? { ...this.state.chosen, [kind]: id } : this.state.chosen,
    });
  }

  #drop(kind: InputKind, state: InputState): void {
    this.#turn[kind]++;
    this.state[`${kind}Track`]?.stop();
    this.change({ [kind]: state, [`${kind}Track`]: null });
  }

  #screenEnded(track: MediaStreamTrack): void {
    if (this.state.screenTrack === track) this.stopScreen();
  }

  #devicesChanged = async (): Promise<void> => {
    await this.#list();
    // What was missing or pulled out and is there again comes back by itself.
    for (const kind of ["microphone", "camera"] as const) {
      const { problem } = this.state[kind];
      const there = kind === "microphone" ? this.state.microphones : this.state.cameras;
      if (problem === "unplugged" && there.length > 0) await this.#open(kind);
    }
  };

  async #list(): Promise<void> {
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => undefined)) ?? [];
    if (this.#closed.signal.aborted) return;
    const of = (kind: MediaDeviceKind): DeviceChoice[] =>
      devices
        .filter((device) => device.kind === kind && device.deviceId !== "")
        .map((device) => ({ id: device.deviceId, label: device.label }));
    this.change({ microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") });
  }
}

/** What an exception of `getUserMedia` or `getDisplayMedia` means (Media Capture and Streams, section 10.2). */
export function deviceProblem(error: unknown): DeviceProblem {
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    case "NotSupportedError":
    case "TypeError":
      return "unsupported";
    default:
      return "failed";
  }
}
