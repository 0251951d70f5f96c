// A certificate authority of one test's own, and who trusts it.

import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Makes the authority, and a certificate by it for a name.
 *
 * @param {string} folder where the files go
 * @param {string} name
 */
export async function certificateFor(folder, name) {
  const path = (/** @type {string} */ file) => join(folder, file);
  const fresh = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "30"];
  const [authority, certificate, key] = [path("authority.pem"), path("certificate.pem"), path("key.pem")];
  const by = ["-keyout", path("authority-key.pem"), "-out", authority];
  await run("openssl", [...fresh, "-subj", "/CN=Authority of a test", ...by]);
  const of = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-addext", "basicConstraints=CA:FALSE"];
  const signed = ["-CA", authority, "-CAkey", path("authority-key.pem"), "-keyout", key, "-out", certificate];
  await run("openssl", [...fresh, ...of, ...signed]);
  return { authority, certificate, key };
}

/**
 * Makes a database in which browsers find an authority to trust: Chromium in `~/.pki/nssdb`, Firefox in its profile.
 *
 * @param {string} folder
 * @param {string} authority its certificate
 */
export async function trusting(folder, authority) {
  await mkdir(folder, { recursive: true });
  await run("certutil", ["-d", `sql:${folder}`, "-N", "--empty-password"]);
  await run("certutil", ["-d", `sql:${folder}`, "-A", "-n", "authority", "-t", "C,,", "-i", authority]);
}
