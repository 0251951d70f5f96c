import assert from "node:assert/strict";
import { test } from "node:test";

import { hex } from "../call/bytes.ts";
import { rawPublic } from "./ed25519.ts";
import { fromHex, utf8 } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";
import { keyPair, sealer } from "./fixtures.ts";
import { fromSender, toReceiver } from "./hpke.ts";

/** Of the CFRG's test vectors for RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
const VECTOR = {
  info: "4f6465206f6e2061204772656369616e2055726e",
  skRm: "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
  skEm: "179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11",
  pkRm: "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c",
  enc: "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
  aad: "436f756e742d30",
  pt: "4265617574792069732074727574682c20747275746820626561757479",
  ct: "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
  exports: {
    "": "ded6cffafaea6b812cbf3e241e88332adbc077aca81512914213810ee291770a",
    "\0": "04d3cb6cc116b28ffd22ad5bc276c60d31fec71ceb87ae24db811c64b7507339",
    TestContext: "7c5ded445732c14fe09727d29b4251c0fd38455fe8440571e687f0886aac94d2",
  },
};

test("the sender agrees with the RFC's vector", async (context) => {
  const ephemeral = await keyPair("X25519", fromHex(VECTOR.skEm));
  context.mock.method(crypto.subtle, "generateKey", async () => ephemeral);
  const sender = await toReceiver(fromHex(VECTOR.pkRm), fromHex(VECTOR.info));
  assert.equal(hex(sender.enc), VECTOR.enc);
  assert.equal(hex(await sender.seal(fromHex(VECTOR.aad), fromHex(VECTOR.pt))), VECTOR.ct);
  for (const [label, exported] of Object.entries(VECTOR.exports))
    assert.equal(hex(await sender.export(label)), exported);
});

test("the receiver agrees with the RFC's vector", async () => {
  const pair = await keyPair("X25519", fromHex(VECTOR.skRm));
  const receiver = await fromSender(pair, fromHex(VECTOR.enc), fromHex(VECTOR.info));
  assert.equal(hex(await receiver.open(fromHex(VECTOR.aad), fromHex(VECTOR.ct))), VECTOR.pt);
  for (const [label, exported] of Object.entries(VECTOR.exports))
    assert.equal(hex(await receiver.export(label)), exported);
});

test("what was sealed for something else does not open", async () => {
  const pair = await sealer("receiver");
  const own = await rawPublic(pair.publicKey);
  const sender = await toReceiver(own, utf8("this"));
  const sealed = await sender.seal(utf8("aad"), utf8("text"));
  const malformed = (error: unknown) => error instanceof CheckFailed && error.reason === "malformed";
  const right = await fromSender(pair, sender.enc, utf8("this"));
  assert.deepEqual(await right.open(utf8("aad"), sealed), utf8("text"));
  await assert.rejects(right.open(utf8("other"), sealed), malformed);
  await assert.rejects((await fromSender(pair, sender.enc, utf8("that"))).open(utf8("aad"), sealed), malformed);
  await assert.rejects(
    (await fromSender(await sealer("other"), sender.enc, utf8("this"))).open(utf8("aad"), sealed),
    malformed,
  );
});

test("keys that lead to a shared secret of zeros are refused", async () => {
  const pair = await sealer("receiver");
  // Of order 1, 2, 4 and 8, and encodings beside the canonical ones (RFC 7748 section 6.1).
  const small = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ];
  for (const key of small) {
    await assert.rejects(toReceiver(fromHex(key), utf8("")), CheckFailed, key);
    await assert.rejects(fromSender(pair, fromHex(key), utf8("")), CheckFailed, key);
  }
  await assert.rejects(toReceiver(fromHex("00ff"), utf8("")), CheckFailed);
});
