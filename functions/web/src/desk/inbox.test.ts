import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { newId } from "../call/bytes.ts";
import { newSigningKey, publicPart } from "../trust/ed25519.ts";
import type { Device } from "../trust/handshake.ts";
import { sealMessage } from "../trust/message.ts";
import { make } from "../trust/statements.ts";
import { Inbox } from "./inbox.ts";

const organisation = newId();

/** A desk's device, and what a visitor needs to seal for it. */
async function certified() {
  const [site, approver, signing] = [await newSigningKey(), await newSigningKey(), await newSigningKey()];
  const sealing = (await crypto.subtle.generateKey("X25519", false, ["deriveBits"])) as CryptoKeyPair;
  const now = Math.floor(Date.now() / 1000);
  const common = { organisation, notBefore: now, notAfter: now + 3_600 };
  const [siteKey, approverKey] = [await publicPart(site), await publicPart(approver)];
  const names = { expert: newId(), name: "Ada", title: "", organisationName: "Garden" };
  const keys = { signingKey: await publicPart(signing), sealingKey: await publicPart(sealing) };
  const approverStatement = { ...common, siteKey, approverKey, person: newId() };
  const certificate = await make("device", { ...common, ...names, ...keys, approverKey }, approver.privateKey);
  const approvedBy = await make("approver", approverStatement, site.privateKey);
  const list = { ...common, issuer: approverKey, number: 1, revoked: [] };
  const revocations = await make("revocations", list, approver.privateKey);
  const device: Device = { signing, sealing, certificate, approver: approvedBy };
  const trust = { successions: [], approvers: [approvedBy], devices: [certificate], revocations };
  return { device, trust, siteKeys: [siteKey] };
}

let close = () => {};
afterEach(() => close());

/** An inbox of this device before a service that holds these messages. */
function open(device: Device | undefined, messages: { id: string; at: string; payload: string }[], pages = 1) {
  const asked: string[] = [];
  const request = async (method: string, path: string): Promise<unknown> => {
    asked.push(`${method} ${path}`);
    if (method === "DELETE") return undefined;
    return { messages, more: asked.filter((one) => one.startsWith("GET")).length < pages };
  };
  const api = { request } as unknown as ConstructorParameters<typeof Inbox>[0]["api"];
  const inbox = new Inbox({ api, organisation, device: async () => device });
  close = () => inbox.close();
  return { inbox, asked };
}

async function left(text: string, { trust, siteKeys }: Awaited<ReturnType<typeof certified>>) {
  const id = newId();
  const content = { text, page: { url: "https://garden.example/", title: "Garden" }, language: "en" };
  const payload = await sealMessage({ organisation, message: id }, trust, siteKeys, content);
  return { id, at: new Date().toISOString(), payload };
}

test("what is sealed to this desk is opened, and what is not says so", async () => {
  const [mine, others] = [await certified(), await certified()];
  const messages = [await left("Please call", mine), await left("Secret", others)];
  const { inbox } = open(mine.device, [...messages, { id: newId(), at: messages[0]?.at ?? "", payload: "e30" }]);
  await inbox.load();
  assert.deepEqual(
    inbox.state.entries.map(({ content }) => content?.text),
    ["Please call", undefined, undefined],
  );
});

test("a desk without a certificate opens nothing and lists all", async () => {
  const { inbox } = open(undefined, [await left("Please call", await certified())]);
  await inbox.load();
  assert.deepEqual(
    inbox.state.entries.map(({ content }) => content),
    [undefined],
  );
});

test("the same message under another id does not open", async () => {
  const mine = await certified();
  const { inbox } = open(mine.device, [{ ...(await left("Please call", mine)), id: newId() }]);
  await inbox.load();
  assert.equal(inbox.state.entries[0]?.content, undefined);
});

test("a deleted message is gone here once the service has deleted it", async () => {
  const mine = await certified();
  const message = await left("Please call", mine);
  const { inbox, asked } = open(mine.device, [message]);
  await inbox.load();
  await inbox.remove(message.id);
  assert.deepEqual(inbox.state.entries, []);
  assert.equal(asked.at(-1), `DELETE /messages/${message.id}`);
});
