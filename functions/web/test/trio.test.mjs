// A third and a fourth person in a call: everybody sees, hears and reads everybody, and all see one code.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers, open } from "./browsers.mjs";

for (const name of Object.keys(browsers)) describe(name, () => suite(name));

function suite(name) {
  let page;
  let close;

  before(async () => {
    ({ page, close } = await open(name, "trio.ts", "begin"));
    await page.evaluate(async () => Object.assign(globalThis, await begin()));
  });

  after(() => close?.());

  test("who joins sees both, and both see who joined", { timeout: 40_000 }, async () => {
    const seen = await page.evaluate(async () => {
      await until(visitor, ({ code }) => code !== undefined);
      globalThis.alone = visitor.state.code;
      Object.assign(globalThis, await join(expert, "Gustav"));
      const all = [visitor, expert, guest];
      await Promise.all(
        all.map((one) => until(one, ({ companions }) => companions[0]?.status === "connected" && companions[0].remote)),
      );
      await Promise.all(all.map((one) => moves(one.state.companions[0].remote)));
      return all.map(({ state }) => state.companions.map(({ kind, name }) => [kind, name]));
    });
    assert.deepEqual(seen, [[["guest", "Gustav"]], [["guest", "Gustav"]], [["visitor", "Vera"]]]);
  });

  test("all see one code, and another than before", { timeout: 20_000 }, async () => {
    const codes = await page.evaluate(async () => {
      const all = [visitor, expert, guest];
      await Promise.all(all.map((one) => until(one, ({ code }) => code !== undefined && code !== alone)));
      return [alone, ...all.map(({ state }) => state.code)];
    });
    const [before, ...now] = codes;
    assert.match(now[0], /^\d{3} \d{3}$/);
    assert.equal(new Set(now).size, 1, codes.join());
    assert.notEqual(now[0], before);
  });

  test("what one writes all read, but nobody what was written before they came", { timeout: 20_000 }, async () => {
    const read = await page.evaluate(async () => {
      visitor.say("from Vera");
      guest.say("from Gustav");
      expert.say("from the expert");
      const all = [visitor, expert, guest];
      await Promise.all(all.map((one) => until(one, ({ chat }) => chat.length === 3)));
      Object.assign(globalThis, { third: await join(expert, "Hanna") });
      third.guest.say("from Hanna");
      await Promise.all(all.map((one) => until(one, ({ chat }) => chat.length === 4)));
      const texts = (one) =>
        one.state.chat.map(({ text, mine, from }) => `${mine ? "me" : (from?.name ?? "other")}: ${text}`);
      return { visitor: texts(visitor).sort(), third: texts(third.guest) };
    });
    assert.deepEqual(read, {
      visitor: ["Gustav: from Gustav", "Hanna: from Hanna", "me: from Vera", "other: from the expert"],
      third: ["me: from Hanna"],
    });
  });

  test("four see one code; each two of them are connected", { timeout: 40_000 }, async () => {
    const codes = await page.evaluate(async () => {
      const all = [visitor, expert, guest, third.guest];
      await Promise.all(
        all.map((one) =>
          until(one, ({ code, companions }) => code && companions.filter(({ remote }) => remote).length === 2),
        ),
      );
      await Promise.all(all.flatMap((one) => one.state.companions.map(({ remote }) => moves(remote))));
      const same = () => new Set(all.map(({ state }) => state.code)).size === 1;
      while (!same()) await new Promise((resolve) => setTimeout(resolve, 20));
      return all.map(({ state }) => state.code);
    });
    assert.match(codes[0], /^\d{3} \d{3}$/);
  });

  test("a file goes to each who is there", { timeout: 20_000 }, async () => {
    const arrived = await page.evaluate(async () => {
      guest.sendFile(new File(["for all"], "all.txt"));
      const others = [visitor, expert, third.guest];
      await Promise.all(others.map((one) => until(one, ({ files }) => files.length === 1)));
      for (const one of others) one.acceptFile(one.state.files[0].id);
      await Promise.all(others.map((one) => until(one, ({ files }) => files[0].status === "done")));
      await until(guest, ({ files }) => files.every(({ status }) => status === "done"));
      const texts = await Promise.all(others.map((one) => one.state.files[0].blob.text()));
      const to = guest.state.files.map((file) => file.with?.name ?? "other").sort();
      return { texts, from: others.map((one) => one.state.files[0].with.name), to };
    });
    assert.deepEqual(arrived, {
      texts: ["for all", "for all", "for all"],
      from: ["Gustav", "Gustav", "Gustav"],
      to: ["Hanna", "Vera", "other"],
    });
  });

  test("the visitor's page is loaded anew, and all find each other again under one code", {
    timeout: 60_000,
  }, async () => {
    const codes = await page.evaluate(async () => {
      const before = guest.state.code;
      globalThis.visitor = await again(visitor);
      const all = [visitor, expert, guest, third.guest];
      await Promise.all(
        all.map((one) =>
          until(
            one,
            ({ code, companions }) =>
              code && code !== before && companions.filter(({ status }) => status === "connected").length === 2,
          ),
        ),
      );
      const same = () => new Set(all.map(({ state }) => state.code)).size === 1;
      while (!same()) await new Promise((resolve) => setTimeout(resolve, 20));
      await Promise.all(visitor.state.companions.map(({ remote }) => moves(remote)));
      return { before, after: visitor.state.code };
    });
    assert.notEqual(codes.after, codes.before);
  });

  test("who leaves is gone for all, and the code is another", { timeout: 20_000 }, async () => {
    const left = await page.evaluate(async () => {
      const before = visitor.state.code;
      await third.guest.hangUp();
      const all = [visitor, expert, guest];
      await Promise.all(
        all.map((one) => until(one, ({ code, companions }) => companions.length === 1 && code && code !== before)),
      );
      return { same: new Set(all.map(({ state }) => state.code)).size, expert: expert.state.phase };
    });
    assert.deepEqual(left, { same: 1, expert: "connected" });
  });

  test("whose certificate is not the one that the expert told is not seen or heard, and there is no code", {
    timeout: 40_000,
  }, async () => {
    const seen = await page.evaluate(async () => {
      lieAbout("Ida", expert);
      const { guest: ida } = await join(expert, "Ida");
      const of = ({ state }, name) => state.companions.find((companion) => companion.name === name);
      await until(visitor, () => of(visitor, "Ida")?.status === "failed");
      // All others have found each other by then.
      await until(ida, () => of(ida, "Gustav")?.remote !== undefined);
      await until(guest, () => of(guest, "Ida")?.remote !== undefined);
      const silent = ({ remote, remoteScreen }) => !remote && !remoteScreen;
      return {
        visitor: [silent(of(visitor, "Ida")), visitor.state.phase, visitor.state.code],
        ida: [of(ida, "Vera").status, silent(of(ida, "Vera")), ida.state.code],
        others: [expert.state.code, guest.state.code],
        alarms: talk.alarms,
      };
    });
    assert.deepEqual(seen, {
      visitor: [true, "connected", undefined],
      ida: ["connecting", true, undefined],
      others: [undefined, undefined],
      alarms: ["fingerprint"],
    });
  });
}
