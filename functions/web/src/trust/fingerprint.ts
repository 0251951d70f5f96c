// The fingerprint of a side's DTLS certificate, as its session description says it.

import { CheckFailed } from "./failure.ts";

/**
 * The one SHA-256 fingerprint in a description, in lower-case hexadecimal without colons. Lines are read as loosely as
 * any browser reads them, so that none sees a fingerprint that this does not.
 *
 * Throws `CheckFailed("fingerprint")` when there is none, another hash, or two values.
 */
export function fingerprintOf(sdp: string): string {
  let found: string | undefined;
  for (const line of sdp.split(/[\r\n]/)) {
    if (!/fingerprint/i.test(line)) continue;
    const value = /^a=fingerprint:sha-256 ((?:[\dA-F]{2}:){31}[\dA-F]{2})$/i.exec(line)?.[1]?.toLowerCase();
    if (!value || (found && found !== value)) throw new CheckFailed("fingerprint");
    found = value;
  }
  if (!found) throw new CheckFailed("fingerprint");
  return found.replaceAll(":", "");
}
