// A call that others join, without a browser, for tests: the groups of all as they are, with lines between them and the
// expert that a test can cut, and {@link FakeNetwork} for the rest.

import { newId } from "./bytes.ts";
import { Chat } from "./chat.ts";
import type { Companion, Seat } from "./companion.ts";
import { ControlReader } from "./control.ts";
import { asCertificate, done, type FakeCertificate, type FakeNetwork, fakeCertificate } from "./fake-network.ts";
import { Group } from "./group.ts";
import type { Link } from "./link.ts";
import { LocalMedia } from "./media.ts";
import type { ControlMessage, GroupMessage, Id, MemberKind } from "./types.ts";

export const CALL = newId();

/** Who is in the call, or was: what they see, and what became of them. */
export class FakeMember {
  readonly kind: MemberKind;
  readonly name: string;
  id: Id;
  certificate: FakeCertificate;
  chat = new Chat();
  group: Group;
  code: string | undefined;
  companions: readonly Companion[] = [];
  /** What ended the call for them, and what kept them from others. */
  ended: string | undefined;
  pairsFailed: string[] = [];
  /** Counts the connections to the expert: what is under way on an earlier one is lost. */
  epoch = 0;
  #loaded = 0;

  constructor(kind: MemberKind, name: string, id: Id) {
    this.kind = kind;
    this.name = name;
    this.id = id;
    this.certificate = fakeCertificate(`${name} 0`);
    this.group = this.#make();
  }

  /** Their page is loaded anew. */
  load(): void {
    this.leave();
    this.certificate = fakeCertificate(`${this.name} ${++this.#loaded}`);
    this.chat = new Chat();
    this.code = undefined;
    this.companions = [];
    this.group = this.#make();
  }

  leave(): void {
    this.epoch += 1;
    this.group.close();
  }

  /** How it stands with another. */
  sees({ id }: FakeMember): Companion["status"] | undefined {
    return this.companions.find((companion) => companion.id === id)?.status;
  }

  #make(): Group {
    const made: Group = new Group(
      {
        ...{ own: this.id, leads: this.kind === "expert", chat: this.chat, media: new LocalMedia() },
        call: this.kind === "expert" || this.kind === "visitor" ? CALL : undefined,
        certificate: async () => asCertificate(this.certificate),
        iceServers: async () => [],
      },
      {
        code: (code) => {
          if (made === this.group) this.code = code;
        },
        companions: (companions) => {
          this.companions = companions;
        },
        files: () => {},
        failed: ({ reason }) => {
          this.ended = reason;
        },
        pairFailed: ({ reason }) => this.pairsFailed.push(reason),
      },
    );
    return made;
  }
}

export class FakeCall {
  readonly expert: FakeMember;
  readonly visitor: FakeMember;
  /** All that was said on the lines between the expert and others. */
  readonly said: { from: FakeMember; to: FakeMember; message: ControlMessage }[] = [];
  #newId: () => Id;
  readonly network: FakeNetwork;
  #seats = new Map<FakeMember, Seat>();
  /** Changes what the expert tells a member on its way, or lets nothing arrive. */
  forge: (message: ControlMessage, to: FakeMember) => ControlMessage | undefined = (message) => message;

  /** Without `newId` ids rise in the order in which members come. */
  constructor(network: FakeNetwork, newId?: () => Id) {
    network.install();
    let count = 0;
    this.#newId = newId ?? (() => `01900000-0000-7000-8000-${String(++count).padStart(12, "0")}`);
    this.network = network;
    this.expert = new FakeMember("expert", "Anna", this.#newId());
    this.visitor = new FakeMember("visitor", "Vera", this.#newId());
    this.connect(this.visitor);
  }

  /** Until nothing is under way, not even what is tried again after a while: `tick` lets that pass. */
  async settle(tick: () => void): Promise<void> {
    for (let wait = 0; wait < 4; wait++) {
      do await done();
      while (this.network.deliver());
      tick();
    }
  }

  /** What keeps it from being a call in which all see one code, and each two each other. */
  get discord(): string[] {
    const { all } = this;
    const [{ code } = this.expert] = all;
    const paired = (one: FakeMember, other: FakeMember): boolean =>
      one !== other && other !== this.expert && !(one === this.expert && other === this.visitor);
    return all.flatMap((one) => [
      ...(one.code === code && code !== undefined ? [] : [`${one.name} sees ${one.code}, not ${code}`]),
      ...(one.ended === undefined ? [] : [`${one.name} ended: ${one.ended}`]),
      ...one.pairsFailed.map((reason) => `${one.name} has no connection: ${reason}`),
      ...(one.companions.length === all.filter((other) => paired(one, other)).length
        ? []
        : [`${one.name} sees others`]),
      ...all
        .filter((other) => paired(one, other) && one.sees(other) !== "connected")
        .map((other) => `${one.name} sees ${other.name} ${one.sees(other)}`),
    ]);
  }

  get joined(): FakeMember[] {
    return [...this.#seats.keys()];
  }

  get all(): FakeMember[] {
    return [this.expert, this.visitor, ...this.joined];
  }

  /** Somebody is let in by the expert. */
  join(name: string, id = this.#newId()): FakeMember {
    const member = new FakeMember("guest", name, id);
    const seat: Seat = {
      companion: {
        ...{ id, kind: "guest", name, status: "connected", remote: undefined, remoteScreen: undefined },
        showing: { microphone: false, camera: false, screen: false },
      },
      conversation: {} as Seat["conversation"],
      fail: ({ reason }) => {
        member.ended = reason;
        this.leave(member);
      },
    };
    this.#seats.set(member, seat);
    this.connect(member);
    return member;
  }

  /** Connects a member and the expert, or connects them anew. */
  connect(member: FakeMember): void {
    member.epoch += 1;
    const { expert } = this;
    const [own, leading] = [this.#line(member, expert, "to"), this.#line(expert, member, "from")];
    const seat = this.#seats.get(member);
    this.network.post(leading.line, () => {
      if (leading.current()) expert.group.connected(leading.way(member), seat);
    });
    this.network.post(own.line, () => {
      if (own.current()) member.group.connected(own.way(expert));
    });
  }

  /** A page is loaded anew; of the expert's all connections are made anew. */
  reload(member: FakeMember): void {
    member.load();
    for (const one of member === this.expert ? [this.visitor, ...this.joined] : [member]) this.connect(one);
  }

  /** Something arrives on the line between the expert and another. */
  say(from: FakeMember, to: FakeMember, message: GroupMessage): void {
    to.group.hear(from.id, message);
  }

  leave(member: FakeMember): void {
    const seat = this.#seats.get(member);
    this.#seats.delete(member);
    member.leave();
    if (seat) this.expert.group.left(member.id, seat);
  }

  #line(one: FakeMember, other: FakeMember, which: "to" | "from") {
    const member = which === "to" ? one : other;
    const { epoch } = member;
    const [hears, says] = [`${other.name}>${one.name}`, `${one.name}>${other.name}`];
    const { group } = other;
    const current = (): boolean => member.epoch === epoch;
    const reader = new ControlReader();
    const way = (to: FakeMember) => ({
      ...{ id: to.id, kind: to.kind, name: to.name },
      link: {
        fingerprints: { local: one.certificate.fingerprint, remote: to.certificate.fingerprint },
        share: () => {},
      } as unknown as Link,
      tell: (message: ControlMessage): boolean => {
        this.said.push({ from: one, to: other, message });
        const said = one.kind === "expert" ? this.forge(message, other) : message;
        if (!said) return true;
        const text = JSON.stringify(said);
        this.network.post(says, () => {
          const heard = reader.read(text);
          if (!current() || !heard) return;
          if (heard.type === "chat" || heard.type === "showing" || heard.type === "bye" || "id" in heard) return;
          group.hear(one.id, heard);
        });
        return true;
      },
    });
    return { line: hears, current, way };
  }
}
