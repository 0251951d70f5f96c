// What lies between one client and the service: an HTTP proxy that can be cut, can refuse WebSockets, and can delay.

import { once } from "node:events";
import http from "node:http";
import net from "node:net";

/**
 * Copies `from` to `to`, each chunk `delay` milliseconds late, in order.
 *
 * @param {net.Socket} from
 * @param {net.Socket} to
 * @param {number} delay
 * @param {number} first how much later still everything arrives that is sent in the first `first` milliseconds
 */
function flow(from, to, delay, first = 0) {
  const opened = performance.now();
  const due = () => Math.max(performance.now() + delay, opened + first + delay) - performance.now();
  from.on("data", (chunk) => {
    if (delay === 0) to.write(chunk);
    else setTimeout(() => !to.destroyed && to.write(chunk), due());
  });
  from.on("end", () => setTimeout(() => to.end(), delay === 0 ? 0 : due()));
  from.on("close", () => setTimeout(() => to.destroy(), delay === 0 ? 0 : due() + 1));
  from.on("error", () => {});
}

/**
 * A line to one address: bytes pass in both directions, each way `delay` milliseconds late. A new connection costs one
 * more round trip, as TCP's handshake does on a real network.
 */
export class Line {
  /** @type {Set<net.Socket>} */ #sockets = new Set();
  #server;
  #up = true;

  /** @param {{ host: string, port: number, delay?: number }} to */
  constructor({ host, port, delay = 0 }) {
    this.#server = net.createServer((near) => {
      if (!this.#up) return near.destroy();
      const far = net.connect({ host, port });
      for (const socket of [near, far]) {
        socket.setNoDelay(true);
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
      }
      flow(near, far, delay, 2 * delay);
      flow(far, near, delay);
    });
  }

  /** @param {{ host: string, port: number, delay?: number }} to */
  static async open(to) {
    const line = new Line(to);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  get port() {
    return /** @type {net.AddressInfo} */ (this.#server.address()).port;
  }

  /** Kills what is open and refuses what is new, until {@link mend}. */
  cut() {
    this.#up = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.#up = true;
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** An HTTP proxy for one browser context, in front of one {@link Line} for each host that the client asks for. */
export class Wire {
  /** @type {Map<string, Promise<Line>>} */ #lines = new Map();
  /** @type {Set<net.Socket>} */ #sockets = new Set();
  #server;
  #up = true;
  #agent = new http.Agent({ keepAlive: true });
  /** How many WebSockets (tunnels) were asked for. */
  tunnels = 0;

  /** @param {{ delay?: number, websockets?: boolean }} [options] */
  constructor({ delay = 0, websockets = true } = {}) {
    this.delay = delay;
    this.websockets = websockets;
    this.#server = http.createServer((request, response) => this.#forward(request, response));
    this.#server.on("connect", (request, socket, head) => this.#tunnel(request, socket, head));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      if (!this.#up) socket.destroy();
    });
  }

  /** @param {{ delay?: number, websockets?: boolean }} [options] */
  static async open(options) {
    const wire = new Wire(options);
    wire.#server.listen(0, "127.0.0.1");
    await once(wire.#server, "listening");
    return wire;
  }

  /** For Playwright's `proxy` option of a context. */
  get proxy() {
    return { server: `http://127.0.0.1:${/** @type {net.AddressInfo} */ (this.#server.address()).port}` };
  }

  /** @param {string} host @param {number} port */
  #line(host, port) {
    const key = `${host}:${port}`;
    let line = this.#lines.get(key);
    if (!line) {
      line = Line.open({ host, port, delay: this.delay });
      this.#lines.set(key, line);
    }
    return line;
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #forward(request, response) {
    const url = new URL(/** @type {string} */ (request.url));
    const line = await this.#line(url.hostname, Number(url.port || 80));
    const onward = http.request({
      host: "127.0.0.1",
      port: line.port,
      method: request.method,
      path: url.pathname + url.search,
      headers: request.headers,
      agent: this.#agent,
    });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
      answer.on("close", () => !answer.complete && response.destroy());
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  }

  /** @param {http.IncomingMessage} request @param {import('node:stream').Duplex} near @param {Buffer} head */
  async #tunnel(request, near, head) {
    this.tunnels += 1;
    near.on("error", () => {});
    if (!this.websockets) return near.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    const { hostname, port } = new URL(`http://${request.url}`);
    const line = await this.#line(hostname, Number(port || 80));
    const far = net.connect({ host: "127.0.0.1", port: line.port }, () => {
      far.setNoDelay(true);
      near.write("HTTP/1.1 200 OK\r\n\r\n");
      if (head.length > 0) far.write(head);
      near.pipe(far);
      far.pipe(near);
    });
    far.on("error", () => near.destroy());
    far.on("close", () => near.destroy());
    near.on("close", () => far.destroy());
  }

  /** Kills every connection and refuses new ones, until {@link mend}. */
  async cut() {
    this.#up = false;
    for (const socket of this.#sockets) socket.destroy();
    for (const line of this.#lines.values()) (await line).cut();
  }

  async mend() {
    this.#up = true;
    for (const line of this.#lines.values()) (await line).mend();
  }

  async close() {
    await this.cut();
    this.#agent.destroy();
    for (const line of this.#lines.values()) await (await line).close();
    this.#server.close();
    await once(this.#server, "close");
  }
}
