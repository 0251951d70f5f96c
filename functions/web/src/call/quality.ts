// How good the connection is, in three levels, and why, from WebRTC statistics.

export type QualityLevel = "good" | "fair" | "poor";

export type QualityReason = "loss" | "delay" | "bandwidth" | "interrupted";

export interface Quality {
  level: QualityLevel;
  /** The worst of what holds it down, when it is not good. */
  reason?: QualityReason;
  /** Round trip in milliseconds. */
  roundTrip?: number;
  /** 0 to 1, the worse of both directions. */
  loss?: number;
  /** Straight to the other side, or through a relay. */
  path?: "direct" | "relay";
}

/** The counters of one reading; rates come from the difference of two. */
export interface Reading {
  received: number;
  lost: number;
  /** 0 to 1, as the other side reports it. */
  remoteLoss: number;
  /** Seconds. */
  roundTrip: number | undefined;
  /** The picture is made smaller because little goes through. */
  narrow: boolean;
  path: "direct" | "relay" | undefined;
}

interface Stat {
  type: string;
  id: string;
  kind?: string;
  packetsReceived?: number;
  packetsLost?: number;
  fractionLost?: number;
  roundTripTime?: number;
  currentRoundTripTime?: number;
  qualityLimitationReason?: string;
  availableOutgoingBitrate?: number;
  selectedCandidatePairId?: string;
  nominated?: boolean;
  selected?: boolean;
  state?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
  candidateType?: string;
}

/** Bits per second. Above it a limited picture only means that the estimate is still growing. */
const NARROW = 400_000;

export function read(report: Iterable<Stat>): Reading {
  const stats = [...report];
  const byId = new Map(stats.map((stat) => [stat.id, stat]));
  const transport = stats.find((stat) => stat.type === "transport" && stat.selectedCandidatePairId);
  const pair =
    byId.get(transport?.selectedCandidatePairId ?? "") ??
    // Firefox has no transport statistics.
    stats.find(
      (stat) => stat.type === "candidate-pair" && (stat.selected || stat.nominated) && stat.state === "succeeded",
    );
  const inbound = stats.filter((stat) => stat.type === "inbound-rtp");
  const remote = stats.filter((stat) => stat.type === "remote-inbound-rtp");
  const sum = (list: Stat[], field: "packetsReceived" | "packetsLost"): number =>
    list.reduce((total, stat) => total + (stat[field] ?? 0), 0);
  const limited = stats.some((stat) => stat.type === "outbound-rtp" && stat.qualityLimitationReason === "bandwidth");
  const ends = [pair?.localCandidateId, pair?.remoteCandidateId].map((id) => byId.get(id ?? "")?.candidateType);
  return {
    received: sum(inbound, "packetsReceived"),
    lost: sum(inbound, "packetsLost"),
    remoteLoss: Math.max(0, ...remote.map((stat) => stat.fractionLost ?? 0)),
    roundTrip: pair?.currentRoundTripTime ?? remote.find((stat) => stat.roundTripTime !== undefined)?.roundTripTime,
    narrow: limited && (pair?.availableOutgoingBitrate ?? NARROW) < NARROW,
    path: pair ? (ends.includes("relay") ? "relay" : "direct") : undefined,
  };
}

/** Judges two readings a few seconds apart. */
export function judge(before: Reading, now: Reading): Quality {
  const lost = Math.max(0, now.lost - before.lost);
  const all = lost + Math.max(0, now.received - before.received);
  const loss = Math.max(all > 0 ? lost / all : 0, now.remoteLoss);
  const roundTrip = (now.roundTrip ?? 0) * 1000;
  const bounds: [QualityReason, number, number, number][] = [
    ["loss", loss, 0.03, 0.1],
    ["delay", roundTrip, 300, 600],
    ["bandwidth", now.narrow && before.narrow ? 1 : 0, 1, 2],
  ];
  const quality: Quality = { level: "good", roundTrip: Math.round(roundTrip), loss };
  if (now.path) quality.path = now.path;
  const poor = bounds.find(([, value, , limit]) => value >= limit);
  const fair = bounds.find(([, value, limit]) => value >= limit);
  if (poor) return { ...quality, level: "poor", reason: poor[0] };
  if (fair) return { ...quality, level: "fair", reason: fair[0] };
  return quality;
}

const EVERY = 2_000;

/** Watches a connection until the returned function is called. */
export function watchQuality(pc: RTCPeerConnection, changed: (quality: Quality) => void): () => void {
  let before: Reading | undefined;
  const timer = setInterval(async () => {
    if (pc.connectionState !== "connected") {
      before = undefined;
      return;
    }
    const report = await pc.getStats();
    const now = read((report as unknown as Map<string, Stat>).values());
    if (before) changed(judge(before, now));
    before = now;
  }, EVERY);
  return () => clearInterval(timer);
}
