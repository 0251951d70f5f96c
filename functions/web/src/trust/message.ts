// A message left while nobody is there, sealed to the devices of the addressed experts.

import type { Id } from "../call/types.ts";
import { object } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";
import { type Device, goodDevices, type TrustBundle } from "./handshake.ts";
import { openAtDevice, sealToDevices } from "./recipients.ts";
import { deviceId, type Key, read } from "./statements.ts";

export interface LeftMessage {
  name?: string;
  contact?: string;
  text: string;
  page: { url: string; title: string };
  language: string;
}

export interface MessageContext {
  organisation: Id;
  /** The message's id. */
  message: Id;
}

/** To `expert`'s devices, or to all. Throws `CheckFailed` when there is no good device, `Unsupported` in an old browser. */
export async function sealMessage(
  context: MessageContext,
  trust: TrustBundle | undefined,
  siteKeys: Key[],
  content: LeftMessage,
  expert?: Id,
  now?: () => number,
): Promise<string> {
  if (!trust) throw new CheckFailed("no-device");
  const devices = (await goodDevices(context.organisation, trust, siteKeys, now)).filter(
    (device) => !expert || device.expert === expert,
  );
  if (devices.length === 0) throw new CheckFailed("no-device");
  return (await sealToDevices(about(context), devices, content)).payload;
}

/** `undefined`: it was not sealed to this device. Throws `CheckFailed`. */
export async function openMessage(
  context: MessageContext,
  { certificate, sealing }: Pick<Device, "certificate" | "sealing">,
  payload: string,
): Promise<LeftMessage | undefined> {
  const device = await deviceId(read("device", certificate).signingKey);
  try {
    const { content } = await openAtDevice(about(context), device, sealing, payload);
    const read = object(content, {
      name: "string?",
      contact: "string?",
      text: "string",
      page: "object",
      language: "string",
    });
    object(read["page"], { url: "string", title: "string" });
    return read as unknown as LeftMessage;
  } catch (error) {
    if (error instanceof CheckFailed && error.reason === "no-device") return undefined;
    throw error;
  }
}

const about = ({ organisation, message }: MessageContext) =>
  ({ type: "message", organisation, about: message }) as const;
