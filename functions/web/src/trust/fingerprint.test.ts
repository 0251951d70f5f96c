import assert from "node:assert/strict";
import { test } from "node:test";

import { CheckFailed } from "./failure.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { Chance } from "./fixtures.ts";

const VALUE = Array.from({ length: 32 }, (_, at) => (at * 7 + 16).toString(16).padStart(2, "0"));
const LINE = `a=fingerprint:sha-256 ${VALUE.join(":").toUpperCase()}`;
const HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0";
const failed = (error: unknown) => error instanceof CheckFailed && error.reason === "fingerprint";

test("the one value, wherever and however often it stands", () => {
  for (const sdp of [
    `${HEAD}\r\n${LINE}\r\n`,
    `${HEAD}\n${LINE}`,
    `${LINE.replaceAll("a=fingerprint:sha-256", "a=fingerprint:SHA-256")}\r\n`,
    `${HEAD}\r\n${LINE}\r\nm=audio 9 X 0\r\n${LINE.replace(/ .*/, (value) => value.toLowerCase())}\r\nm=video 9 X 0\r\n${LINE}\r\n`,
  ])
    assert.equal(fingerprintOf(sdp), VALUE.join(""));
});

test("anything else is refused", () => {
  const other = LINE.replace("10:", "11:");
  assert.notEqual(other, LINE);
  for (const sdp of [
    "",
    HEAD,
    `${HEAD}\r\n${LINE}\r\n${other}\r\n`,
    `${HEAD}\r\n${other}\r\nm=audio 9 X 0\r\n${LINE}\r\n`,
    LINE.replace("sha-256", "sha-1"),
    LINE.replace("sha-256", "sha-512"),
    LINE.replace("sha-256", "md5"),
    `${LINE}\r\n${LINE.replace("sha-256", "sha-1")}`,
    `${LINE}\r\n${LINE.replace("a=", "a = ")}`,
    `${LINE}\r\n${other.replace("a=", "A=")}`,
    `${LINE}\r\n ${other}`,
    `${LINE}\r\n\t${LINE}`,
    `${LINE} `,
    `${LINE}:00`,
    LINE.slice(0, -3),
    LINE.replace(":", ""),
    LINE.replaceAll("sha-256 ", "sha-256  "),
    LINE.replace("0", "g"),
    `${LINE}\r${other}`,
    `${LINE}\n\r${other}`,
    `s=fingerprint\r\n${LINE}`,
    `${LINE}\u2028${other}`,
    `${LINE}\0`,
  ])
    assert.throws(() => fingerprintOf(sdp), failed, JSON.stringify(sdp));
});

test("no change to a description gives another fingerprint than the one in it", () => {
  const chance = new Chance(1);
  const sdp = `${HEAD}\r\n${LINE}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n${LINE}\r\na=mid:0\r\n`;
  for (let run = 0; run < 5000; run++) {
    const at = chance.below(sdp.length);
    const changed =
      sdp.slice(0, at) + chance.of(["", " ", "\r", "\n", ":", "0", "f", LINE]) + sdp.slice(at + chance.below(2));
    try {
      assert.equal(fingerprintOf(changed), VALUE.join(""));
    } catch (error) {
      assert.ok(failed(error), String(error));
    }
  }
});
