// What goes over the wire, as docs/signalling.md defines it.

import type { CodeMessage } from "../trust/code.ts";
import type { TrustBundle } from "../trust/handshake.ts";

/** A UUIDv7. */
export type Id = string;
/** RFC 3339 in UTC. */
export type Time = string;

export type CallState = "ringing" | "answered" | "declined" | "cancelled" | "missed" | "ended";
export type Media = "video" | "audio" | "chat";
export type EndedBecause = "hung-up" | "visitor-gone" | "expert-gone";

/** The expert as the visitor sees them. */
export interface Expert {
  id: Id;
  name: string;
  title?: string;
}

/** The visitor as experts see them. */
export interface CallVisitor {
  id: Id;
  name?: string;
  language: string;
  page: { url: string; title: string };
}

export interface Call {
  id: Id;
  state: CallState;
  version: number;
  media: Media;
  created_at: Time;
  rings_until: Time;
  answered_at?: Time;
  ended_at?: Time;
  ended_because?: EndedBecause;
  /** While ringing with `wait`: how many are before, 0 = next. */
  waiting?: number;
  /** To experts only. */
  visitor?: CallVisitor;
  /** Who answered. */
  expert?: Expert;
  /** To experts only: by which invitation, and into which call. */
  invitation?: { id: Id; call: Id };
  /** To the expert, in the answer of `PUT /presence`, while it rings. */
  payload?: string;
  /** To the expert, in the answer of `PUT /presence`, while it rings. */
  ice_servers?: RTCIceServer[];
}

export interface Availability {
  organisation: { name: string; accent: string; contact?: string };
  state: "free" | "busy" | "closed";
  experts: (Expert & { state: "free" | "busy" })[];
}

/** Where a mailbox is and what opens its entries. */
export interface MailboxAccess {
  /** `<organisation>/<role>/<subject>`, the associated data of every entry. */
  name: string;
  /** AES-256-GCM key, base64url. */
  key: string;
}

/** The answer of `POST /organisations/{organisation}/visitors` and `POST /visitor/token`. */
export interface VisitorAccess {
  visitor: Id;
  call: Id;
  token: string;
  token_expires_at: Time;
  mailbox: MailboxAccess;
  ice_servers: RTCIceServer[];
  /** Absent as long as the organisation has no site key. */
  trust?: TrustBundle;
  /** Of who was invited into a call: by whom. */
  invitation?: { id: Id; expert: { id: Id; name: string } };
}

/** The answer of `POST /calls/{call}/invitations`. */
export interface Invitation {
  invitation: Id;
  /** Works once. */
  secret: string;
  expires_at: Time;
}

export type StaffRole = "expert" | "administrator";

/** The answer of `POST /session/token`. */
export interface StaffAccess {
  token: string;
  token_expires_at: Time;
  person: { id: Id; name: string; title?: string; roles: StaffRole[] };
  /** `site_key`: the organisation has one, so that visitors verify who answers. */
  organisation: { id: Id; name: string; accent: string; site_key?: boolean };
  mailbox: MailboxAccess;
}

/** The body of `POST /calls/{call}/ring`. */
export interface Ring {
  name?: string;
  language: string;
  page: { url: string; title: string };
  media: Media;
  expert?: Id;
  wait?: boolean;
  payload: string;
}

/** The answer of `PUT /presence`. */
export interface Presence {
  expires_at: Time;
  /** Milliseconds. */
  renew_in: number;
  calls: Call[];
}

export type PresenceState = "here" | "available" | "away";

/** The answer of `POST /calls/{call}/relay`, and of `resume`. */
export interface Relay {
  ice_servers: RTCIceServer[];
  expires_at: Time;
}

interface EnvelopeOf<Type extends string, Body> {
  id: Id;
  at: Time;
  type: Type;
  call: Id;
  body: Body;
}

/** What a mailbox's entry holds. */
export type Envelope =
  | EnvelopeOf<"call.ringing", { call: Call; payload: string; ice_servers: RTCIceServer[] }>
  | EnvelopeOf<"call.answered", { call: Call; payload: string }>
  | EnvelopeOf<"call.taken" | "call.declined" | "call.cancelled" | "call.missed" | "call.ended", { call: Call }>
  | EnvelopeOf<"call.signal", { from: "visitor" | "expert"; payload: string }>
  | EnvelopeOf<"call.resumed", { id: Id }>
  | EnvelopeOf<"call.invited", Invitation & { from: { id: Id; name: string } }>;

/** What two clients say to each other through the service, which carries it unread. */
export type Message =
  | { type: "offer"; connection: string; sdp: string }
  | { type: "answer"; connection: string; sdp: string }
  | { type: "candidates"; connection: string; candidates: RTCIceCandidateInit[] }
  | { type: "restart"; connection?: string };

/** What a side shows now; the data channel `control` tells the other. */
export interface Showing {
  microphone: boolean;
  camera: boolean;
  screen: boolean;
}

/** What somebody in a call is: its two ends, and whom the expert lets join. */
export type MemberKind = "visitor" | "expert" | "colleague" | "guest";

/** Somebody in a call, as its expert tells. */
export interface Member {
  id: Id;
  kind: MemberKind;
  /** Of a visitor or guest as they say; may be empty. */
  name: string;
  /** Of the DTLS certificate: SHA-256 in lower-case hexadecimal. */
  fingerprint: string;
}

/** What concerns all who are in a call. */
export type GroupMessage =
  | CodeMessage
  /** From the expert, to each: who is in `call` now. */
  | { type: "members"; call: Id; members: Member[] }
  /** From one member for another, by way of the expert. */
  | { type: "pass"; to: Id; from: Id; message: Message };

/** What two clients say to each other on the data channel `control`. */
export type ControlMessage =
  | { type: "chat"; id: string; text: string; at: Time }
  | ({ type: "showing" } & Showing)
  | { type: "file"; id: string; name: string; size: number; media_type: string; sha256?: string }
  | { type: "file-accept" | "file-refuse" | "file-cancel"; id: string }
  | { type: "file-done"; id: string; sha256: string }
  | GroupMessage
  | { type: "bye" };

/** The slug at the end of a problem's `type`. */
export type ProblemSlug =
  | "malformed"
  | "card-number"
  | "token-missing"
  | "token-invalid"
  | "token-expired"
  | "role-not-allowed"
  | "origin-not-registered"
  | "not-found"
  | "method-not-allowed"
  | "nobody-available"
  | "busy"
  | "call-over"
  | "already-answered"
  | "not-answered"
  | "statement-refused"
  | "outdated"
  | "limit-reached"
  | "body-too-large"
  | "unsupported-media-type"
  | "unsupported"
  | "too-many-requests"
  | "unavailable"
  | "misconfigured"
  /** The service was not reached: no network, or a blocked request. Made by the client. */
  | "unreachable"
  /** An answer that is not of the documented form. Made by the client. */
  | "unexpected";
