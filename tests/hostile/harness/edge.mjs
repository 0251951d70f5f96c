// An edge that tampers: it sits between a browser and the service, sees everything in clear, holds every token and every
// mailbox key that passes, and changes what it likes.

import { webcrypto } from "node:crypto";
import { once } from "node:events";
import http from "node:http";

/** @typedef {"visitor" | "expert" | "administrator" | string} Who the browser that the edge is in front of */

/**
 * One request or answer on its way.
 *
 * @typedef {object} Passing
 * @property {Who} who
 * @property {string} route method and path, such as `POST /api/v1/calls/…/ring`
 * @property {any} body the JSON; may be replaced
 * @property {any} [asked] in answers: the JSON of the request
 * @property {number} [status] in answers
 */

/** @typedef {(passing: Passing) => void | Promise<void>} Tamper */

const HOP = new Set(["connection", "keep-alive", "transfer-encoding", "proxy-connection", "content-length"]);

export class Edge {
  /** @type {http.Server[]} */ #servers = [];
  /** @type {{ at: "request" | "answer", who: Who, route: RegExp, tamper: Tamper }[]} */ #tampering = [];
  /** @type {{ who: Who, tamper: (envelope: any) => any }[]} */ #envelopes = [];
  /** @type {{ route: RegExp, tamper: (bytes: Buffer) => Buffer }[]} */ #bytes = [];
  /** @type {Map<string, webcrypto.CryptoKey>} mailbox keys by the mailbox's name */ #keys = new Map();
  /** @type {Map<Who, { token: string, mailbox: string, origin: string }>} */ #known = new Map();
  /** Everything that went through in clear, for looking for what must not be there. @type {string[]} */
  seen = [];

  /** What the service told last of whom it may ring. @type {{ trust: any }} */
  told = { trust: undefined };

  /** @param {{ service: string }} stack */
  constructor({ service }) {
    this.service = new URL(service);
  }

  /** Changes what a browser says to the service. @param {Who} who @param {RegExp} route @param {Tamper} tamper */
  onRequest(who, route, tamper) {
    this.#tampering.push({ at: "request", who, route, tamper });
  }

  /** Changes what the service answers. @param {Who} who @param {RegExp} route @param {Tamper} tamper */
  onAnswer(who, route, tamper) {
    this.#tampering.push({ at: "answer", who, route, tamper });
  }

  /**
   * Changes envelopes in somebody's mailbox; `undefined` drops one.
   *
   * @param {Who} who
   * @param {(envelope: any) => any} tamper
   */
  onEnvelope(who, tamper) {
    this.#envelopes.push({ who, tamper });
  }

  /** Stops changing anything. */
  behave() {
    this.#tampering = [];
    this.#envelopes = [];
    this.#bytes = [];
    this.seen = [];
  }

  /** Changes what is no JSON: pages, scripts. @param {RegExp} route @param {(bytes: Buffer) => Buffer} tamper */
  onBytes(route, tamper) {
    this.#bytes.push({ route, tamper });
  }

  /** Stands before a browser from now on: a machine's `wire`. @param {Who} who */
  async before(who) {
    const server = http.createServer((request, response) => {
      this.#pass(who, request, response).catch(() => response.destroy());
    });
    // Without WebSockets everything comes as requests, answers and events that are easy to change.
    server.on("connect", (_request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.#servers.push(server);
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    return /** @type {any} */ ({ proxy: { server: `http://127.0.0.1:${port}` } });
  }

  /** Speaks in somebody's name, with the token that passed. @param {Who} who @param {string} route @param {unknown} [body] */
  async speak(who, route, body) {
    const known = this.#known.get(who);
    if (!known) throw new Error(`the edge has not seen a token of the ${who} yet`);
    const [method = "GET", path = "/"] = route.split(" ");
    const response = await fetch(new URL(path, this.service), {
      method,
      headers: {
        authorization: `Bearer ${known.token}`,
        origin: known.origin,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  async close() {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  /** @param {Who} who @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #pass(who, request, response) {
    const url = new URL(/** @type {string} */ (request.url));
    const route = `${request.method} ${url.pathname}`;
    const sent = Buffer.concat(await request.toArray());
    this.#record(`${route}${url.search}`, sent);
    /** @type {Passing} */
    const said = { who, route, body: json(request.headers["content-type"], sent) };
    if (said.body !== undefined) await this.#tamper("request", said);
    const body = said.body === undefined ? sent : Buffer.from(JSON.stringify(said.body));
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !HOP.has(name)));
    const onward = http.request({
      host: url.hostname,
      port: url.port,
      method: request.method,
      path: url.pathname + url.search,
      headers: {
        ...headers,
        "accept-encoding": "identity",
        ...(body.length > 0 ? { "content-length": String(body.length) } : {}),
      },
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.end(body);
    const [answer] = /** @type {[http.IncomingMessage]} */ (await once(onward, "response"));
    const answered = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !HOP.has(name)));
    if (answer.headers["content-type"]?.startsWith("text/event-stream")) {
      response.writeHead(answer.statusCode ?? 502, answered);
      response.flushHeaders();
      await this.#events(who, answer, response);
      return;
    }
    const got = Buffer.concat(await answer.toArray());
    this.#record(`answer to ${route}`, got);
    /** @type {Passing} */
    const told = {
      who,
      route,
      body: json(answer.headers["content-type"], got),
      asked: said.body,
      status: answer.statusCode ?? 502,
    };
    await this.#learn(who, told.body, request.headers);
    if (told.body?.trust) this.told = { trust: structuredClone(told.body.trust) };
    await this.#tamper("answer", told);
    const plain = this.#bytes.reduce(
      (/** @type {Buffer} */ bytes, one) => (one.route.test(route) ? one.tamper(bytes) : bytes),
      got,
    );
    const out = told.body === undefined ? plain : Buffer.from(JSON.stringify(told.body));
    response.writeHead(told.status ?? 502, answered).end(out);
  }

  /** @param {"request" | "answer"} at @param {Passing} passing */
  async #tamper(at, passing) {
    for (const { tamper } of this.#tampering.filter(
      (one) => one.at === at && one.who === passing.who && one.route.test(passing.route),
    )) {
      await tamper(passing);
    }
  }

  /** @param {Who} who @param {any} body @param {http.IncomingHttpHeaders} headers */
  async #learn(who, body, headers) {
    if (typeof body?.token !== "string" || !body.mailbox) return;
    const { name, key } = body.mailbox;
    const raw = Buffer.from(key, "base64url");
    this.#keys.set(name, await webcrypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]));
    this.#known.set(who, { token: body.token, mailbox: name, origin: headers.origin ?? this.service.origin });
  }

  /** @param {Who} who @param {http.IncomingMessage} from @param {http.ServerResponse} to */
  async #events(who, from, to) {
    let rest = "";
    for await (const chunk of from.setEncoding("utf8")) {
      rest += chunk;
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
        const event = rest.slice(0, end);
        rest = rest.slice(end + 2);
        const changed = await this.#event(who, event);
        if (changed !== undefined) to.write(`${changed}\n\n`);
      }
    }
    to.end();
  }

  /** @param {Who} who @param {string} event */
  async #event(who, event) {
    const sealed = /^data: ?([\w-]+)$/m.exec(event)?.[1];
    const mailbox = this.#known.get(who)?.mailbox;
    const key = mailbox && this.#keys.get(mailbox);
    if (!sealed || !mailbox || !key) return event;
    const bytes = Buffer.from(sealed, "base64url");
    const additionalData = Buffer.from(mailbox);
    const iv = bytes.subarray(0, 12);
    const open = await webcrypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, bytes.subarray(12));
    this.#record(`envelope to the ${who}`, Buffer.from(open));
    let envelope = JSON.parse(Buffer.from(open).toString());
    for (const { tamper } of this.#envelopes.filter((one) => one.who === who)) {
      envelope = await tamper(envelope);
      if (envelope === undefined) return undefined;
    }
    const text = Buffer.from(JSON.stringify(envelope));
    const closed = await webcrypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, text);
    const again = Buffer.concat([iv, Buffer.from(closed)]).toString("base64url");
    return event.replace(sealed, again);
  }

  /** @param {string} what @param {Buffer} bytes */
  #record(what, bytes) {
    if (bytes.length > 0 && bytes.length < 200_000) this.seen.push(`${what}\n${bytes.toString("latin1")}`);
  }
}

/** @param {string | undefined} type @param {Buffer} bytes */
function json(type, bytes) {
  if (!type?.includes("json") || bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
