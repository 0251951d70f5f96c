// The parts of a call that its first picture does not wait for.

import "../../theme/later-icons.ts";
import { FileTransfers } from "../files.ts";
import { Group } from "../group.ts";
import { provide } from "../later.ts";
import { watchQuality } from "../quality.ts";
import { ChatPanel } from "./chat-panel.ts";
import { CompanionTile } from "./companion-tile.ts";
import { DeviceChoices } from "./device-choice.ts";
import { LevelMeter } from "./level-meter.ts";
import { ProofMark } from "./proof-mark.ts";
import { QualityBadge } from "./quality-badge.ts";
import { define } from "./watching.ts";

/** Hands them over and defines them, once; after the call's view. */
export function defineMore(): void {
  provide({ FileTransfers, Group, watchQuality });
  define({
    "visavis-level": LevelMeter,
    "visavis-devices": DeviceChoices,
    "visavis-chat": ChatPanel,
    "visavis-companion": CompanionTile,
    "visavis-quality": QualityBadge,
    "visavis-proof": ProofMark,
  });
}
