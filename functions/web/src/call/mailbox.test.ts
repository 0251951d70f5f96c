import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { toBase64url } from "./bytes.ts";
import { Mailbox, type MailboxOptions } from "./mailbox.ts";
import type { Envelope } from "./types.ts";

const NAME = "organisation/visitor/subject";
const key = crypto.getRandomValues(new Uint8Array(32));
const cryptoKey = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);

async function seal(text: string, name = NAME): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const envelope = { id: text, at: "", type: "call.ended", call: text, body: {} };
  const algorithm = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) };
  const sealed = await crypto.subtle.encrypt(algorithm, cryptoKey, new TextEncoder().encode(JSON.stringify(envelope)));
  return toBase64url(Uint8Array.of(...iv, ...new Uint8Array(sealed)));
}

class FakeSocket {
  static made: FakeSocket[] = [];
  static behaviour: (socket: FakeSocket) => void = () => {};
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  sent: string[] = [];
  readonly url: URL;
  readonly protocols: string[];

  constructor(url: URL, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
    FakeSocket.made.push(this);
    queueMicrotask(() => FakeSocket.behaviour(this));
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {}

  say(data: object | string): void {
    this.onmessage?.({ data: typeof data === "string" ? data : JSON.stringify(data) });
  }
}

interface Heard {
  mailbox: Mailbox;
  texts: string[];
  gaps: number[];
  requests: string[];
}

/** A mailbox that is closed when the test is over. */
function listen(t: TestContext, options: Partial<MailboxOptions> = {}): Heard {
  FakeSocket.made = [];
  const heard: Omit<Heard, "mailbox"> = { texts: [], gaps: [], requests: [] };
  const mailbox = new Mailbox({
    base: "https://service.example",
    access: { name: NAME, key: toBase64url(key) },
    token: () => "t",
    onEnvelope: (envelope: Envelope) => void heard.texts.push(envelope.id),
    onGap: (sequence) => void heard.gaps.push(sequence),
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    fetch: async (input) => {
      heard.requests.push(String(input));
      return new Response(null, { status: 503 });
    },
    ...options,
  });
  t.after(() => mailbox.close());
  return { mailbox, ...heard };
}

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("entries are opened in order, each once, and a reconnect goes on after the last", async (t) => {
  const sealed = await Promise.all(["a", "b", "c"].map((text) => seal(text)));
  FakeSocket.behaviour = (socket) => {
    socket.onopen?.();
    if (FakeSocket.made.length === 1) {
      socket.say({ sequence: 1, sealed: sealed[0] });
      socket.say({ sequence: 1, sealed: sealed[0] });
      socket.say({ sequence: 2, sealed: sealed[1] });
      socket.onclose?.();
    } else {
      socket.say({ sequence: 2, sealed: sealed[1] });
      socket.say({ sequence: 3, sealed: sealed[2] });
    }
  };
  const { mailbox, texts } = listen(t);
  await until(() => texts.length === 3);
  assert.deepEqual(texts, ["a", "b", "c"]);
  assert.equal(mailbox.after, 3);
  const [first, second] = FakeSocket.made;
  assert.deepEqual(first?.protocols, ["visavis.v1", "bearer.t"]);
  assert.equal(first?.url.href, "wss://service.example/api/v1/mailbox?after=0");
  assert.equal(second?.url.searchParams.get("after"), "2");
  assert.deepEqual(first?.sent, ["ping"]);
});

test("a gap is told in its place", async (t) => {
  const sealed = await seal("a");
  FakeSocket.behaviour = (socket) => {
    socket.onopen?.();
    socket.say({ gap: 7 });
    socket.say({ sequence: 7, sealed });
    socket.say({ sequence: 8, sealed });
  };
  const { texts, gaps } = listen(t, { after: 2 });
  await until(() => texts.length === 1);
  assert.deepEqual({ texts, gaps }, { texts: ["a"], gaps: [7] });
});

test("an entry of another mailbox is not opened, and the next one is", async (t) => {
  const errors = t.mock.method(console, "error", () => {});
  const [moved, own] = await Promise.all([seal("moved", "organisation/staff/other"), seal("own")]);
  FakeSocket.behaviour = (socket) => {
    socket.onopen?.();
    socket.say({ sequence: 1, sealed: moved });
    socket.say({ sequence: 2, sealed: own });
  };
  const { texts } = listen(t);
  await until(() => texts.length === 1);
  assert.deepEqual(texts, ["own"]);
  assert.equal(errors.mock.callCount(), 1);
});

test("where WebSockets fail twice before they open, server-sent events take over", async (t) => {
  const sealed = await seal("a");
  FakeSocket.behaviour = (socket) => socket.onclose?.();
  const requests: Request[] = [];
  const { texts } = listen(t, {
    fetch: async (input, init) => {
      requests.push(new Request(input, init));
      return new Response(`: hello\n\nid: 5\nevent: entry\ndata: ${sealed}\n\nevent: bye\ndata:\n\n`);
    },
  });
  await until(() => texts.length === 1 && requests.length > 1);
  assert.equal(FakeSocket.made.length, 2);
  assert.equal(requests[0]?.headers.get("accept"), "text/event-stream");
  assert.equal(requests[0]?.headers.get("authorization"), "Bearer t");
  assert.equal(new URL(requests[1]?.url ?? "").searchParams.get("after"), "5");
});

test("a handshake that nothing follows counts as a failure", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  FakeSocket.behaviour = (socket) => socket.onopen?.();
  let sockets = 0;
  listen(t, {
    fetch: async () => {
      sockets ||= FakeSocket.made.length;
      return new Response(null, { status: 503 });
    },
  });
  for (let second = 0; second < 20 && sockets === 0; second++) {
    t.mock.timers.tick(1000);
    await turn();
  }
  assert.equal(sockets, 2);
});

test("only server-sent events where they are asked for", async (t) => {
  FakeSocket.behaviour = () => {};
  const { requests } = listen(t, { transport: "sse" });
  await until(() => requests.length > 1);
  assert.equal(FakeSocket.made.length, 0);
});

test("a stream that falls silent is cut and opened anew", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  let cut = 0;
  const { mailbox } = listen(t, {
    transport: "sse",
    fetch: async (_input, init) => {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(": hello\n\n"));
          init?.signal?.addEventListener("abort", () => {
            cut++;
            controller.error(new Error("aborted"));
          });
        },
      });
      return new Response(stream);
    },
  });
  await turn();
  assert.equal(mailbox.status, "open");
  for (let second = 0; second < 25 && cut === 0; second++) {
    t.mock.timers.tick(1000);
    await turn();
  }
  assert.equal(cut, 1);
});
