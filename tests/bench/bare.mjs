// What a call costs the browser alone: two bare connections in one page, with no signalling between them.

/**
 * Milliseconds from making the connections to the first decoded video frame, once for each run. The cameras are open
 * before, as they are in a call when the expert clicks.
 *
 * @param {import("playwright-core").Page} page any page that may use camera and microphone
 * @param {number} runs
 * @returns {Promise<number[]>}
 */
export function bareCalls(page, runs) {
  return page.evaluate(async (times) => {
    const here = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    const there = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    /** @type {number[]} */
    const results = [];
    for (let run = 0; run < times; run += 1) {
      const begin = performance.now();
      const visitor = new RTCPeerConnection();
      const expert = new RTCPeerConnection();
      visitor.onicecandidate = ({ candidate }) => candidate && expert.addIceCandidate(candidate);
      expert.onicecandidate = ({ candidate }) => candidate && visitor.addIceCandidate(candidate);
      const firstFrame = new Promise((resolve) => {
        visitor.ontrack = ({ track }) => {
          if (track.kind !== "video") return;
          const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
          reader.read().then(({ value }) => {
            resolve(performance.now());
            value?.close();
            return reader.cancel();
          });
        };
      });
      for (const track of here.getTracks()) visitor.addTrack(track, here);
      for (const track of there.getTracks()) expert.addTrack(track, there);
      await visitor.setLocalDescription();
      await expert.setRemoteDescription(/** @type {RTCSessionDescription} */ (visitor.localDescription));
      await expert.setLocalDescription();
      await visitor.setRemoteDescription(/** @type {RTCSessionDescription} */ (expert.localDescription));
      results.push((await firstFrame) - begin);
      visitor.close();
      expert.close();
    }
    for (const track of [...here.getTracks(), ...there.getTracks()]) track.stop();
    return results;
  }, runs);
}
