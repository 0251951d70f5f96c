// Both ends against a random adversary, in two calls at once: whatever it does, a visitor who accepts is connected with the
// device that says so.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Id, Message } from "../call/types.ts";
import { Adversary, call, forgedDevices, listRevoking, outer, payloadOf, world } from "./adversary.ts";
import { CheckFailed } from "./failure.ts";
import { fingerprintOf } from "./fingerprint.ts";
import * as fixtures from "./fixtures.ts";
import { ADA, BEN, CALL, Chance, ORGANISATION } from "./fixtures.ts";
import type { CallContext, Device, ExpertHandshake, VisitorHandshake } from "./handshake.ts";
import type { OfferFacts } from "./offer.ts";

const RUNS = 120;
const STEPS = 24;

const CALLS: CallContext[] = [CALL, fixtures.OTHER_ORGANISATION].map((id) => ({
  organisation: ORGANISATION,
  call: id,
}));

/** What an honest end has done. */
interface Deed {
  call: Id;
  connection: string;
  /** The fingerprints that it knows for the two sides. */
  visitor: string;
  expert: string;
}

const honest = await world();
const forged = Object.values(await forgedDevices());

/** One of the two calls, as both ends and the edge see it. */
class Side {
  readonly context: CallContext;
  readonly edge: Adversary;
  readonly expert: ExpertHandshake;
  readonly visitor: VisitorHandshake;
  readonly offer: string;
  readonly read: OfferFacts;
  readonly continuity: string;
  /** What Ada has answered, by connection and by the visitor's fingerprint. */
  readonly deeds: Deed[] = [];
  accepted: Deed | undefined;
  dead = false;

  private constructor(
    context: CallContext,
    edge: Adversary,
    ends: Awaited<ReturnType<typeof call>>,
    read: OfferFacts,
    continuity: string,
  ) {
    this.context = context;
    this.edge = edge;
    this.expert = ends.expert;
    this.visitor = ends.visitor;
    this.offer = ends.offer;
    this.read = read;
    this.continuity = continuity;
  }

  static async start(context: CallContext): Promise<Side> {
    const trust = { ...honest.trust, revocations: await listRevoking() };
    const ends = await call({ ...honest, trust }, context, { connection: `of ${context.call}` });
    const edge = new Adversary(honest.ben, context);
    const { content, facts } = await edge.read(ends.offer);
    return new Side(context, edge, ends, facts, content.continuity);
  }

  /** Gives Ada an offer, and has her answer it. */
  async ask(payload: string): Promise<string | undefined> {
    try {
      const { connection, fingerprint: visitor } = await this.expert.takeOffer(payload);
      const name = `ada in ${this.context.call}`;
      const sdp = await fixtures.description(name);
      const answer = await this.expert.answer(connection, sdp);
      this.deeds.push({ call: this.context.call, connection, visitor, expert: fingerprintOf(sdp) });
      return answer;
    } catch (error) {
      if (error instanceof CheckFailed || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /** Gives the visitor an answer; afterwards it is accepted, or the call is over. */
  async tell(payload: string, answeredBy: Id): Promise<void> {
    if (this.dead) return;
    try {
      const answered = await this.visitor.takeAnswer(payload, answeredBy);
      if (!answered) return;
      const { connection, peer, fingerprint: expert } = answered;
      assert.equal(peer.expert, answeredBy);
      const deed = { call: this.context.call, connection, visitor: this.read.fingerprint, expert };
      // Ben's device is the adversary's: whoever is shown Ben talks to who has Ben's key.
      if (peer.expert === BEN) assert.equal(peer.name, "Ben");
      else {
        assert.equal(peer.expert, ADA);
        assert.equal(peer.name, "Ada Löwe");
        assert.ok(
          this.deeds.some((done) => JSON.stringify(done) === JSON.stringify(deed)),
          `the visitor accepted what Ada did not say: ${JSON.stringify({ deed, deeds: this.deeds })}`,
        );
      }
      this.accepted = deed;
    } catch (error) {
      if (!(error instanceof CheckFailed)) throw error;
      this.dead = true;
    }
  }
}

/** A payload with something about it changed. */
function tampered(chance: Chance, payload: string, others: string[]): string {
  const members = outer(payload);
  const name = chance.of(Object.keys(members));
  const { [name]: value, ...rest } = members;
  switch (chance.below(6)) {
    case 0: {
      const bytes = new Uint8Array(Buffer.from(payload, "base64url"));
      const at = chance.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
      return Buffer.from(bytes).toString("base64url");
    }
    case 1:
      return payloadOf(rest);
    case 2:
      return payloadOf({ ...members, [name]: outer(chance.of(others))[name] ?? value });
    case 3:
      return payloadOf({ ...members, [name]: chance.of([0, 2, "", null, [], {}, "AAAA", true]) });
    case 4: {
      if (typeof value !== "string" || value.length < 8) return payloadOf({ ...members, more: 1 });
      const at = chance.below(value.length);
      return payloadOf({ ...members, [name]: value.slice(0, at) + chance.of([..."AZaz09-_"]) + value.slice(at + 1) });
    }
    default:
      return payload.slice(0, chance.below(payload.length));
  }
}

async function run(seed: number): Promise<Side[]> {
  const chance = new Chance(seed);
  const sides = await Promise.all(CALLS.map((context) => Side.start(context)));
  const seen: string[] = sides.map((side) => side.offer);
  const answers: string[] = [];
  const edgeSdp = await fixtures.description("edge");
  const certified: Device[] = [honest.ada, honest.ben, ...forged];
  const keys = [await fixtures.signer("edge signing"), honest.ben.signing, await fixtures.signer("cara signing")];
  const keep = (answer: string | undefined): void => {
    if (answer === undefined) return;
    answers.push(answer);
    seen.push(answer);
  };
  for (let step = 0; step < STEPS; step++) {
    const side = chance.of(sides);
    const other = sides.find((one) => one !== side) as Side;
    const said = chance.below(4) === 0 ? BEN : ADA;
    switch (chance.below(10)) {
      case 0:
        keep(await side.ask(side.offer));
        break;
      case 1:
        if (answers.length > 0) await side.tell(chance.of(answers), said);
        break;
      case 2:
        await side.tell(tampered(chance, chance.of(seen), seen), said);
        break;
      case 3:
        keep(await side.ask(tampered(chance, chance.of(seen), seen)));
        break;
      case 4: {
        // In the visitor's place, with as much of the visitor's offer as it likes; maybe in the other call.
        const asked = chance.of([side, side, other]);
        const content = {
          connection: side.read.connection,
          sdp: chance.below(2)
            ? edgeSdp
            : await fixtures.description(`visitor of ${side.context.call} ${side.read.connection}`),
          continuity: side.continuity,
        };
        const own = await side.edge.offer([honest.ada], content, side.read.nonce, asked.context);
        const answer = await asked.ask(own.payload);
        if (answer === undefined) break;
        const inside = await side.edge.inside(answer, own.facts, asked.context);
        const changed = chance.of([{}, {}, { sdp: edgeSdp }, { connection: other.read.connection }]);
        const target = chance.of([side, side, other]);
        await target.tell(await target.edge.answer(target.read, { ...inside, ...changed }), said);
        break;
      }
      case 5: {
        // Certificates and keys in any mixture.
        const device = { ...chance.of(certified), approver: chance.of(certified).approver };
        await side.tell(await side.edge.answerAs(side.read, device, edgeSdp, { by: chance.of(keys) }), said);
        break;
      }
      case 6: {
        const about = { ...side.read, ...chance.of([{}, { hash: other.read.hash }, { nonce: other.read.nonce }]) };
        const device = chance.of(certified);
        await side.tell(await side.edge.answerAs(side.read, device, edgeSdp, { about }), said);
        break;
      }
      case 7: {
        const change = chance.of([
          { sdp: edgeSdp },
          { connection: other.read.connection },
          { continuity: other.continuity },
          {},
        ]);
        keep(await side.ask(await side.edge.reboxed(side.offer, (content) => ({ ...content, ...change }))));
        break;
      }
      case 8: {
        const message: Message = { type: "candidates", connection: side.read.connection, candidates: [] };
        if (!side.dead) seen.push(await side.visitor.seal(message));
        const to = chance.of([side.visitor, side.expert, other.visitor, other.expert]);
        await to.open(chance.of(seen)).catch((error) => assert.ok(error instanceof CheckFailed, String(error)));
        break;
      }
      default:
        if (answers.length > 0) await side.tell(answers.at(-1) as string, ADA);
    }
  }
  return sides;
}

test("whoever is accepted is who said so, about this call, with these fingerprints", async () => {
  let accepted = 0;
  let ended = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    for (const side of await run(seed)) {
      if (side.accepted) accepted++;
      if (side.dead) ended++;
    }
  }
  // Otherwise the adversary was too clumsy to show anything.
  assert.ok(accepted > RUNS / 10, `${accepted} accepted`);
  assert.ok(ended > RUNS / 4, `${ended} ended`);
});
