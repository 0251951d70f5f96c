// What goes through the service in one direction under one key: early candidates, and signals.

import { toBase64url } from "../call/bytes.ts";
import { asMessage } from "../call/payload.ts";
import type { Message } from "../call/types.ts";
import { type Bytes, binary, fields, integer, parseJson, utf8 } from "./encoding.ts";
import { fromPayload, toPayload } from "./envelope.ts";
import { CheckFailed } from "./failure.ts";
import { openAead, sealAead } from "./hpke.ts";

/** One end of one direction. What is sealed comes out in the order in which it went in. */
export class Direction {
  #type: "early" | "signal";
  #key: Bytes;
  #scope: (string | Bytes)[];
  #last = -1;
  #turn: Promise<unknown> = Promise.resolve();

  /** `scope`: what the associated data says between the label and the number. */
  constructor(type: "early" | "signal", key: Bytes, scope: (string | Bytes)[]) {
    this.#type = type;
    this.#key = key;
    this.#scope = scope;
  }

  seal(message: Message): Promise<string> {
    return this.#after(async () => {
      const n = ++this.#last;
      const box = await sealAead(this.#key, integer(n, 12), this.#aad(n), utf8(JSON.stringify(message)));
      return toPayload(this.#type, { n, box: toBase64url(box) });
    });
  }

  /** `undefined`: its number does not rise, or it is not of this key. Throws `CheckFailed("malformed")`. */
  open(payload: string): Promise<Message | undefined> {
    return this.#after(async () => {
      const read = fromPayload(this.#type, payload, { n: "number", box: "string" });
      const n = read["n"] as number;
      const box = binary(read["box"]);
      if (!Number.isSafeInteger(n) || n < 0) throw new CheckFailed("malformed");
      if (n <= this.#last) return undefined;
      const opened = await openAead(this.#key, integer(n, 12), this.#aad(n), box).catch(() => undefined);
      if (!opened) return undefined;
      this.#last = n;
      try {
        return asMessage(parseJson(opened));
      } catch {
        throw new CheckFailed("malformed");
      }
    });
  }

  #aad(n: number): Bytes {
    return fields(`visavis/v1/${this.#type}`, ...this.#scope, integer(n));
  }

  #after<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => {});
    return done;
  }
}
