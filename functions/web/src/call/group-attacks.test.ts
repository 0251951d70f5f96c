// What a member of a call may try against the others, and a service that lies to the expert about who joins.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Chance } from "../trust/fixtures.ts";
import { toBase64url } from "./bytes.ts";
import { CALL, FakeCall, type FakeMember } from "./fake-call.ts";
import { determined, FakeNetwork, fakeCertificate } from "./fake-network.ts";
import { FileTransfers } from "./files.ts";
import { Group } from "./group.ts";
import { provide } from "./later.ts";
import { watchQuality } from "./quality.ts";
import type { ControlMessage, Member, Message } from "./types.ts";

provide({ FileTransfers, Group, watchQuality });
const random = new Chance(3);
determined((length) => random.bytes(length));

const calls: FakeCall[] = [];
const settle = (call: FakeCall) => call.settle(() => mock.timers.tick(10_000));

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_800_000_000_000 });
  mock.method(console, "warn", () => {});
});
afterEach(() => {
  for (const call of calls.splice(0)) for (const member of call.all) member.leave();
  mock.timers.reset();
  mock.restoreAll();
});

/** The visitor's call with the expert and those whom it lets join, all of one code. */
async function callWith(...names: string[]): Promise<FakeCall> {
  const chance = new Chance(1);
  const call = new FakeCall(new FakeNetwork((limit) => chance.below(limit)));
  calls.push(call);
  for (const name of names) call.join(name);
  await settle(call);
  assert.deepEqual(call.discord, []);
  return call;
}

/** Says something over the connection of two who are not the expert. */
function tell(from: FakeMember, to: FakeMember, message: ControlMessage): void {
  for (const { companion, conversation } of from.group.seats) {
    if (companion.id === to.id) assert.ok(conversation.tell(message), "it goes out");
  }
}

const described = ({ certificate }: { certificate: { fingerprint: string } }): string =>
  `v=0\r\na=fingerprint:sha-256 ${certificate.fingerprint.toUpperCase().match(/../g)?.join(":")}\r\n`;

const memberOf = ({ id, kind, name, certificate: { fingerprint } }: FakeMember): Member => ({
  ...{ id, kind, name, fingerprint },
});

/** What was last said of this kind from one to another on their line. */
function last<Type extends ControlMessage["type"]>(call: FakeCall, from: FakeMember, to: FakeMember, type: Type) {
  const found = call.said.findLast((one) => one.from === from && one.to === to && one.message.type === type);
  assert.ok(found, `${from.name} has told ${to.name} ${type}`);
  return found.message as ControlMessage & { type: Type };
}

/** The last description that one passed to another. */
function passed(call: FakeCall, from: FakeMember, to: FakeMember): Message & { sdp: string } {
  const found = call.said.findLast(
    ({ from: who, message }) =>
      who === from && message.type === "pass" && message.to === to.id && "sdp" in message.message,
  );
  assert.ok(found?.message.type === "pass" && "sdp" in found.message.message);
  return found.message.message;
}

test("nobody but the expert says who is in the call", async () => {
  const call = await callWith("Gustav", "Hanna");
  const { expert, visitor, joined } = call;
  const [guest, other] = joined as [FakeMember, FakeMember];
  const members = [expert, visitor, guest].map(memberOf);
  tell(guest, visitor, { type: "members", call: CALL, members });
  call.say(guest, visitor, { type: "members", call: CALL, members });
  call.say(guest, expert, { type: "members", call: CALL, members });
  call.say(visitor, expert, { type: "members", call: CALL, members });
  await settle(call);
  assert.deepEqual([visitor.sees(other), expert.sees(other)], ["connected", "connected"]);
  assert.deepEqual(call.discord, []);
});

test("nobody passes on anything but the expert, who says from whom it is", async () => {
  const call = await callWith("Gustav", "Hanna");
  const { expert, visitor, joined } = call;
  const [guest, other] = joined as [FakeMember, FakeMember];
  // Whoever of the two takes it would see another certificate there, and give the connection up.
  for (const type of ["offer", "answer"] as const) {
    const { connection } = passed(call, visitor, other) as { connection: string };
    const message: Message = { type, connection, sdp: described(guest) };
    tell(guest, visitor, { type: "pass", to: visitor.id, from: other.id, message });
    tell(guest, other, { type: "pass", to: other.id, from: visitor.id, message });
    call.say(guest, other, { type: "pass", to: other.id, from: visitor.id, message });
    call.say(expert, other, { type: "pass", to: visitor.id, from: visitor.id, message });
  }
  await settle(call);
  assert.deepEqual(call.discord, []);
  call.say(guest, expert, {
    ...{ type: "pass", to: other.id, from: visitor.id },
    message: { type: "offer", connection: "anew", sdp: described(guest) },
  });
  await settle(call);
  assert.equal(other.sees(visitor), "connected", "not taken for the visitor's");
  assert.equal(last(call, expert, other, "pass").from, guest.id);
});

for (const [wrong, members] of [
  ["a member twice", (all) => [...all, ...all.slice(-1)]],
  ["another certificate of the member's own", (all, visitor) => changed(all, visitor, { fingerprint: OTHER })],
  ["another certificate of the expert", (all, _, expert) => changed(all, expert, { fingerprint: OTHER })],
  ["the expert twice", (all, _, expert) => [...all.slice(0, 3), { ...memberOf(expert), fingerprint: OTHER }]],
  ["the expert's certificate twice", (all, _, expert) => changed(all, all[3], memberOf(expert))],
  ["the member's certificate twice", (all, visitor) => changed(all, all[3], memberOf(visitor))],
  ["five members", (all) => [...all, { ...(all[3] as Member), id: all[3]?.id.replace(/.$/, "9") ?? "" }]],
  ["not the member", (all, visitor) => all.filter(({ id }) => id !== visitor.id)],
  ["not the expert", (all, _, expert) => all.filter(({ id }) => id !== expert.id)],
] as [string, (all: Member[], visitor: FakeMember, expert: FakeMember) => Member[]][]) {
  test(`a list of members with ${wrong} has no effect`, async () => {
    const call = await callWith("Gustav");
    const { expert, visitor } = call;
    const before = call.network.open;
    call.forge = (message, to) =>
      message.type === "members" && to === visitor
        ? { ...message, members: members(message.members, visitor, expert) }
        : message;
    const late = call.join("Hanna");
    await settle(call);
    assert.deepEqual([visitor.sees(late), visitor.ended, visitor.companions.length], [undefined, undefined, 1]);
    assert.ok(call.network.open <= before + 3, "no more than the other guest's");
    assert.equal(expert.code, undefined);
  });
}

const OTHER = fakeCertificate("somebody else's").fingerprint;

/** With another fingerprint for one of them. */
function changed(all: Member[], of: { id: string } | undefined, { fingerprint }: { fingerprint: string }) {
  return all.map((member) => (member.id === of?.id ? { ...member, fingerprint } : member));
}

test("a list for another call, or of certificates from before a reload, has no effect", async () => {
  const call = await callWith("Gustav");
  const { expert, visitor } = call;
  const two = [expert, visitor].map(memberOf);
  call.say(expert, visitor, {
    type: "members",
    call: CALL.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    members: two,
  });
  assert.deepEqual(call.discord, []);
  call.reload(visitor);
  await settle(call);
  call.say(expert, visitor, { type: "members", call: CALL, members: two });
  await settle(call);
  assert.deepEqual(call.discord, []);
});

for (const [who, id] of [
  ["the visitor's id", ({ visitor }) => visitor.id],
  ["the expert's id", ({ expert }) => expert.id],
  ["another guest's id", ({ joined }) => joined[0]?.id ?? ""],
  ["an id that none of the others reads", ({ visitor }) => visitor.id.replace("019", "F19")],
] as [string, (call: FakeCall) => string][]) {
  test(`who joins with ${who} is not let in`, async () => {
    const call = await callWith("Gustav");
    const late = call.join("Hanna", id(call));
    await settle(call);
    assert.equal(late.ended, "continuity");
    assert.deepEqual(call.discord, []);
  });
}

test("who joins with a certificate that is there already is not let in", async () => {
  const call = await callWith("Gustav");
  for (const certificate of [call.visitor.certificate, call.expert.certificate]) {
    const late = call.join("Hanna");
    late.certificate = certificate;
    await settle(call);
    assert.equal(late.ended, "continuity");
    assert.deepEqual(call.discord, []);
  }
});

test("a fifth is not let in: the others could not be told", async () => {
  const call = await callWith("Gustav", "Hanna");
  const fifth = call.join("Ida");
  await settle(call);
  assert.equal(fifth.ended, "continuity");
  assert.deepEqual(call.discord, []);
});

test("a name that fills a message does not keep the others from hearing who is there", async () => {
  const call = await callWith("G".repeat(40_000));
  assert.equal(call.visitor.companions[0]?.name.length, 80);
});

test("what one passes leaves room for what the expert says", async () => {
  const call = await callWith("Gustav", "Hanna");
  const { expert, visitor, joined } = call;
  for (let count = 0; count < 2_000; count++) {
    for (const guest of joined) {
      call.say(guest, expert, { type: "pass", to: visitor.id, from: guest.id, message: { type: "restart" } });
    }
  }
  const [gone] = joined as [FakeMember];
  call.leave(gone);
  await settle(call);
  assert.deepEqual(call.discord, []);
});

test("who breaks the code is out, and the others go on", async () => {
  const call = await callWith("Gustav");
  const { expert, visitor, joined } = call;
  const [guest] = joined as [FakeMember];
  const second = { ...last(call, guest, expert, "code-commit"), commitment: toBase64url(new Uint8Array(32)) };
  tell(guest, visitor, second);
  await settle(call);
  assert.deepEqual([visitor.sees(guest), visitor.ended, visitor.code], ["failed", undefined, undefined]);
  assert.deepEqual(visitor.pairsFailed, ["short-code"]);
  call.say(guest, expert, second);
  await settle(call);
  assert.deepEqual([guest.ended, expert.ended], ["short-code", undefined]);
  visitor.pairsFailed = [];
  assert.deepEqual(call.discord, []);
});

test("who breaks the code and is gone before that is noticed ends nothing either", async () => {
  const call = await callWith("Gustav");
  const [guest] = call.joined as [FakeMember];
  const second = { ...last(call, guest, call.expert, "code-commit"), commitment: toBase64url(new Uint8Array(32)) };
  call.say(guest, call.expert, second);
  call.leave(guest);
  await settle(call);
  assert.deepEqual(call.discord, []);
});

test("when the other side of the call breaks the code, the call is over", async () => {
  const call = await callWith("Gustav");
  const { expert, visitor, joined } = call;
  const [guest] = joined as [FakeMember];
  const commitment = toBase64url(new Uint8Array(32));
  call.say(expert, guest, { ...last(call, expert, guest, "code-commit"), commitment });
  call.say(visitor, expert, { ...last(call, visitor, expert, "code-commit"), commitment });
  await settle(call);
  assert.deepEqual([guest.ended, expert.ended, visitor.ended], ["short-code", "short-code", undefined]);
});

test("a code is not shown any more when somebody has come whom this side has not met", async () => {
  const call = await callWith();
  const { expert, visitor } = call;
  visitor.load();
  // The last word of the code of two comes when the third is there, and keeps away from the visitor.
  call.forge = (message) => (message.type === "code-reveal" ? undefined : message);
  call.connect(visitor);
  await settle(call);
  const reveal = last(call, expert, visitor, "code-reveal");
  call.forge = (message) => (message.type === "pass" ? undefined : message);
  const guest = call.join("Gustav");
  await settle(call);
  call.say(expert, visitor, reveal);
  await settle(call);
  assert.deepEqual([visitor.sees(guest), visitor.code, expert.code], ["connecting", undefined, undefined]);
});

test("what was said of other members is worth nothing for these", async () => {
  const call = await callWith("Gustav");
  const { expert, visitor, joined } = call;
  const [guest] = joined as [FakeMember];
  const before = [last(call, guest, expert, "code-commit"), last(call, guest, expert, "code-reveal")];
  const code = expert.code;
  call.reload(guest);
  await settle(call);
  for (const message of before) {
    call.say(guest, expert, message);
    tell(guest, visitor, message);
  }
  await settle(call);
  assert.deepEqual(call.discord, []);
  assert.notEqual(expert.code, code);
});

test("without the certificate that the expert told there is no connection and no code", async () => {
  for (const lie of ["told", "described"] as const) {
    const call = await callWith();
    const { expert, visitor } = call;
    call.forge = (message, to) => {
      if (to !== visitor) return message;
      if (message.type === "members") {
        const [guest] = call.joined as [FakeMember];
        return { ...message, members: changed(message.members, guest, { fingerprint: OTHER }) };
      }
      // The description claims what was told; the connection's certificate is another.
      if (lie === "told" || message.type !== "pass" || !("sdp" in message.message)) return message;
      const claimed = described({ certificate: { fingerprint: OTHER } });
      const sdp = `${claimed}${/a=ice-ufrag:.*/.exec(message.message.sdp)}\r\n`;
      return { ...message, message: { ...message.message, sdp } };
    };
    const guest = call.join("Gustav");
    await settle(call);
    assert.deepEqual(visitor.pairsFailed, [lie === "told" ? "fingerprint" : "certificate-changed"]);
    assert.deepEqual([visitor.sees(guest), visitor.companions[0]?.remote], ["failed", undefined]);
    assert.deepEqual([visitor.code, expert.code, visitor.ended], [undefined, undefined, undefined]);
  }
});

test("a member whose connection failed its check later is not among those of the code", async () => {
  const call = await callWith("Gustav");
  const { expert, visitor, joined } = call;
  const [guest] = joined as [FakeMember];
  // Of the two the visitor offers, and begins anew.
  call.forge = (message, to) =>
    message.type === "pass" && to === visitor && "sdp" in message.message
      ? { ...message, message: { ...message.message, sdp: described(expert) } }
      : message;
  call.network.cut();
  await settle(call);
  assert.deepEqual([visitor.sees(guest), visitor.code, visitor.ended], ["failed", undefined, undefined]);
});
