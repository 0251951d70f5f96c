// The engine in real browsers: media both ways, chat, files, ICE restart, a side that starts anew, hanging up.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers, open } from "./browsers.mjs";

for (const name of Object.keys(browsers)) {
  describe(name, () => suite(name, false));
  describe(`${name}, sealed`, () => suite(name, true));
}

function suite(name, sealed) {
  let page;
  let close;

  before(async () => {
    ({ page, close } = await open(name, "pair.ts", "service"));
    if (sealed) await page.evaluate(() => seal());
  });

  after(() => close?.());

  test("a call connects and both sides decode pictures", { timeout: 30_000 }, async () => {
    await page.evaluate(async () => {
      const visitor = (globalThis.visitor = service.visitor = make("visitor"));
      const expert = (globalThis.expert = service.expert = make("expert"));
      await Promise.all([media.visitor.start({ microphone: true, camera: true }), visitor.prepare()]);
      await media.expert.start({ microphone: true, camera: true });
      await visitor.ring({ language: "en", page: { url: "https://example.org/", title: "Test" }, media: "video" });
      await until(expert, ({ call }) => call?.state === "ringing");
      await expert.prepare();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await expert.answer();
      await Promise.all([visitor, expert].map((side) => until(side, ({ phase }) => phase === "connected")));
      while (!((await frames(visitor)) > 0 && (await frames(expert)) > 0)) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
  });

  test("of two experts who click at once the first is connected and the other lets go", {
    timeout: 20_000,
  }, async () => {
    const outcome = await page.evaluate(async () => {
      await visitor.hangUp();
      fresh();
      globalThis.visitor = service.visitor = make("visitor");
      globalThis.expert = service.expert = make("expert");
      const colleague = (service.colleague = make("expert", 100));
      await visitor.prepare();
      await visitor.ring({ language: "en", page: { url: "https://example.org/", title: "Test" }, media: "video" });
      await Promise.all([expert, colleague].map((one) => until(one, ({ call }) => call?.state === "ringing")));
      await Promise.all([expert.prepare(), colleague.prepare()]);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const connection = visitor.peerConnection;
      const refused = colleague.answer().catch(({ slug }) => slug);
      await expert.answer();
      await until(visitor, ({ phase }) => phase === "connected");
      // One that the colleague has spoilt is replaced after several seconds.
      const same = visitor.peerConnection === connection;
      return { same, refused: await refused, colleague: colleague.state.outcome };
    });
    assert.deepEqual(outcome, { same: true, refused: "already-answered", colleague: "taken" });
  });

  test("each side knows what is proven of the other, and both see the same code", { timeout: 10_000 }, async () => {
    const seen = await page.evaluate(async () => {
      await Promise.all([visitor, expert].map((side) => until(side, ({ code }) => code !== undefined)));
      return { code: visitor.state.code, same: visitor.state.code === expert.state.code, them: visitor.state.peer };
    });
    const { code, same, them } = seen;
    assert.match(code, /^\d{3} \d{3}$/);
    assert.ok(same);
    if (!sealed) assert.equal(them, "unverified");
    else assert.deepEqual([them.verified.name, them.verified.organisation], ["Anna Keller", "Nordbank"]);
    const proven = await page.evaluate(() => expert.state.peer);
    assert.equal(proven, sealed ? "anonymous" : "unverified");
    const payload = Buffer.from(await page.evaluate(() => service.payload), "base64url").toString();
    assert.equal(payload.includes("a=fingerprint"), !sealed);
  });

  test("each side hears what the other shows", { timeout: 10_000 }, async () => {
    const showing = await page.evaluate(async () => {
      await until(visitor, ({ showing }) => showing.camera && showing.microphone);
      await media.expert.setMicrophone(false);
      await until(visitor, ({ showing }) => !showing.microphone);
      await media.expert.setCamera(false);
      await until(visitor, ({ showing }) => !showing.camera);
      await media.expert.setCamera(true);
      await media.expert.setMicrophone(true);
      await until(visitor, ({ showing }) => showing.camera && showing.microphone);
      return visitor.state.showing;
    });
    assert.deepEqual(showing, { microphone: true, camera: true, screen: false });
  });

  test("chat goes both ways", { timeout: 10_000 }, async () => {
    const texts = await page.evaluate(async () => {
      visitor.say(" Grüezi ");
      await until(expert, ({ chat }) => chat.length === 1);
      expert.say("Guten Tag");
      await until(visitor, ({ chat }) => chat.length === 2);
      return visitor.state.chat.map(({ text, mine, sent }) => ({ text, mine, sent }));
    });
    assert.deepEqual(texts, [
      { text: "Grüezi", mine: true, sent: true },
      { text: "Guten Tag", mine: false, sent: true },
    ]);
  });

  test("a file of 20 MB arrives intact, and a refused one does not", { timeout: 60_000 }, async () => {
    const result = await page.evaluate(async () => {
      const bytes = new Uint8Array(20_000_003);
      for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      const digest = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data)).join();
      visitor.sendFile(new File([bytes], "report.bin"));
      await until(expert, ({ files }) => files.length === 1);
      expert.acceptFile(expert.state.files[0].id);
      await until(expert, ({ files }) => files[0].status !== "offered" && files[0].status !== "moving");
      const [arrived] = expert.state.files;
      const same = (await digest(await arrived.blob.arrayBuffer())) === (await digest(bytes));
      expert.sendFile(new File(["no"], "../../etc/no\u202e.txt"));
      await until(visitor, ({ files }) => files.length === 2);
      const { id, name } = visitor.state.files[1];
      visitor.refuseFile(id);
      await until(expert, ({ files }) => files[1].status === "refused");
      return {
        status: arrived.status,
        same,
        sender: visitor.state.files[0].status,
        name,
      };
    });
    assert.deepEqual(result, { status: "done", same: true, sender: "done", name: "no.txt" });
  });

  test("a connection takes fresh credentials", { timeout: 10_000 }, async () => {
    const username = await page.evaluate(async () => {
      const nothing = () => {};
      const events = Object.fromEntries(
        ["candidates", "state", "checked", "failed", "control", "controlOpen", "file"].map((name) => [name, nothing]),
      );
      const algorithm = { name: "ECDSA", namedCurve: "P-256" };
      const link = new Link("c", [], await RTCPeerConnection.generateCertificate(algorithm), events);
      await link.offer();
      link.setIceServers([{ urls: "turn:127.0.0.1:3478", username: "fresh", credential: "c" }]);
      const [server] = link.pc.getConfiguration().iceServers;
      link.close();
      return server.username;
    });
    assert.equal(username, "fresh");
  });

  test("an ICE restart keeps the connection", { timeout: 20_000 }, async () => {
    const same = await page.evaluate(async () => {
      const before = visitor.peerConnection;
      const description = before.remoteDescription.sdp;
      globalThis.dispatchEvent(new Event("online"));
      while (before.remoteDescription.sdp === description) await new Promise((resolve) => setTimeout(resolve, 20));
      const count = await frames(expert);
      while ((await frames(expert)) < count + 20) await new Promise((resolve) => setTimeout(resolve, 50));
      return before === visitor.peerConnection && visitor.state.phase === "connected";
    });
    assert.equal(same, true);
  });

  test("a visitor that reloads comes back, and gets the chat of the other side", { timeout: 20_000 }, async () => {
    const result = await page.evaluate(async () => {
      visitor.close();
      globalThis.visitor = service.visitor = make("visitor");
      await visitor.resume(service.call);
      await until(visitor, ({ phase, chat }) => phase === "connected" && chat.length > 0);
      const count = await frames(visitor);
      while ((await frames(visitor)) < count + 10) await new Promise((resolve) => setTimeout(resolve, 50));
      return visitor.state.chat.map(({ text }) => text);
    });
    assert.deepEqual(result, ["Guten Tag"]);
  });

  test("an expert that reloads comes back", { timeout: 20_000 }, async () => {
    await page.evaluate(async () => {
      expert.close();
      globalThis.expert = service.expert = make("expert");
      await expert.resume(service.call);
      await until(expert, ({ phase }) => phase === "connected");
      const count = await frames(expert);
      while ((await frames(expert)) < count + 10) await new Promise((resolve) => setTimeout(resolve, 50));
    });
  });

  // Firefox asks in a window that no test reaches.
  if (name === "Chromium")
    test("the screen is shared with real pixels", { timeout: 20_000 }, async () => {
      const size = await page.evaluate(async () => {
        const original = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getDisplayMedia = (options) => original({ ...options, preferCurrentTab: true });
        await media.visitor.shareScreen();
        await until(expert, ({ showing }) => showing.screen);
        const video = document.body.appendChild(document.createElement("video"));
        video.muted = true;
        video.srcObject = expert.state.remoteScreen;
        await video.play();
        while (video.videoWidth < 100) await new Promise((resolve) => setTimeout(resolve, 50));
        media.visitor.stopScreen();
        await until(expert, ({ showing }) => !showing.screen);
        return [video.videoWidth, video.videoHeight];
      });
      assert.ok(size[0] > 100 && size[1] > 100);
    });

  test("hanging up ends both sides", { timeout: 10_000 }, async () => {
    const outcomes = await page.evaluate(async () => {
      await visitor.hangUp();
      await until(expert, ({ phase }) => phase === "over");
      return [visitor.state.outcome, expert.state.outcome, media.visitor.state.camera.status];
    });
    assert.deepEqual(outcomes, ["hung-up", "other-hung-up", "on"]);
  });

  if (sealed)
    test("an answer that is not sealed ends the call before anything is shown, and is told", {
      timeout: 10_000,
    }, async () => {
      const seen = await page.evaluate(async () => {
        fresh();
        globalThis.visitor = service.visitor = make("visitor");
        await visitor.prepare();
        await visitor.ring({ language: "en", page: { url: "https://example.org/", title: "Test" }, media: "video" });
        const sdp = visitor.peerConnection.localDescription.sdp;
        const answer = { type: "answer", connection: "c", sdp };
        const payload = btoa(JSON.stringify(answer)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
        service.to("visitor", "call.answered", { ...service.move("answered"), payload });
        await until(visitor, ({ phase }) => phase === "over");
        const { outcome, failure, remote = "nothing" } = visitor.state;
        return { outcome, failure, remote, alarms: service.alarms };
      });
      assert.deepEqual(seen, {
        ...{ outcome: "check-failed", failure: "unsealed", remote: "nothing" },
        alarms: ["unsealed"],
      });
    });
}
