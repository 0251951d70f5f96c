// That each check counts: with it left out, a test of an attack fails.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

interface Mutation {
  leftOut: string;
  file: string;
  from: string;
  to: string;
  /** What else must change, so that both ends do the same. */
  and?: [from: string, to: string];
  /** The tests that notice; `attacks` where none is named. */
  by?: string;
}

const MUTATIONS: Mutation[] = [
  {
    leftOut: "the signature over the transcript",
    file: "answer.ts",
    from: "await checkSignature(certified.signingKey, binary(signature, 64), signed);",
    to: "",
  },
  {
    leftOut: "the signature over the transcript, against chance",
    file: "answer.ts",
    from: "await checkSignature(certified.signingKey, binary(signature, 64), signed);",
    to: "",
    by: "adversary",
  },
  {
    leftOut: "what the visitor's side sent, in the transcript",
    file: "answer.ts",
    from: "    fromHex(offer.fingerprint),\n    fromHex(fingerprintOf(sdp)),\n    offer.key,\n    expertKey,\n    offer.nonce,\n    nonce,\n    offer.hash,",
    to: "    fromHex(fingerprintOf(sdp)),\n    nonce,",
  },
  {
    leftOut: "what the expert's side sent, in the transcript",
    file: "answer.ts",
    from: "    fromHex(fingerprintOf(sdp)),\n    offer.key,\n    expertKey,\n    offer.nonce,\n    nonce,\n    offer.hash,\n    await sha256(utf8(sdp)),",
    to: "",
  },
  {
    leftOut: "the call, the keys and the nonces, in the transcript",
    file: "answer.ts",
    from: '    id(call),\n    offer.connection,\n    "visitor",\n    "expert",\n    fromHex(offer.fingerprint),\n    fromHex(fingerprintOf(sdp)),\n    offer.key,\n    expertKey,\n    offer.nonce,\n    nonce,\n    offer.hash,',
    to: "    fromHex(offer.fingerprint),\n    fromHex(fingerprintOf(sdp)),",
  },
  {
    leftOut: "who answers",
    file: "answer.ts",
    from: 'throw new CheckFailed("wrong-expert")',
    to: "{}",
  },
  {
    leftOut: "the connection",
    file: "answer.ts",
    from: 'if (connection !== offer.connection) throw new CheckFailed("malformed");',
    to: "",
  },
  {
    leftOut: "the chain",
    file: "answer.ts",
    from: "await chains(approver, succession).device(device)",
    to: '(await import("./statements.ts")).read("device", device)',
  },
  { leftOut: "the approver", file: "chain.ts", from: "await this.#approver(device.approverKey);", to: "" },
  {
    leftOut: "which approver",
    file: "chain.ts",
    from: 'if (read("approver", statement).approverKey !== key) throw new CheckFailed("chain");',
    to: "",
  },
  { leftOut: "the pinned key", file: "chain.ts", from: "if (siteKeys.includes(key)) return;", to: "return;" },
  {
    leftOut: "where a succession comes from",
    file: "chain.ts",
    from: "|| !siteKeys.includes(oldKey)",
    to: "",
  },
  {
    leftOut: "signatures of statements",
    file: "chain.ts",
    from: "await verify(label, statement)",
    to: "read(label, statement)",
  },
  {
    leftOut: "the organisation",
    file: "chain.ts",
    from: 'if (organisation !== this.#pinned.organisation) throw new CheckFailed("organisation");',
    to: "",
  },
  { leftOut: "how long statements last", file: "chain.ts", from: "notAfter - notBefore > days * DAY", to: "false" },
  { leftOut: "when statements begin", file: "chain.ts", from: "now < notBefore - TOLERANCE", to: "false" },
  { leftOut: "when statements end", file: "chain.ts", from: "now > notAfter + TOLERANCE", to: "false" },
  { leftOut: "revoked devices", file: "chain.ts", from: "|| revoked.includes(device.signingKey)", to: "" },
  { leftOut: "revoked approvers", file: "chain.ts", from: "revoked.includes(device.approverKey) ||", to: "" },
  {
    leftOut: "that there is a list",
    file: "chain.ts",
    from: 'if (revocations === undefined) throw new CheckFailed("revocations-missing");',
    to: "if (revocations === undefined) return { revoked: [] } as never;",
  },
  { leftOut: "who signs lists", file: "chain.ts", from: "await this.#approver(issuer);", to: "" },
  { leftOut: "older lists", file: "chain.ts", from: "number < (this.#newest.get(organisation) ?? 0)", to: "false" },
  {
    leftOut: "that an offer is answered once",
    file: "handshake.ts",
    from: "    this.#open = undefined;\n    const answered",
    to: "    const answered",
    by: "handshake",
  },
  {
    leftOut: "that the offer is the same visitor's",
    file: "handshake.ts",
    from: 'throw new CheckFailed("continuity");',
    to: "{}",
  },
  {
    leftOut: "the fingerprint in signals",
    file: "handshake.ts",
    from: 'throw new CheckFailed("fingerprint");',
    to: "{}",
    by: "handshake",
  },
  { leftOut: "that numbers rise", file: "signals.ts", from: "if (n <= this.#last) return undefined;", to: "" },
  { leftOut: "the version", file: "envelope.ts", from: 'if (v !== 1) throw new CheckFailed("version");', to: "" },
  { leftOut: "that payloads are sealed", file: "envelope.ts", from: 'if (v === undefined) return "plain";', to: "" },
  {
    leftOut: "members that are not documented",
    file: "encoding.ts",
    from: "Object.keys(read).every((name) => Object.hasOwn(shape, name)) &&",
    to: "",
  },
  {
    leftOut: "the box to which a key is wrapped",
    file: "recipients.ts",
    from: "await context.seal(hash, key)",
    to: "await context.seal(new Uint8Array(0), key)",
    and: ["await context.open(hash, bytes.slice(ENC))", "await context.open(new Uint8Array(0), bytes.slice(ENC))"],
  },
  {
    leftOut: "the call to which an offer belongs",
    file: "recipients.ts",
    from: "id(organisation), id(about), ...device",
    to: "id(organisation), ...device",
  },
  {
    leftOut: "keys of small order",
    file: "ed25519.ts",
    from: "const small = ",
    to: "const small = false && ",
    by: "vectors",
  },
  {
    leftOut: "two values of a fingerprint",
    file: "fingerprint.ts",
    from: "|| (found && found !== value)",
    to: "",
  },
  {
    leftOut: "the commitment",
    file: "code.ts",
    from: "|| !equal(commitment, await commit(round.hash, from, said))",
    to: "",
    by: "code",
  },
  {
    leftOut: "second commitments",
    file: "code.ts",
    from: "if (!equal(before, said)) throw broken;",
    to: "if (commits) round.commitments.set(from, said);",
    by: "code",
  },
  {
    leftOut: "waiting for all commitments",
    file: "code.ts",
    from: "commitments.size === ids.length;",
    to: "commitments.size > 1;",
    by: "code",
  },
  {
    leftOut: "that each has room of its own for what comes early",
    file: "code.ts",
    from: "(this.#early.get(from) ?? []).slice(1 - MOST_EARLY), message]);",
    to: "(this.#early.get(from) ?? []).slice(1 - MOST_EARLY), message]);\n    if (from !== [...this.#early.keys()][0]) this.#early.delete([...this.#early.keys()][0] ?? from);",
    by: "code",
  },
  {
    leftOut: "the commitment that goes with a secret",
    file: "code.ts",
    from: "messages.push(...this.#told(message.members, round).messages);",
    to: "messages.push(reveal(message.members, round));",
    by: "code",
  },
  {
    leftOut: "how many guesses there are in a call",
    file: "code.ts",
    from: "if (this.#rounds.size >= MOST_SETS) return { messages: [] };",
    to: "",
    by: "code",
  },
  {
    leftOut: "that the expert alone says who is in the call",
    file: "../call/group.ts",
    from: "if (!leads && from === this.#other) this.#meet",
    to: "this.#meet",
    and: ['message.type.startsWith("code-") && this.hear(id, message)', "this.hear(id, message)"],
    by: "../call/group-attacks",
  },
  {
    leftOut: "that the expert says from whom it is",
    file: "../call/group.ts",
    from: "this.#pass({ ...message, from })",
    to: "this.#pass(message)",
    by: "../call/group-attacks",
  },
  {
    leftOut: "that the expert alone passes on",
    file: "../call/group.ts",
    from: "from === this.#other && message.to === own",
    to: "message.to === own",
    and: ['message.type.startsWith("code-") && this.hear(id, message)', "this.hear(id, message)"],
    by: "../call/group-attacks",
  },
  {
    leftOut: "that it is for this member",
    file: "../call/group.ts",
    from: "from === this.#other && message.to === own",
    to: "from === this.#other",
    by: "../call/group-attacks",
  },
  {
    leftOut: "that each member has an id and a certificate of its own",
    file: "../call/group.ts",
    from: "different !== 2 * members.length",
    to: "false",
    by: "../call/group-attacks",
  },
  {
    leftOut: "this side's own certificate in what the expert tells",
    file: "../call/group.ts",
    from: "!has(own, local) || ",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "the expert's certificate in what it tells",
    file: "../call/group.ts",
    from: " || !has(leader.id, remote)",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "the call in what the expert tells",
    file: "../call/group.ts",
    from: "if (call !== this.#call) return;",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "whether somebody has the id",
    file: "../call/group.ts",
    from: "known ? this.#seats.get(id) !== seat : ",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "how many there may be",
    file: "../call/group.ts",
    from: "seat && this.#seats.size >= MOST_MEMBERS - 2",
    to: "false",
    by: "../call/group-attacks",
  },
  {
    leftOut: "whether others read the id",
    file: "../call/group.ts",
    from: "isId(id) && ",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "whether it is the expert's id",
    file: "../call/group.ts",
    from: " && id !== own",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "whether somebody has the certificate",
    file: "../call/group.ts",
    from: " && !taken.includes(remote)",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "how long names may be",
    file: "../call/group.ts",
    from: "name: name.slice(0, LONGEST_NAME)",
    to: "name",
    by: "../call/group-attacks",
  },
  {
    leftOut: "how much is passed on",
    file: "../call/group.ts",
    from: "if (pace.take()) ",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "who is to blame for the code",
    file: "../call/group.ts",
    from: "error.by === undefined || error.by === this.#other",
    to: "true",
    by: "../call/group-attacks",
  },
  {
    leftOut: "that whoever is to blame may be gone",
    file: "../call/group.ts",
    from: "else this.#seats.get(error.by)?.fail(error);",
    to: "else if (this.#seats.has(error.by)) this.#seats.get(error.by)?.fail(error);\n        else this.#events.failed(error);",
    by: "../call/group-attacks",
  },
  {
    leftOut: "whose code may be shown",
    file: "../call/code-exchange.ts",
    from: " && this.#run === this.#members",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "that the others know who joins",
    file: "../call/participation.ts",
    from: "return !this.#refused && this.#met",
    to: "return true || this.#met",
    by: "../call/admission",
  },
  {
    leftOut: "that who was refused is none of them",
    file: "../call/participation.ts",
    from: "return !this.#refused && this.#met",
    to: "return this.#met",
    by: "../call/participation",
  },
  {
    leftOut: "that a call is answered when this side has, whatever the service says",
    file: "../call/session.ts",
    from: "this.#answered();\n      this.#negotiation.letGo();",
    to: "this.#negotiation.letGo();",
    by: "../call/admission",
  },
  {
    leftOut: "that nobody is called before they ring",
    file: "../call/session.ts",
    from: 'this.state.phase === "over" || !this.#rung) return;',
    to: 'this.state.phase === "over") return;',
    by: "../call/begin-and-end",
  },
  {
    leftOut: "that nobody is in a call before they ring",
    file: "../call/session.ts",
    from: "(known && call.version < known.version) || !this.#rung",
    to: "known && call.version < known.version",
    by: "../call/begin-and-end",
  },
  {
    leftOut: "that a failed connection is none for the code",
    file: "../call/group.ts",
    from: "          this.#lines.delete(id);\n          this.#agree();\n",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "the certificate that the expert has told",
    file: "../call/pair.ts",
    from: "      this.member.fingerprint,\n",
    to: "",
    by: "../call/group-attacks",
  },
  {
    leftOut: "the proof of a guest",
    file: "handshake.ts",
    from: "if (!colleague) await this.#checkGuest(guest, facts);",
    to: "",
    by: "handshake",
  },
  {
    leftOut: "the connection in the proof of a guest",
    file: "offer.ts",
    from: "fields(label, id(organisation), id(call), connection, fromHex(fingerprint), key, nonce)",
    to: "fields(label, id(organisation), id(call))",
    by: "handshake",
  },
  {
    leftOut: "that nobody joins an authenticated call in plain",
    file: "../call/authentication.ts",
    from: " || this.#linkKeys?.()",
    to: "",
    by: "../call/authentication",
  },
];

const trust = fileURLToPath(new URL(".", import.meta.url));
const web = join(trust, "../..");

for (const { leftOut, file, from, to, and, by = "attacks" } of MUTATIONS) {
  test(`leaving out ${leftOut} is noticed`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "visavis-mutation-"));
    try {
      await cp(join(web, "src/trust"), join(folder, "functions/web/src/trust"), { recursive: true });
      await cp(join(web, "src/call"), join(folder, "functions/web/src/call"), { recursive: true });
      await cp(join(web, "../../docs/handshake-vectors.json"), join(folder, "docs/handshake-vectors.json"));
      await writeFile(join(folder, "package.json"), '{"type":"module"}');
      const path = join(folder, "functions/web/src/trust", file);
      let source = await readFile(path, "utf8");
      for (const [before, after] of [[from, to] as const, ...(and ? [and] : [])]) {
        assert.equal(source.split(before).length, 2, `${file} has this once: ${before}`);
        source = source.replace(before, () => after);
      }
      await writeFile(path, source);
      const { failed, output } = await run(join(folder, "functions/web/src/trust", `${by}.test.ts`));
      assert.ok(failed, output);
      // Failed for a missing check, and not because the change cannot be read.
      assert.match(output, /Missing expected rejection|AssertionError/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

function run(path: string): Promise<{ failed: boolean; output: string }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const options = ["--test", "--test-skip-pattern=any byte", path];
  return new Promise((resolve) => {
    execFile(process.execPath, options, { env }, (error, output) => resolve({ failed: error !== null, output }));
  });
}
