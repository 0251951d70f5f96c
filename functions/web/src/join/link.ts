// What a guest's link says, all of it behind the number sign: no server is told.

import { isId, toBase64url } from "../call/bytes.ts";
import { Sha256 } from "../call/sha256.ts";
import type { Id } from "../call/types.ts";

export interface GuestLink {
  organisation: Id;
  /** Of the invitation; works once. */
  secret: string;
  /** Proves to the expert, and not to the service, that the guest has the link; there as soon as a site key is. */
  linkKey?: string;
  /** Under which the guest's browser verifies who lets them in; none where the organisation has none. */
  siteKeys: string[];
}

const KEY = /^[\w-]{43}$/;

/** Nothing where it has another form than {@link writeLink} gives. */
export function readLink(fragment: string): GuestLink | undefined {
  const [organisation = "", secret = "", ...keys] = fragment.replace(/^#/, "").split(".");
  const known = isId(organisation) && /^[\w-]{16,100}$/.test(secret) && keys.every((key) => KEY.test(key));
  const [linkKey, ...siteKeys] = keys;
  if (!known) return undefined;
  if (linkKey === undefined) return { organisation, secret, siteKeys };
  return siteKeys.length === 1 || siteKeys.length === 2 ? { organisation, secret, linkKey, siteKeys } : undefined;
}

/** The same for the same link and for no other: what may be kept of it, because nobody joins by it. */
export function linkId({ secret }: GuestLink): string {
  return toBase64url(new Sha256().update(new TextEncoder().encode(secret)).digest());
}

/** `<organisation>.<secret>[.<link key>.<site key>[.<site key>]]`. */
export function writeLink({ organisation, secret, linkKey, siteKeys }: GuestLink): string {
  return [organisation, secret, ...(linkKey === undefined ? [] : [linkKey, ...siteKeys])].join(".");
}
