// As much of a client as the measures need: an expert, a visitor, and what they hear in their mailboxes.

import { createDecipheriv } from "node:crypto";
import http from "node:http";

import { call, signIn } from "../browser/harness/stack.mjs";

/** @param {string} text base64url */
const bytes = (text) => Buffer.from(text, "base64url");

/**
 * @param {{ name: string, key: string }} mailbox
 * @param {string} sealed
 */
function unseal({ name, key }, sealed) {
  const all = bytes(sealed);
  const cipher = createDecipheriv("aes-256-gcm", bytes(key), all.subarray(0, 12));
  cipher.setAAD(Buffer.from(name)).setAuthTag(all.subarray(-16));
  return JSON.parse(Buffer.concat([cipher.update(all.subarray(12, -16)), cipher.final()]).toString());
}

/** One side of calls: authenticated requests, and a mailbox that is listened to. */
export class Client {
  /** @type {Map<string, (at: number) => void>} */ #awaited = new Map();
  /** @type {WebSocket | undefined} */ #socket;
  /** @type {http.ClientRequest | undefined} */ #stream;
  /** @type {NodeJS.Timeout | undefined} */ #lease;

  /**
   * @param {string} service
   * @param {{ token: string, mailbox: { name: string, key: string }, origin: string }} access
   */
  constructor(service, { token, mailbox, origin }) {
    this.service = service;
    this.token = token;
    this.mailbox = mailbox;
    this.origin = origin;
    this.headers = { authorization: `Bearer ${token}`, origin };
  }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  async request(method, path, body) {
    const { json } = await call(`${this.service}/api/v1${path}`, { method, headers: this.headers, body });
    return json;
  }

  /** Listens by WebSocket. */
  async listen() {
    const url = `${this.service.replace(/^http/, "ws")}/api/v1/mailbox?after=0`;
    // The constructor's headers are undici's; a browser sets the origin by itself.
    const socket = new WebSocket(
      url,
      /** @type {any} */ ({ protocols: ["visavis.v1", `bearer.${this.token}`], headers: { origin: this.origin } }),
    );
    this.#socket = socket;
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("the mailbox's WebSocket did not open"));
    });
    socket.onmessage = ({ data }) => this.#heard(JSON.parse(data).sealed);
  }

  /** Listens by server-sent events. */
  async listenToEvents() {
    const url = new URL(`${this.service}/api/v1/mailbox?after=0`);
    const headers = { ...this.headers, accept: "text/event-stream" };
    const { hostname, port, pathname, search } = url;
    const request = http.request({ agent: false, hostname, port, path: pathname + search, headers });
    this.#stream = request;
    const response = await new Promise((resolve, reject) => {
      request.on("response", resolve).on("error", reject);
      request.end();
    });
    if (response.statusCode !== 200) throw new Error(`the mailbox's events: ${response.statusCode}`);
    let text = "";
    response.setEncoding("utf8").on("data", (/** @type {string} */ chunk) => {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        this.#heard(/^data: (.+)$/m.exec(text.slice(0, end))?.[1]);
        text = text.slice(end + 2);
      }
    });
    // That it is cut when this closes is no failure.
    response.on("error", () => {});
    request.on("error", () => {});
  }

  /** @param {string | undefined} sealed */
  #heard(sealed) {
    const now = performance.now();
    if (!sealed) return;
    const { type, body } = unseal(this.mailbox, sealed);
    if (type !== "call.signal") return;
    this.#awaited.get(body.payload)?.(now);
    this.#awaited.delete(body.payload);
  }

  /** When that payload arrives. @param {string} payload @returns {Promise<number>} */
  hears(payload) {
    return new Promise((resolve) => this.#awaited.set(payload, resolve));
  }

  /** Is there until {@link close}: renews its lease. @param {"here" | "available"} state */
  async stay(state) {
    await this.request("PUT", "/presence", { state });
    this.#lease = setInterval(() => this.request("PUT", "/presence", { state }).catch(() => {}), 8_000);
  }

  close() {
    clearInterval(this.#lease);
    this.#socket?.close();
    this.#stream?.destroy();
  }
}

/**
 * @param {import("../browser/harness/stack.mjs").Ready} stack
 * @param {import("../browser/harness/stack.mjs").Person} person
 */
export async function expert(stack, person) {
  const { token, session } = await signIn(stack, person, "expert");
  const client = new Client(stack.service, { token, mailbox: session.mailbox, origin: stack.service });
  await client.stay("available");
  return client;
}

/**
 * @param {import("../browser/harness/stack.mjs").Ready} stack
 * @param {{ id: string, origin: string }} organisation
 */
export async function visitor(stack, { id, origin }) {
  const { json } = await call(`${stack.service}/api/v1/organisations/${id}/visitors`, {
    headers: { origin },
    body: {},
  });
  const client = new Client(stack.service, { token: json.token, mailbox: json.mailbox, origin });
  return { client, call: /** @type {string} */ (json.call) };
}

/** What a visitor rings with. @param {string} origin @param {string} expertId */
export const ring = (origin, expertId) => ({
  language: "en",
  page: { url: `${origin}/shop`, title: "Garden tools" },
  media: "video",
  expert: expertId,
  payload: Buffer.alloc(4_000, 7).toString("base64url"),
});
