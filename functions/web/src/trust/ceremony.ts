// What the site key signs, in the hour it is out of its safe: itself, an approver, the key that follows it.

import type { Id } from "../call/types.ts";
import { DAY, EARLIER } from "./approver.ts";
import type { SiteKey } from "./key-file.ts";
import { type Key, make } from "./statements.ts";

/** How long an approver may approve before the key file is needed again. Seconds. */
export const APPROVER_LASTS = 90 * DAY;
/** How long pages that know only the old site key take the new one's word. Seconds. */
export const SUCCESSION_LASTS = 180 * DAY;

/** The site key's word that it is one. `now` is seconds since 1970, as everywhere here. */
export function signSiteKey(site: SiteKey, organisation: Id, now: number): Promise<string> {
  return make("site-key", { organisation, key: site.publicKey, created: now }, site.privateKey);
}

/** Lets the approver key of `person` sign for 90 days. */
export function certifyApprover(
  site: SiteKey,
  { organisation, person, approverKey }: { organisation: Id; person: Id; approverKey: Key },
  now: number,
): Promise<string> {
  const validity = { notBefore: now - EARLIER, notAfter: now + APPROVER_LASTS };
  return make("approver", { organisation, siteKey: site.publicKey, approverKey, person, ...validity }, site.privateKey);
}

/** The old site key's word for the new one. */
export function signSuccession(old: SiteKey, newKey: Key, organisation: Id, now: number): Promise<string> {
  const validity = { notBefore: now - EARLIER, notAfter: now + SUCCESSION_LASTS };
  return make("succession", { organisation, oldKey: old.publicKey, newKey, ...validity }, old.privateKey);
}
