import assert from "node:assert/strict";
import { after, mock, test } from "node:test";

import { newId } from "./bytes.ts";
import { Chat } from "./chat.ts";
import type { Companion } from "./companion.ts";
import { Conversation } from "./conversation.ts";
import { asCertificate, FakeNetwork, fakeCertificate } from "./fake-network.ts";
import { FileTransfers } from "./files.ts";
import { Group } from "./group.ts";
import { provide } from "./later.ts";
import type { Link } from "./link.ts";
import { LocalMedia } from "./media.ts";
import { type OtherSide, Participation, type ParticipationOptions } from "./participation.ts";
import { watchQuality } from "./quality.ts";
import type { GroupMessage, Member } from "./types.ts";

new FakeNetwork(() => 0).install();

const CALL = newId();
const [own, expert, guest] = [newId(), newId(), newId()];
const fingerprints = ["visitor", "expert", "guest"].map((name) => fakeCertificate(name).fingerprint);
const members: Member[] = [own, expert, guest].map((id, at) => ({
  ...{ id, kind: (["visitor", "expert", "guest"] as const)[at] ?? "guest", name: "" },
  fingerprint: fingerprints[at] ?? "",
}));

const open: Participation[] = [];
after(() => {
  for (const one of open) one.close();
});

/** A visitor's part in a call, and whom it sees beside the expert. */
function participate() {
  const seen: { companions: readonly Companion[] } = { companions: [] };
  const chat = new Chat();
  const conversation = new Conversation(chat, { files() {}, showing() {}, group() {}, bye() {} });
  const [local, remote] = fingerprints;
  const connected = () =>
    ({
      ...{ checked: true, control: { readyState: "open", send() {} } },
      ...{ fingerprints: { local, remote }, share() {} },
    }) as unknown as Link;
  const way = { link: connected() };
  const anew = (): void => {
    way.link = connected();
    part.meet();
  };
  const showing = { microphone: false, camera: false, screen: false };
  const other: OtherSide = {
    ...{ id: expert, kind: "expert", name: "Anna", status: "connected" },
    ...{ remote: undefined, remoteScreen: undefined, showing },
  };
  const part = new Participation(
    {
      ...{ chat, conversation, other: () => other, link: () => way.link },
      group: {
        ...{ call: CALL, own, leads: false, media: new LocalMedia() },
        certificate: async () => asCertificate(fakeCertificate("visitor")),
        iceServers: async () => [],
      },
    },
    {
      ...{ code() {}, files() {}, failed() {}, pairFailed() {} },
      companions: (companions) => {
        seen.companions = companions;
      },
    },
  );
  open.push(part);
  return { part, seen, other, anew };
}

test("what others pass before this side can hear it does not crowd out what the expert says", async () => {
  const { part, seen } = participate();
  const passed: GroupMessage = { type: "pass", to: own, from: guest, message: { type: "restart" } };
  for (let count = 0; count < 200; count++) part.hear(passed);
  part.hear({ type: "members", call: CALL, members });
  assert.deepEqual(seen.companions, [], "nothing is there yet to hear it");
  provide({ FileTransfers, Group, watchQuality });
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(
    seen.companions.map(({ id }) => id),
    [guest],
  );
});

test("who is at the other side stays the same, whatever is said of it later", async () => {
  const { part, seen, other, anew } = participate();
  await new Promise((resolve) => setTimeout(resolve));
  other.id = newId();
  anew();
  part.hear({ type: "members", call: CALL, members });
  assert.deepEqual(
    seen.companions.map(({ id }) => id),
    [guest],
  );
});

test("what was said under another member's id, before it was refused or later, is not heard from them", async () => {
  const heard: string[] = [];
  const failed: string[] = [];
  const showing = { microphone: false, camera: false, screen: false };
  const events = { code() {}, files() {}, companions() {}, pairFailed() {} };
  /** Somebody at the expert, under an id. */
  const at = (id: string, certificate: string, group: ParticipationOptions["group"]): Participation => {
    const chat = new Chat();
    const conversation = new Conversation(chat, { files() {}, showing() {}, group() {}, bye() {} });
    const link = {
      ...{ checked: true, control: { readyState: "open", send() {} }, share() {} },
      fingerprints: { local: fingerprints[1], remote: fakeCertificate(certificate).fingerprint },
    } as unknown as Link;
    const other: OtherSide = {
      ...{ id, kind: "guest", name: "", status: "connected", remote: undefined, remoteScreen: undefined, showing },
    };
    const part = new Participation(
      { chat, conversation, other: () => other, link: () => link, group },
      { ...events, failed: ({ reason }) => failed.push(reason) },
    );
    open.push(part);
    return part;
  };
  const host = at(own, "visitor", {
    ...{ call: CALL, own: expert, leads: true, media: new LocalMedia() },
    certificate: async () => asCertificate(fakeCertificate("expert")),
    iceServers: async () => [],
  });
  await new Promise((resolve) => setTimeout(resolve));
  mock.method(Group.prototype, "hear", (from: string, { type }: GroupMessage) => heard.push(`${type} from ${from}`));
  const hash = "A".repeat(43);
  const commits: GroupMessage = { type: "code-commit", members: hash, commitment: hash };
  const impostor = at(own, "impostor", host);
  impostor.hear(commits);
  impostor.meet();
  impostor.hear(commits);
  impostor.meet();
  assert.deepEqual([heard, failed], [[], ["continuity"]]);
  assert.equal(impostor.known, false);
  const honest = at(guest, "guest", host);
  honest.hear(commits);
  honest.meet();
  honest.hear(commits);
  assert.equal(honest.known, true);
  assert.deepEqual(heard, [`code-commit from ${guest}`, `code-commit from ${guest}`]);
});
