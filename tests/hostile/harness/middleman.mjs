// A middleman with WebRTC ends of its own: it speaks with the visitor as if it were the expert, and with the expert as if
// it were the visitor, passes everything on, and watches and listens.

/** What stands on the middleman's own page. */
function install() {
  const FOR_VISITOR = 0;
  const FOR_EXPERT = 1;
  /** @type {RTCPeerConnection[]} */
  const ends = [];
  /** @type {string[]} */
  const overheard = [];
  /** @type {RTCDataChannel[][]} */
  const channels = [];

  /** @param {number} end */
  const make = (end) => {
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    ends[end] = pc;
    channels[end] = ["control", "files"].map((name, id) => pc.createDataChannel(name, { negotiated: true, id }));
    for (const [id, channel] of channels[end].entries()) {
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }) => {
        if (typeof data === "string") overheard.push(data);
        const other = channels[1 - end]?.[id];
        if (other?.readyState === "open") other.send(data);
      };
    }
    pc.ontrack = ({ transceiver, track }) => {
      const place = pc.getTransceivers().indexOf(transceiver);
      const play = document.createElement(track.kind === "audio" ? "audio" : "video");
      play.muted = true;
      play.autoplay = true;
      play.srcObject = new MediaStream([track]);
      document.body.append(play);
      void ends[1 - end]?.getTransceivers()[place]?.sender.replaceTrack(track);
    };
    return pc;
  };

  /** @param {RTCPeerConnection} pc */
  const gathered = (pc) =>
    new Promise((resolve) => {
      if (pc.iceGatheringState === "complete") resolve(undefined);
      pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve(undefined);
    });

  /** @param {RTCPeerConnection} pc */
  const candidates = (pc) =>
    (pc.localDescription?.sdp ?? "")
      .split("\r\n")
      .filter((line) => line.startsWith("a=candidate:"))
      .map((line) => ({ candidate: line.slice(2), sdpMid: "0", sdpMLineIndex: 0 }));

  Object.assign(globalThis, {
    middleman: {
      overheard,
      /** An offer of one's own for the expert. */
      async offer() {
        const pc = make(FOR_EXPERT);
        for (const kind of ["audio", "video", "video"]) pc.addTransceiver(kind, { direction: "sendrecv" });
        await pc.setLocalDescription();
        await gathered(pc);
        return { sdp: pc.localDescription?.sdp, candidates: candidates(pc) };
      },
      /** Takes the expert's answer. @param {string} sdp */
      async takeAnswer(sdp) {
        await ends[FOR_EXPERT]?.setRemoteDescription({ type: "answer", sdp });
      },
      /** Answers the visitor's offer oneself. @param {string} sdp */
      async answer(sdp) {
        const pc = make(FOR_VISITOR);
        await pc.setRemoteDescription({ type: "offer", sdp });
        for (const [place, transceiver] of pc.getTransceivers().entries()) {
          transceiver.direction = "sendrecv";
          const track = ends[FOR_EXPERT]?.getTransceivers()[place]?.receiver.track;
          if (track) await transceiver.sender.replaceTrack(track);
        }
        await pc.setLocalDescription();
        await gathered(pc);
        return pc.localDescription?.sdp;
      },
      /** @param {number} end @param {RTCIceCandidateInit[]} list */
      async addCandidates(end, list) {
        for (const candidate of list) await ends[end]?.addIceCandidate(candidate).catch(() => {});
      },
      /** How many pictures of each side were decrypted and decoded here. */
      async decoded() {
        const counts = [];
        for (const pc of ends) {
          let frames = 0;
          for (const report of (await pc?.getStats())?.values() ?? []) {
            if (report.type === "inbound-rtp" && report.kind === "video") frames += report.framesDecoded ?? 0;
          }
          counts.push(frames);
        }
        return counts;
      },
    },
  });
}

const pack = (/** @type {unknown} */ message) => Buffer.from(JSON.stringify(message)).toString("base64url");
const unpack = (/** @type {string} */ payload) => JSON.parse(Buffer.from(payload, "base64url").toString());

export class Middleman {
  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.page = page;
  }

  /** A page of its own. @param {import("../../browser/harness/world.mjs").World} world @param {string} address any page */
  static async open(world, address) {
    const page = await world.page("middleman");
    await page.goto(address);
    await page.evaluate(install);
    return new Middleman(page);
  }

  /** @param {string} name @param {unknown[]} values */
  #call(name, ...values) {
    return this.page.evaluate(
      ([method, given]) =>
        /** @type {any} */ (globalThis).middleman[/** @type {string} */ (method)](.../** @type {any[]} */ (given)),
      /** @type {const} */ ([name, values]),
    );
  }

  /** @returns {Promise<string>} a description of its own for the expert */
  async offerSdp() {
    return (await this.#call("offer")).sdp;
  }

  /** @param {string} sdp of the expert */
  takeAnswer(sdp) {
    return this.#call("takeAnswer", sdp);
  }

  /** Puts itself into every call that passes an edge. @param {import("./edge.mjs").Edge} edge */
  intercept(edge) {
    /** @type {{ sdp: string, connection: string }} */
    let offer;
    /** @type {RTCIceCandidateInit[]} */
    let own = [];
    /** @type {RTCIceCandidateInit[]} */
    const early = [];
    let answered = false;
    edge.onRequest("visitor", /^POST .*\/ring$/, async (passing) => {
      offer = unpack(passing.body.payload);
      const mine = await this.#call("offer");
      own = mine.candidates;
      passing.body.payload = pack({ type: "offer", connection: offer.connection, sdp: mine.sdp });
    });
    edge.onRequest("visitor", /^POST .*\/signals$/, async (passing) => {
      const message = unpack(passing.body.payload);
      if (message.type !== "candidates") return;
      if (answered) await this.#call("addCandidates", 0, message.candidates);
      else early.push(...message.candidates);
      passing.body.payload = pack({ ...message, candidates: own.splice(0) });
    });
    edge.onRequest("expert", /^POST .*\/answer$/, async (passing) => {
      const answer = unpack(passing.body.payload);
      await this.#call("takeAnswer", answer.sdp);
      const sdp = await this.#call("answer", offer.sdp);
      await this.#call("addCandidates", 0, early.splice(0));
      answered = true;
      passing.body.payload = pack({ ...answer, sdp });
    });
    edge.onRequest("expert", /^POST .*\/signals$/, async (passing) => {
      const message = unpack(passing.body.payload);
      if (message.type === "candidates") await this.#call("addCandidates", 1, message.candidates);
      passing.body.payload = pack({ ...message, candidates: [] });
    });
  }

  /** @returns {Promise<string[]>} what was written, as it read it */
  overheard() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).middleman.overheard);
  }

  /** @returns {Promise<number[]>} pictures that it decoded, of the visitor and of the expert */
  decoded() {
    return this.#call("decoded");
  }
}
