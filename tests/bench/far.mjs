// Distance for media: peers of a page are reached through user-space UDP paths, each way `delay` milliseconds late.

import dgram from "node:dgram";
import { once } from "node:events";

/** @param {string} address */
async function bound(address) {
  const socket = dgram.createSocket("udp4");
  socket.on("error", () => {});
  socket.bind(0, address);
  await once(socket, "listening");
  return socket;
}

/** In the page: every candidate that it learns of its peer is replaced by a path to it. */
function install() {
  const distant = async (/** @type {string} */ line) => {
    const [foundation, component, protocol, priority, address = "", port, ...rest] = line.split(" ");
    if (protocol?.toLowerCase() !== "udp" || !/^[\d.]+$/.test(address)) return undefined;
    const far = await globalThis.__distant(address, Number(port));
    return [foundation, component, protocol, priority, address, far, ...rest].join(" ");
  };
  // The overloads with callbacks are in the way of the types.
  const prototype = /** @type {any} */ (RTCPeerConnection.prototype);
  const { addIceCandidate, setRemoteDescription } = prototype;
  prototype.addIceCandidate = async function (/** @type {RTCIceCandidateInit} */ candidate) {
    if (!candidate?.candidate) return addIceCandidate.call(this, candidate);
    const line = await distant(candidate.candidate);
    const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
    if (line) await addIceCandidate.call(this, { candidate: line, sdpMid, sdpMLineIndex, usernameFragment });
  };
  prototype.setRemoteDescription = async function (/** @type {RTCSessionDescriptionInit} */ { type, sdp = "" }) {
    /** @type {string[]} */
    const lines = [];
    for (const line of sdp.split("\r\n")) {
      const seen = line.startsWith("a=candidate:") ? await distant(line) : line;
      if (seen !== undefined) lines.push(seen);
    }
    await setRemoteDescription.call(this, { type, sdp: lines.join("\r\n") });
  };
}

export class Distance {
  /** @type {Set<dgram.Socket>} */ #sockets = new Set();
  /** @type {Map<string, Promise<number>>} */ #paths = new Map();

  /** @param {number} delay one way, in milliseconds */
  constructor(delay) {
    this.delay = delay;
  }

  /** @param {import("playwright-core").BrowserContext} context */
  async between(context) {
    await context.exposeFunction("__distant", (/** @type {string} */ address, /** @type {number} */ port) =>
      this.#path(address, port),
    );
    await context.addInitScript(install);
  }

  /** The port, on the same address, of a path to that place. @param {string} address @param {number} port */
  #path(address, port) {
    const key = `${address}:${port}`;
    let path = this.#paths.get(key);
    if (!path) {
      path = this.#open(address, port);
      this.#paths.set(key, path);
    }
    return path;
  }

  /** @param {string} address @param {number} port */
  async #open(address, port) {
    const near = await bound(address);
    this.#sockets.add(near);
    /** @type {Map<number, Promise<dgram.Socket>>} */
    const far = new Map();
    near.on("message", (packet, from) => {
      let onward = far.get(from.port);
      if (!onward) {
        onward = bound(address).then((socket) => {
          this.#sockets.add(socket);
          socket.on("message", (answer) => this.#later(async () => near.send(answer, from.port, from.address)));
          return socket;
        });
        far.set(from.port, onward);
      }
      this.#later(async () => (await onward).send(packet, port, address));
    });
    return near.address().port;
  }

  /** @param {() => Promise<void>} send */
  #later(send) {
    // A packet that is still under way when its path closes is lost.
    setTimeout(() => send().catch(() => {}), this.delay);
  }

  close() {
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }
}
