// What the service tells of who may be rung: certificates and revocation lists that are not what they should be.

import { certifyApprover } from "../../functions/web/src/trust/ceremony.ts";
import { newSigningKey, publicPart } from "../../functions/web/src/trust/ed25519.ts";
import { make, read } from "../../functions/web/src/trust/statements.ts";
import { newSiteKey } from "../browser/harness/trust.mjs";
import { DAY, device, malleated, now } from "./harness/forge.mjs";
import { attack } from "./harness/stage.mjs";

/** @typedef {import("./harness/stage.mjs").Stage} Stage */
/** @typedef {{ successions: string[], approvers: string[], devices: string[], revocations?: string }} Trust */

/** @param {string} name @param {string} reason @param {(trust: Trust, stage: Stage) => Promise<void> | void} change */
function told(name, reason, change) {
  attack(name, async (stage) => {
    const visitor = await stage.visitor();
    stage.edge.onAnswer("visitor", /^POST .*\/visitors?(\/token)?$/, async ({ body }) => {
      if (body?.trust) await change(body.trust, stage);
    });
    await stage.click(visitor);
    await stage.refuses(visitor, reason);
  });
}

told("a device certificate that has expired", "expired", async (trust, stage) => {
  const altered = { notBefore: now() - 20 * DAY, notAfter: now() - 13 * DAY };
  trust.devices = [(await device(stage, stage.ada, { altered })).certificate];
});

told("a device certificate that is not valid yet", "not-yet-valid", async (trust, stage) => {
  const altered = { notBefore: now() + DAY, notAfter: now() + 6 * DAY };
  trust.devices = [(await device(stage, stage.ada, { altered })).certificate];
});

told("a device certificate for a longer time than can be", "chain", async (trust, stage) => {
  const altered = { notBefore: now() - DAY, notAfter: now() + 30 * DAY };
  trust.devices = [(await device(stage, stage.ada, { altered })).certificate];
});

told("a self-signed device certificate", "chain", async (trust, stage) => {
  const own = await newSigningKey();
  const altered = { approverKey: await publicPart(own) };
  trust.devices = [(await device(stage, stage.ada, { altered, approver: own })).certificate];
});

told("a chain under a site key of the edge's own", "chain", async (trust, stage) => {
  const [site, approver] = [await newSiteKey(), await newSigningKey()];
  const whose = {
    organisation: stage.organisation.id,
    person: stage.ada.id,
    approverKey: await publicPart(approver),
  };
  const certificate = await certifyApprover(site, whose, now());
  const altered = { approverKey: whose.approverKey };
  trust.approvers = [certificate];
  trust.devices = [(await device(stage, stage.ada, { approver, certificate, altered })).certificate];
});

told("a device certificate of another organisation", "organisation", async (trust, stage) => {
  const altered = { organisation: crypto.randomUUID() };
  trust.devices = [(await device(stage, stage.ada, { altered })).certificate];
});

told("a device certificate with an altered name", "signature", (trust) => {
  trust.devices = trust.devices.map((one) =>
    Buffer.from(
      Buffer.from(one, "base64url").toString("latin1").replace("Ada Adviser", "Eva Adviser"),
      "latin1",
    ).toString("base64url"),
  );
});

told("a device certificate whose signature is malleated", "signature", (trust) => {
  trust.devices = trust.devices.map(malleated);
});

told("a revoked device", "revoked", async (trust, stage) => {
  const list = read("revocations", trust.revocations ?? "");
  const revoked = trust.devices.map((one) => read("device", one).signingKey);
  // Signed by the approver as it would be; the service goes on telling of the device.
  trust.revocations = await make(
    "revocations",
    { ...list, number: list.number + 1, revoked },
    stage.trust.approver.privateKey,
  );
});

told("the revocation list withheld", "revocations-missing", (trust) => {
  delete trust.revocations;
});

told("a revocation list that has ended", "revocations-old", async (trust, stage) => {
  const list = read("revocations", trust.revocations ?? "");
  const old = { ...list, notBefore: now() - 10 * DAY, notAfter: now() - 4 * DAY };
  trust.revocations = await make("revocations", old, stage.trust.approver.privateKey);
});

told("a forged revocation list", "signature", (trust) => {
  const bytes = Buffer.from(trust.revocations ?? "", "base64url");
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  trust.revocations = bytes.toString("base64url");
});

told("a revocation list signed by a key of the edge's own", "chain", async (trust) => {
  const own = await newSigningKey();
  const list = read("revocations", trust.revocations ?? "");
  trust.revocations = await make("revocations", { ...list, issuer: await publicPart(own) }, own.privateKey);
});

attack("an older revocation list than the page has seen", async (stage) => {
  const visitor = await stage.visitor();
  const { approver } = stage.trust;
  let ahead = 5;
  stage.edge.onAnswer("visitor", /^POST .*\/visitors?(\/token)?$/, async ({ body }) => {
    if (!body?.trust) return;
    const list = read("revocations", body.trust.revocations);
    body.trust.revocations = await make("revocations", { ...list, number: list.number + ahead }, approver.privateKey);
  });
  await visitor.begin();
  // What rings has looked at the list.
  await visitor.ring();
  await visitor.cancel();
  ahead = 0;
  await visitor.widget.getByRole("button", { name: "Call again" }).click();
  await stage.refuses(visitor, "revocations-old");
});

attack("no trust told at all", async (stage) => {
  const visitor = await stage.visitor();
  stage.edge.onAnswer("visitor", /^POST .*\/visitors?(\/token)?$/, ({ body }) => {
    if (body) delete body.trust;
  });
  await stage.click(visitor);
  await stage.refuses(visitor, "no-device");
});
