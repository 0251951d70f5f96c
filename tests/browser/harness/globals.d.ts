// What the suites put into pages, and what browsers have that TypeScript does not know yet.

interface Watch {
  connections: RTCPeerConnection[];
  violations: string[];
  /** How often the page has asked for camera or microphone. */
  asked: number;
  /** What it was given. */
  streams: MediaStream[];
  timeFirstFrame: boolean;
  /** When the first remote video frame was decoded, in milliseconds since the Unix epoch. */
  firstFrameAt: number | undefined;
  /** When the page was last clicked, in the same measure. */
  clickedAt: number | undefined;
}

declare var __watch: Watch;
/** The port of a late path to a place, see `tests/bench/far.mjs`. */
declare var __distant: (address: string, port: number) => Promise<number>;

declare class MediaStreamTrackProcessor {
  constructor(options: { track: MediaStreamTrack });
  readable: ReadableStream<VideoFrame>;
}

interface DisplayMediaStreamOptions {
  preferCurrentTab?: boolean;
  selfBrowserSurface?: "include" | "exclude";
}
