// What verification costs a call in processor time, in bytes on the way and in the widget: each step of the handshake,
// many times over, with the trust code of the pages as it is and Node's WebCrypto. Which of it lies between the expert's
// click and the first frame is said beside it.

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

import { plainPayloads } from "../../functions/web/src/call/payload.ts";
import { ADA, bundle, CONTEXT, description, deviceOf, now, publicKey } from "../../functions/web/src/trust/fixtures.ts";
import { ExpertHandshake, VisitorHandshake } from "../../functions/web/src/trust/handshake.ts";
import { median, table } from "./figures.mjs";

/** Calls in a row whose processor time is measured together: what one takes is less than can be told apart. */
const CALLS = 50;
const ROUNDS = 9;

const device = await deviceOf("ada");
const trust = await bundle(device);
const siteKeys = [await publicKey("site")];
// As long as one of a browser with three media and two channels.
const padding = "a=rtpmap:96 VP8/90000\r\n".repeat(240);
const [offered, answered] = [(await description("visitor")) + padding, (await description("ada")) + padding];

/** @type {Map<string, number[]>} */
const spent = new Map();

/**
 * @template T
 * @param {string} step
 * @param {() => Promise<T>[]} calls
 */
async function timed(step, calls) {
  const begin = process.cpuUsage();
  const results = await Promise.all(calls());
  const { user, system } = process.cpuUsage(begin);
  spent.set(step, [...(spent.get(step) ?? []), (user + system) / 1_000 / CALLS]);
  return results;
}

const STEPS = /** @type {const} */ ({
  begin: ["visitor: checks the organisation's devices", "before it rings"],
  offer: ["visitor: seals the offer", "with the ring"],
  take: ["expert: opens the offer", "while it rings"],
  answer: ["expert: signs and seals the answer", "between the click and the first frame"],
  check: ["visitor: opens and checks the answer", "between the click and the first frame"],
});

const bytes = { offer: 0, answer: 0 };
for (let round = 0; round < ROUNDS; round += 1) {
  const visitors = await timed("begin", () =>
    Array.from({ length: CALLS }, () => VisitorHandshake.create(CONTEXT, trust, siteKeys, { now })),
  );
  const experts = visitors.map(() => new ExpertHandshake(CONTEXT, device, { now }));
  const offers = await timed("offer", () =>
    visitors.map((visitor) => visitor.offer("one", offered, undefined, "Vera")),
  );
  const taken = await timed("take", () => experts.map((expert, one) => expert.takeOffer(offers[one] ?? "")));
  const answers = await timed("answer", () => experts.map((expert) => expert.answer("one", answered)));
  const peers = await timed("check", () => visitors.map((visitor, one) => visitor.takeAnswer(answers[one] ?? "", ADA)));
  if (taken.some(({ sdp }) => sdp !== offered) || peers.some((peer) => peer?.peer.expert !== ADA))
    throw new Error("a handshake did not come about");
  bytes.offer = offers[0]?.length ?? 0;
  bytes.answer = answers[0]?.length ?? 0;
}

const milliseconds = (/** @type {number} */ value) => `${value.toFixed(2)} ms`;
const rows = [[`processor time, median of ${ROUNDS} times ${CALLS} calls`, "", "when"]];
let between = 0;
for (const [step, [name, when]] of Object.entries(STEPS)) {
  const took = median(spent.get(step) ?? []);
  if (when === STEPS.check[1]) between += took;
  rows.push([name, milliseconds(took), when]);
}
rows.push(["both sides", milliseconds(between), STEPS.check[1]]);
table(rows);

const plain = {
  offer: (await plainPayloads.offer("one", offered, undefined, "Vera")).length,
  answer: (await plainPayloads.answer("one", answered)).length,
};
console.log();
table([
  ["payload, bytes", "plain", "verified", "verified / plain"],
  ...Object.entries(plain).map(([name, size]) => {
    const sealed = bytes[/** @type {"offer" | "answer"} */ (name)];
    return [name, `${size}`, `${sealed}`, (sealed / size).toFixed(2)];
  }),
]);

/** What is in the widget for verification and for nothing else, built by itself. */
const verification = `
  export { visitorPayloads } from "./authentication.ts";
  export { CodeExchange } from "./code-exchange.ts";
  export { CertificateGate } from "./gate.ts";
`;
const resolveDir = fileURLToPath(new URL("../../functions/web/src/call", import.meta.url));
const built = await build({
  stdin: { contents: verification, resolveDir, loader: "ts" },
  ...{ bundle: true, minify: true, write: false, format: "esm" },
});
const [code] = built.outputFiles;
if (!code) throw new Error("nothing was built");
console.log();
table([
  ["widget, bytes", "minified", "gzip"],
  ["verification alone", `${code.contents.length}`, `${gzipSync(code.contents, { level: 9 }).length}`],
]);
