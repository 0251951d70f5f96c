// Checks the symbolic models of the handshake, of a third person and of the short code: they hold as they are, and fail with
// a part left out.
//
//   cargo install verifpal --version 1.6.7 --locked --ignore-rust-version
//   node docs/handshake-model.mjs [--sessions 2]
//
// One session of everybody takes some minutes; two, of the models as they are and without a fallen device, as many.
// `c0` says that a thing stays secret, `a0` that the visitor accepts no fingerprint but one that Ada has sent; `1` that
// there is an attack.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { sessions: { type: "string", default: "1" } } });
const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const handshake = read("handshake-model.vp");
const code = read("short-code-model.vp");
const group = read("group-model.vp");
const groupCode = read("group-code-model.vp");

/** Without what matches, and with the rest as it is. */
function without(model, ...parts) {
  return parts.reduce((left, part) => {
    const [from, to] = Array.isArray(part) ? part : [part, ""];
    if (!left.includes(from)) throw new Error(`the model has no longer: ${from}`);
    return left.replaceAll(from, to);
  }, model);
}

const signature = "_ = SIGNVERIF(pk_ada, HASH(v_transcript), v_signature)?";
const visitorsPart = "CONCAT(fingerprint_v, ev, nonce_v)";
const visitorsPartOfAda = "CONCAT(a_fingerprint_v, a_ev, a_nonce_v)";
const fingerprints = [
  ["CONCAT(v_fingerprint_a, ee, v_nonce_a)", "v_nonce_a"],
  ["CONCAT(fingerprint_a, ee, nonce_a)", "nonce_a"],
];

/** Where nobody but Ada is rung, and no device has fallen. */
const onlyAda = handshake
  .replace(/^principal Ben\[[^\]]*\]\n/m, "")
  .split("\n")
  .filter((line) => !/^Ben ->|^Visitor -> Ben|pk_ben|enc_ben|key_ben/.test(line))
  .join("\n")
  .replace(", ben_signature", "")
  .replace("confidentiality? speech", "confidentiality? speech\n\tconfidentiality? address_v");

const guestsProof = "CONCAT(l_guest, fingerprint_g, eg, nonce_g)";
const guestsProofAtAda = "CONCAT(l_guest, e_fingerprint_g, e_eg, e_nonce_g)";
const linksSiteKey = ["Expert -> Guest: [pk_ada], [pk_ada_sealing]", "Expert -> Guest: pk_ada, pk_ada_sealing"];

/** Where a colleague joins in the guest's place: a signature, by a device that the expert's client finds certified. */
const colleague = without(
  group,
  ["knows private link_key\n]", "knows private sk_g_device\n\tpk_g_device = PUBKEY(sk_g_device)\n]"],
  ["knows private link_key, ", "knows private "],
  ["Expert -> Guest: [pk_ada]", "Guest -> Expert: [pk_g_device]\nExpert -> Guest: [pk_ada]"],
  [`MAC(link_key, ${guestsProof})`, `SIGN(sk_g_device, ${guestsProof})`],
  [`ASSERT(MAC(link_key, ${guestsProofAtAda}), e_proof)`, `SIGNVERIF(pk_g_device, ${guestsProofAtAda}, e_proof)`],
);

const whole = [
  ["the handshake, with a certified device in the edge's hands", handshake, "c0a0"],
  ["the handshake, with none: the visitor's addresses stay secret too", onlyAda, "c0c0a0"],
  ["the short code", code, "c0"],
  ["a guest with a link: what the expert, the guest and the visitor say", group, "c0c0c0c0"],
  ["a colleague: the same", colleague, "c0c0c0c0"],
  ["the short code of three", groupCode, "c0"],
];
const parts = [
  ["the signature over the transcript", without(handshake, signature), "c1a1"],
  [
    "the device certificate",
    without(handshake, "_ = SIGNVERIF(pk_approver, CONCAT(l_device, ada, pk_ada, pk_ada_sealing), ada_signature)?"),
    "c1a1",
  ],
  [
    "the approver certificate",
    without(onlyAda, "_ = SIGNVERIF(pk_site, CONCAT(l_approver, pk_approver), approver_signature)?"),
    "c1c1a1",
  ],
  [
    "the expert in the device certificate",
    without(handshake, ["l_device, ada, ", "l_device, "], ["l_device, ben, ", "l_device, "]),
    "c1a1",
  ],
  [
    "the expert's fingerprint, the keys and the offer in the transcript",
    without(
      handshake,
      ...fingerprints,
      [visitorsPart, "nonce_v"],
      [visitorsPartOfAda, "a_nonce_v"],
      ["HASH(box), v_address_a)", "v_address_a)"],
      ["HASH(box), address_a)", "address_a)"],
    ),
    "c1a1",
  ],
  [
    "the comparison with the certificate that DTLS used",
    without(handshake, "_ = ASSERT(fingerprint_a, v_fingerprint_a)?"),
    "c1a1",
  ],
  ["the pinned site key", without(onlyAda, ["Site -> Visitor: [pk_site]", "Site -> Visitor: pk_site"]), "c1c1a1"],
  [
    "the enrolment code",
    without(handshake, ["Ada -> Approver: [pk_ada], [pk_ada_sealing]", "Ada -> Approver: pk_ada, pk_ada_sealing"]),
    "c1a1",
  ],
  ["the opening of the commitment", without(code, "_ = ASSERT(commit_e, HASH(fp_e, s_e))?"), "c1"],
  [
    "the order: the expert commits when it has the visitor's secret",
    without(code, "Expert -> Visitor: commit_e\n", ["s_e, [code_e]", "commit_e, s_e, [code_e]"]),
    "c1",
  ],
  ["the comparison of the codes", without(code, "_ = ASSERT(code_e, code_v)?"), "c1"],
  [
    "the proof that the guest has the link",
    without(group, `_ = ASSERT(MAC(link_key, ${guestsProofAtAda}), e_proof)?`),
    "c1c0c1c0",
  ],
  [
    "the secrecy of the link",
    without(group, ["knows private link_key\n]", "knows private link_key\n\tleaks link_key\n]"]),
    "c1c0c1c0",
  ],
  [
    "the site key in the link",
    without(group, linksSiteKey),
    "c0c1c0c1",
  ],
  [
    "the site key in the link and the guest's fingerprint and keys in the proof",
    without(group, linksSiteKey, [guestsProof, "l_guest"], [guestsProofAtAda, "l_guest"]),
    "c1c1c1c1",
  ],
  [
    "the colleague's signature",
    without(colleague, `_ = SIGNVERIF(pk_g_device, ${guestsProofAtAda}, e_proof)?`),
    "c1c0c1c0",
  ],
  [
    "the colleague's device certificate",
    without(colleague, ["Guest -> Expert: [pk_g_device]", "Guest -> Expert: pk_g_device"]),
    "c1c0c1c0",
  ],
  [
    "the colleague's check of the expert's device certificate",
    without(colleague, linksSiteKey),
    "c0c1c0c1",
  ],
  [
    "that check and the colleague's fingerprint and keys in the signature",
    without(colleague, linksSiteKey, [guestsProof, "l_guest"], [guestsProofAtAda, "l_guest"]),
    "c1c1c1c1",
  ],
  [
    "the comparison of the guest's certificate with the one that the expert told",
    without(group, "_ = ASSERT(fingerprint_g, v_fingerprint_g)?"),
    "c0c0c1c0",
  ],
  [
    "the comparison of the visitor's certificate with the one that the expert told",
    without(group, "_ = ASSERT(fingerprint_v, g_fingerprint_v)?"),
    "c0c1c0c0",
  ],
  [
    "the comparison of the expert's certificate with the one that it signed",
    without(group, "_ = ASSERT(fingerprint_e, g_fingerprint_e)?"),
    "c0c0c0c1",
  ],
  [
    "the connection with the expert, over which the visitor is told",
    without(
      group,
      [
        "members_v = AEAD_ENC(e_down, zero, CONCAT(e_fingerprint_v, e_fingerprint_g), l_members)",
        "members_v = CONCAT(e_fingerprint_v, e_fingerprint_g)",
      ],
      ["v_members = AEAD_DEC(v_down, zero, members_v, l_members)?\n\t", ""],
      ["SPLIT(v_members)", "SPLIT(members_v)"],
    ),
    "c0c0c1c0",
  ],
  [
    "the opening of the commitment of a third",
    without(groupCode, "_ = ASSERT(commit_g, HASH(fp_g, s_g))?"),
    "c1",
  ],
  [
    "the order of three: the guest commits when it has the others' secrets",
    without(groupCode, "Guest -> Visitor: fp_g, commit_g\n", ["s_g, [code_g]", "fp_g, commit_g, s_g, [code_g]"]),
    "c1",
  ],
  ["the comparison of the codes of three", without(groupCode, "_ = ASSERT(code_g, code_v)?"), "c1"],
];

const folder = mkdtempSync(join(tmpdir(), "visavis-model-"));
let wrong = 0;
try {
  const cases =
    values.sessions === "1"
      ? [...whole, ...parts.map(([name, ...rest]) => [`without ${name}`, ...rest])]
      : whole.slice(1);
  for (const [name, model, expected] of cases) {
    const path = join(folder, "model.vp");
    writeFileSync(path, model);
    const output = execFileSync("verifpal", ["verify", "--sessions", values.sessions, "--result-code", path], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    const result = output.trim().split("\n").at(-1);
    if (result !== expected) wrong++;
    console.log(`${result === expected ? "as expected" : `WRONG, ${expected} expected`}  ${result}  ${name}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${wrong} of the results are wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
