// What docs/handshake-vectors.json holds, made anew from seeds: the same bytes each time.

import { toBase64url } from "../call/bytes.ts";
import * as fixtures from "./fixtures.ts";
import { publicKey, requestOf } from "./fixtures.ts";
import { deviceId, enrolmentCode } from "./statements.ts";
import { code, handshake, message } from "./vectors-call.ts";
import { chains } from "./vectors-chains.ts";
import { badStatements, goodStatements, signatures } from "./vectors-statements.ts";

export async function makeVectors(): Promise<object> {
  const names = ["site", "next site", "approver", "other approver", "ada signing", "ben signing", "edge"];
  const sealing = ["ada sealing", "ben sealing"];
  return {
    about:
      "Test vectors of docs/handshake.md, version 1. Binary values are base64url, times seconds since 1970. `keys` holds private keys that exist for this file only. Made by functions/web/src/trust/vectors.ts; WRITE_VECTORS=1 writes it anew.",
    keys: {
      ed25519: await named(names, async (name) => ({
        private: toBase64url(await fixtures.seed(name)),
        public: await publicKey(name),
      })),
      x25519: await named(sealing, async (name) => ({
        private: toBase64url(await fixtures.seed(name)),
        public: await fixtures.sealingKey(name),
      })),
    },
    statements: await goodStatements(),
    bad_statements: await badStatements(),
    signatures: await signatures(),
    chains: await chains(),
    enrolment: await enrolment(),
    handshake: await handshake(),
    message: await message(),
    code: await code(),
  };
}

async function named<T>(names: string[], make: (name: string) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await make(name)])));
}

async function enrolment(): Promise<object[]> {
  return Promise.all(
    ["ada", "ben"].map(async (name) => ({
      request: await requestOf(name),
      device: await deviceId(await publicKey(`${name} signing`)),
      code: await enrolmentCode(await requestOf(name)),
    })),
  );
}
