// A message left while nobody is there, sealed to the devices of the addressed experts.

import type { Id } from "../call/types.ts";
import type { Device, TrustBundle } from "./handshake.ts";

export interface LeftMessage {
  name?: string;
  contact?: string;
  text: string;
  page: { url: string; title: string };
  language: string;
}

/** To `expert`'s devices, or to all. `message` is its id. Throws `CheckFailed`, `Unsupported`. */
export async function sealMessage(
  _context: { organisation: Id; message: Id },
  _trust: TrustBundle | undefined,
  _siteKeys: string[],
  _content: LeftMessage,
  _expert?: Id,
): Promise<string> {
  throw new Error("not built yet");
}

/** `undefined`: it was not sealed to this device. Throws `CheckFailed`. */
export async function openMessage(
  _context: { organisation: Id; message: Id },
  _device: Device,
  _payload: string,
): Promise<LeftMessage | undefined> {
  throw new Error("not built yet");
}
