// What a side has of a member beside the other side of the call: whom it sees and hears, and what the two say.

import type { CheckFailed } from "../trust/failure.ts";
import type { Conversation } from "./conversation.ts";
import type { Id, MemberKind, Showing } from "./types.ts";

export interface Companion {
  id: Id;
  kind: MemberKind;
  /** May be empty. */
  name: string;
  /** `failed`: it could not be checked who it is, and there is no connection. */
  status: "connecting" | "connected" | "failed";
  /** Voice and camera, once the certificate is checked. */
  remote: MediaStream | undefined;
  remoteScreen: MediaStream | undefined;
  showing: Showing;
}

export interface Seat {
  readonly companion: Companion;
  readonly conversation: Conversation;
  /** A check failed that is about this member alone: there is no connection to it any more, and the others go on. */
  fail: (error: CheckFailed) => void;
}
