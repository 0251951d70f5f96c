// A payload: base64url of JSON with a version and a type.

import { toBase64url } from "../call/bytes.ts";
import { LONGEST_PAYLOAD } from "../call/payload.ts";
import { binary, object, parseJson, utf8 } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";

/** What a payload is, as far as can be told without opening it; `plain` is of a page that has no key pinned. */
export type PayloadKind = "plain" | "offer" | "answer" | "early" | "signal" | "restart" | "message";

const KINDS = ["offer", "answer", "early", "signal", "restart", "message"];

/** Throws `CheckFailed`: `version`, `malformed`. */
export function kindOf(payload: string): PayloadKind {
  const { v, type } = anyObject(payload);
  if (v === undefined) return "plain";
  if (v !== 1) throw new CheckFailed("version");
  if (!KINDS.includes(type as string)) throw new CheckFailed("malformed");
  return type as PayloadKind;
}

export function toPayload(type: Exclude<PayloadKind, "plain">, members: object): string {
  const payload = toBase64url(utf8(JSON.stringify({ v: 1, type, ...members })));
  if (payload.length > LONGEST_PAYLOAD) throw new RangeError("too long");
  return payload;
}

/** The members of a payload of this type, which must have those in `shape` and no others. */
export function fromPayload(
  type: Exclude<PayloadKind, "plain">,
  payload: string,
  shape: Record<string, string>,
): Record<string, unknown> {
  const kind = kindOf(payload);
  if (kind !== type) throw new CheckFailed(kind === "plain" ? "unsealed" : "malformed");
  return object(anyObject(payload), { v: "number", type: "string", ...shape });
}

function anyObject(payload: string): Record<string, unknown> {
  const json = parseJson(binary(payload));
  if (typeof json !== "object" || !json) throw new CheckFailed("malformed");
  return json as Record<string, unknown>;
}
