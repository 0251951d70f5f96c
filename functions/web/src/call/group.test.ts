import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Chance } from "../trust/fixtures.ts";
import { newId } from "./bytes.ts";
import { FakeCall, type FakeMember } from "./fake-call.ts";
import { determined, done, FakeNetwork } from "./fake-network.ts";
import { FileTransfers } from "./files.ts";
import { Group } from "./group.ts";
import { provide } from "./later.ts";
import { watchQuality } from "./quality.ts";

provide({ FileTransfers, Group, watchQuality });
const random = new Chance(7);
determined((length) => random.bytes(length));

const calls: FakeCall[] = [];

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_800_000_000_000 }));
afterEach(() => {
  for (const call of calls.splice(0)) for (const member of call.all) member.leave();
  mock.timers.reset();
});

/** The visitor's call with the expert. */
function begin(chance = new Chance(1), ids?: () => string): FakeCall {
  const call = new FakeCall(new FakeNetwork((limit) => chance.below(limit)), ids);
  calls.push(call);
  return call;
}

const settle = (call: FakeCall) => call.settle(() => mock.timers.tick(10_000));

/** The code that all of them see, who see each other as well. */
function agreed(call: FakeCall, because = ""): string {
  assert.deepEqual(call.discord, [], because);
  assert.match(call.expert.code ?? "", /^\d{3} \d{3}$/, because);
  return call.expert.code ?? "";
}

const texts = ({ chat }: FakeMember) =>
  chat.entries.map(({ text, from, mine }) => `${mine ? "me" : from?.name}: ${text}`);

test("two see one code, three another, and two again the first", async () => {
  const call = begin();
  await settle(call);
  const two = agreed(call);
  const guest = call.join("Gustav");
  await settle(call);
  const three = agreed(call);
  assert.notEqual(three, two);
  call.leave(guest);
  await settle(call);
  assert.equal(agreed(call), two);
  assert.deepEqual([call.visitor.companions, call.expert.companions], [[], []]);
});

test("four see one code, each two of them connected once", async () => {
  const call = begin();
  call.join("Gustav");
  await settle(call);
  const three = agreed(call);
  call.join("Hanna");
  await settle(call);
  assert.notEqual(agreed(call), three);
  assert.equal(call.network.open, 2 * 3);
});

test("whose page is loaded anew is met with the new certificate, under another code", async () => {
  const call = begin();
  const guest = call.join("Gustav");
  await settle(call);
  const codes = [agreed(call)];
  for (const member of [guest, call.visitor, call.expert]) {
    call.reload(member);
    await settle(call);
    codes.push(agreed(call));
  }
  assert.equal(new Set(codes).size, 4);
  assert.equal(call.network.open, 2);
});

test("when all paths break, and come back, the code stays", async () => {
  const call = begin();
  const guest = call.join("Gustav");
  await settle(call);
  const before = agreed(call);
  call.network.cut();
  assert.equal(guest.sees(call.visitor), "connecting");
  for (const member of [call.visitor, guest]) call.connect(member);
  await settle(call);
  assert.equal(agreed(call), before);
});

test("whose page is loaded anew is told what was written since they came, and nothing from before", async () => {
  const call = begin();
  await settle(call);
  call.visitor.chat.say("before");
  const guest = call.join("Gustav");
  await settle(call);
  call.visitor.chat.say("since");
  await settle(call);
  call.reload(guest);
  await settle(call);
  assert.deepEqual(texts(guest), ["Vera: since"]);
  const late = call.join("Hanna");
  await settle(call);
  call.visitor.chat.say("now");
  await settle(call);
  assert.deepEqual(texts(late), ["Vera: now"]);
});

test("what a code is made of may come before the others are known", async () => {
  const call = begin();
  await settle(call);
  const held: (() => void)[] = [];
  const [{ expert, visitor }, guest] = [call, call.join("Gustav")];
  // The two find each other only when all else is said.
  call.forge = (message, to) => {
    if (message.type !== "pass") return message;
    held.push(() => call.say(expert, to, message));
    return undefined;
  };
  for (let more = 0; more < 60; more++) {
    await done();
    call.network.deliver();
  }
  assert.ok(call.said.some(({ to, message }) => to === visitor && message.type === "code-commit"));
  assert.deepEqual([visitor.code, guest.code, expert.code], [undefined, undefined, undefined]);
  call.forge = (message) => message;
  for (const say of held) say();
  await settle(call);
  agreed(call);
});

test("in whatever order all come, go and come back, they end with one code, and another for others", async () => {
  const names = ["Gustav", "Hanna", "Ida", "Jan"];
  let shown = 0;
  for (let seed = 0; seed < 60; seed++) {
    const chance = new Chance(seed);
    const call = begin(chance, newId);
    /** By who is in the call, with what certificate. */
    const codes = new Map<string, string>();
    const sets = new Set<string>();
    for (let step = 0; step < 8; step++) {
      const { joined, visitor } = call;
      const free = names.filter((name) => !joined.some((one) => one.name === name));
      const anybody = chance.of([visitor, ...joined]);
      const acts: (() => void)[] = [
        () => call.connect(anybody),
        () => call.reload(anybody),
        () => call.reload(call.expert),
        () => call.network.cut(),
      ];
      if (joined.length < 2) acts.push(...Array(3).fill(() => call.join(chance.of(free))));
      if (joined.length > 0) acts.push(() => call.leave(chance.of(joined)));
      chance.of(acts)();
      for (let some = chance.below(40); some > 0; some--) {
        call.network.deliver();
        if (chance.below(2) === 0) await done();
      }
      if (step < 7 && chance.below(3) > 0) continue;
      await settle(call);
      const set = call.all.map(({ id, certificate }) => `${id} ${certificate.fingerprint}`).sort();
      const code = agreed(call, `seed ${seed}, step ${step}:`);
      assert.equal(codes.get(set.join()) ?? code, code, `seed ${seed}: the same set shows its code again`);
      codes.set(set.join(), code);
      sets.add(code);
      shown += 1;
    }
    assert.equal(sets.size, codes.size, `seed ${seed}: other sets, other codes`);
  }
  assert.ok(shown > 120);
});
