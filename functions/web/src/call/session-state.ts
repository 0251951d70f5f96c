// What a session shows of a call.

import type { CheckReason } from "../trust/failure.ts";
import type { ChatEntry } from "./chat.ts";
import type { Companion } from "./companion.ts";
import type { FileTransfer } from "./files.ts";
import type { Proven } from "./payload.ts";
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
  | "taken"
  /** The other side could not prove who it is, or somebody came between; see `failure`. */
  | "check-failed";

/** Why a call was not made, or was ended, by this side's own check. */
export type Failure =
  | CheckReason
  /** This browser lacks what the check needs. */
  | "unsupported"
  /** Expert: this desk has no certificate yet. */
  | "uncertified";

/** What a failure means to people. */
export function meaning(failure: Failure): "middleman" | "outdated" | "browser" {
  switch (failure) {
    case "expired":
    case "not-yet-valid":
    case "no-device":
    case "revocations-missing":
    case "revocations-old":
      return "outdated";
    case "unsupported":
      return "browser";
    default:
      return "middleman";
  }
}

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
  /** With the outcome `check-failed`; and of a call that rings and cannot be answered at this desk. */
  failure: Failure | undefined;
  /** Who is at the other side, as far as it is proven. */
  peer: Proven | undefined;
  /** The short code, `123 456`, that all sides see who are in the same call. */
  code: string | undefined;
  /** This side was let into a call of others. */
  readonly invited: boolean;
  /** Who is in the call beside the other side. */
  companions: readonly Companion[];
  trouble: Trouble | undefined;
  /** The other side's voice and camera, once its certificate is checked; a new stream after the other side's reload. */
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
