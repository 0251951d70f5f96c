// What a session shows of a call.

import type { ChatEntry } from "./conversation.ts";
import type { FileTransfer } from "./files.ts";
import type { Quality } from "./quality.ts";
import type { Call, Showing } from "./types.ts";

export type Phase =
  /** Visitor: everything is made ready, nothing rings. */
  | "preparing"
  | "ringing"
  /** Answered; no media yet. */
  | "connecting"
  | "connected"
  /** Was connected, and is coming back by itself; see `trouble`. */
  | "reconnecting"
  /** For good; see `outcome`. */
  | "over";

export type Outcome =
  /** This side hung up. */
  | "hung-up"
  | "other-hung-up"
  /** The other side's lease ran out: network, crash, closed page. */
  | "other-gone"
  /** The service took this side for gone. */
  | "self-gone"
  | "declined"
  | "cancelled"
  | "missed"
  /** Expert: a colleague, or another desk of the same expert, was first. */
  | "taken";

export type Trouble =
  /** This side has no network. */
  | "offline"
  /** The service is not reached. */
  | "service"
  /** The service is reached and the other side is not: the path between the two, or the other side's network. */
  | "path";

export interface SessionState {
  phase: Phase;
  /** As the service last told. */
  call: Call | undefined;
  outcome: Outcome | undefined;
  trouble: Trouble | undefined;
  /** The other side's voice and camera; a new stream after the other side's reload. */
  remote: MediaStream | undefined;
  remoteScreen: MediaStream | undefined;
  /** What the other side shows. */
  showing: Showing;
  chat: readonly ChatEntry[];
  files: readonly FileTransfer[];
  quality: Quality | undefined;
}

/** Before anything was heard of the other side. */
export const SHOWING_NOTHING: Showing = { microphone: false, camera: false, screen: false };
