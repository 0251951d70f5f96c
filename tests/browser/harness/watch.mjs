// What the suites put into every page before its own scripts: it watches, and it sets how a page reaches its peer.

/**
 * How a page's connections go.
 *
 * @typedef {object} Path
 * @property {"udp" | "tcp" | "tls"} [relay] only through the TURN server, reached over this transport
 * @property {string} [relayAt] `host:port` to reach the TURN server at, instead of the address that the service names
 * @property {string} [relayTls] `host:port` where it is over TLS, as the service would name it too
 */

/** @param {Path & { microphone: boolean }} path */
function install(path) {
  /** @type {Watch} */
  const watch = {
    connections: [],
    violations: [],
    asked: 0,
    streams: [],
    timeFirstFrame: false,
    firstFrameAt: undefined,
    clickedAt: undefined,
  };
  Object.defineProperty(globalThis, "__watch", { value: watch });

  document.addEventListener("securitypolicyviolation", (event) => {
    watch.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  });

  const named = path.relay === "tls" ? /^turns:/ : new RegExp(`^turn:.*\\?transport=${path.relay}$`);
  /** @param {RTCConfiguration | undefined} configuration */
  const directed = (configuration) => {
    if (!path.relay && !path.relayAt && !path.relayTls) return configuration;
    const iceServers = (configuration?.iceServers ?? [])
      .map((server) => ({
        ...server,
        urls: [server.urls]
          .flat()
          .map((url) => (path.relayAt ? url.replace(/^(\w+):[^?]+/, `$1:${path.relayAt}`) : url))
          .concat(path.relayTls && server.credential ? `turns:${path.relayTls}?transport=tcp` : [])
          .filter((url) => !path.relay || named.test(url)),
      }))
      .filter((server) => server.urls.length > 0);
    /** @type {RTCConfiguration} */
    const result = { ...configuration, iceServers };
    if (path.relay) result.iceTransportPolicy = "relay";
    return result;
  };

  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    /** @param {RTCConfiguration} [configuration] */
    constructor(configuration) {
      super(directed(configuration));
      watch.connections.push(this);
      this.addEventListener("track", ({ track }) => {
        if (!watch.timeFirstFrame || track.kind !== "video") return;
        const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
        reader.read().then(({ value }) => {
          // A track that ends without a frame is done.
          if (!value) return;
          watch.firstFrameAt ??= performance.timeOrigin + performance.now();
          value.close();
          return reader.cancel();
        });
      });
    }

    /** @param {RTCConfiguration} [configuration] */
    setConfiguration(configuration) {
      super.setConfiguration(directed(configuration));
    }
  };

  const devices = navigator.mediaDevices;
  if (!devices) return;
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (constraints) => {
    watch.asked += 1;
    // No machine here has a camera and no microphone, so that one is told to the page.
    if (!path.microphone && constraints?.audio) {
      return Promise.reject(new DOMException("Requested device not found", "NotFoundError"));
    }
    return getUserMedia(constraints).then((stream) => {
      watch.streams.push(stream);
      return stream;
    });
  };
  if (!path.microphone) {
    const enumerateDevices = devices.enumerateDevices.bind(devices);
    devices.enumerateDevices = async () => (await enumerateDevices()).filter((device) => device.kind !== "audioinput");
  }
  // The tab itself is what a test shares: its pixels are known.
  const getDisplayMedia = devices.getDisplayMedia?.bind(devices);
  if (getDisplayMedia) {
    devices.getDisplayMedia = (options) =>
      getDisplayMedia({ ...options, preferCurrentTab: true, selfBrowserSurface: "include" });
  }
}

/**
 * @param {import('playwright-core').BrowserContext} context
 * @param {Path & { microphone?: boolean }} [path]
 */
export async function watch(context, path = {}) {
  await context.addInitScript(install, { microphone: true, ...path });
}

/** The source of the same script, for browsers that are not driven by Playwright. @param {Path} [path] */
export const watchSource = (path = {}) => `(${install})(${JSON.stringify({ microphone: true, ...path })})`;

/**
 * A page of Playwright's or of Puppeteer's.
 *
 * @typedef {object} Evaluator
 * @property {<Result>(run: () => Result) => Promise<Awaited<Result>>} evaluate
 */

/**
 * What a page's live connections have received and how.
 *
 * @typedef {object} Received
 * @property {number} connections how many are not closed
 * @property {number} frames video frames decoded
 * @property {number} sound packets of sound received
 * @property {{ local: string, remote: string, relayProtocol?: string, protocol: string }[]} pairs selected pairs
 */

/**
 * @param {Evaluator} page
 * @returns {Promise<Received>}
 */
export function received(page) {
  return page.evaluate(async () => {
    const live = globalThis.__watch.connections.filter((connection) => connection.connectionState !== "closed");
    /** @type {Received} */
    const sum = { connections: live.length, frames: 0, sound: 0, pairs: [] };
    for (const connection of live) {
      const stats = await connection.getStats();
      const transports = new Set();
      for (const entry of stats.values()) {
        if (entry.type === "inbound-rtp" && entry.kind === "video") sum.frames += entry.framesDecoded ?? 0;
        if (entry.type === "inbound-rtp" && entry.kind === "audio") sum.sound += entry.packetsReceived ?? 0;
        if (entry.type === "transport" && entry.selectedCandidatePairId) transports.add(entry.selectedCandidatePairId);
        if (entry.type === "candidate-pair" && entry.selected) transports.add(entry.id);
      }
      for (const id of transports) {
        const pair = stats.get(id);
        const local = stats.get(pair.localCandidateId);
        const remote = stats.get(pair.remoteCandidateId);
        sum.pairs.push({
          local: local.candidateType,
          remote: remote.candidateType,
          relayProtocol: local.relayProtocol,
          protocol: local.protocol,
        });
      }
    }
    return sum;
  });
}

/** @param {Evaluator} page @returns {Promise<string[]>} */
export const violations = (page) => page.evaluate(() => globalThis.__watch.violations);

/** @param {Evaluator} page @returns {Promise<number>} how often devices were asked for */
export const devicesAsked = (page) => page.evaluate(() => globalThis.__watch.asked);
