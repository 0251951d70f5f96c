// What goes over the wire in a verified call, seen where the service and the relay are: nothing that says what is said.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { scenario } from "../browser/harness/scenario.mjs";
import { certify } from "../browser/harness/trust.mjs";
import { callAcross } from "./across.mjs";

const CHAT = "My number is 1234, and nobody else's business";
const RELAY = 3478;

scenario("a packet capture at the edge and at the relay", async (world) => {
  let capture = "";
  const { visitor, desk } = await callAcross(world, {
    visitor: { udp: true },
    desk: { udp: true },
    name: "Vera Visitor",
    public: async (internet) => {
      capture = await internet.file("capture.pcap", "");
      const options = ["-i", "any", "-s", "0", "-U", "-Z", "root", "-w", capture];
      await internet.start("public", "tcpdump", options, /listening on any/);
    },
    prepare: (organisation, { page }) => {
      const [person] = organisation.people;
      if (!person) throw new Error("nobody is in the organisation");
      return certify(world, organisation, { page, person });
    },
  });
  await visitor.button("Verified: Ada Adviser, Garden Tools Ltd").waitFor();
  await visitor.say(CHAT);
  await desk.reads(CHAT);

  const bytes = await readFile(capture);
  const text = bytes.toString("latin1");
  // Also what is only wrapped in base64url, as payloads are.
  const unwrapped = text.replaceAll(/[\w-]{24,}/g, (word) => Buffer.from(word, "base64url").toString("latin1"));
  assert.ok(text.includes("/ring") && text.includes('"payload"'), "the edge's traffic is in the capture");
  for (const secret of ["a=fingerprint:", "a=ice-ufrag", "candidate:", "typ host", "Vera", CHAT.slice(0, 12)]) {
    // The pages' scripts hold such words too, and are served from here.
    const said = [text, unwrapped].map((all) => withoutScripts(all)).some((all) => all.includes(secret));
    assert.ok(!said, `“${secret}” is on the wire`);
  }

  /** @type {Record<string, number>} */
  const kinds = {};
  for (const { payload, ports } of datagrams(bytes)) {
    if (!ports.includes(RELAY)) continue;
    const kind = kindOf(payload);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  assert.deepEqual(Object.keys(kinds).sort(), ["DTLS", "SRTP", "STUN"], JSON.stringify(kinds));
  assert.ok((kinds.SRTP ?? 0) > 50, "picture and sound went through the relay");
});

/** Leaves out the answers that are pages, scripts and styles. @param {string} text */
function withoutScripts(text) {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} |(?:GET|POST|PUT|DELETE|PATCH|OPTIONS|HEAD) \/)/)
    .filter((part) => !/content-type: (?:text\/(?:html|javascript|css)|image)/i.test(part.slice(0, 4_000)))
    .join("");
}

/** What a packet on the relay's port is (RFC 7983, RFC 8656 section 12.4). @param {Buffer} payload @returns {string} */
function kindOf(payload) {
  const [first = 0] = payload;
  if (first < 4) {
    // A Send or Data indication carries another one in its attribute DATA.
    return "STUN";
  }
  if (first >= 20 && first < 64) return "DTLS";
  if (first >= 64 && first < 80) return kindOf(payload.subarray(4));
  if (first >= 128 && first < 192) return "SRTP";
  return `first byte ${first}`;
}

/** The UDP datagrams over IPv4 of a capture on all interfaces. @param {Buffer} pcap */
function* datagrams(pcap) {
  assert.equal(pcap.readUInt32LE(0), 0xa1b2c3d4, "a pcap of this machine");
  const type = pcap.readUInt32LE(20);
  // LINUX_SLL or LINUX_SLL2.
  const head = type === 276 ? 20 : 16;
  assert.ok(type === 276 || type === 113, `link type ${type}`);
  for (let at = 24; at + 16 <= pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    const packet = pcap.subarray(at + 16, at + 16 + length);
    at += 16 + length;
    const ip = packet.subarray(head);
    if (ip.length < 28 || (ip[0] ?? 0) >> 4 !== 4 || ip[9] !== 17) continue;
    const udp = ip.subarray(((ip[0] ?? 0) & 15) * 4);
    yield { ports: [udp.readUInt16BE(0), udp.readUInt16BE(2)], payload: udp.subarray(8) };
  }
}
