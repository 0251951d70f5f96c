// What the second script of a call takes from the first, so that visitors load it once. The build puts each import of
// these in the second script in the place of the module.

import { css, html, LitElement, nothing, svg } from "lit";
import { Api, Problem } from "../call/api.ts";
import { hex, isId, newId, toBase64url, uuidFromBytes, uuidToBytes } from "../call/bytes.ts";
import { holdsCardNumber } from "../call/cards.ts";
import { LONGEST_TEXT } from "../call/chat.ts";
import { LONGEST_NAME, MOST_MEMBERS, Pace } from "../call/control.ts";
import { byArrival, Conversation } from "../call/conversation.ts";
import { provide } from "../call/later.ts";
import { Link } from "../call/link.ts";
import { CONNECTED_WITHIN, LOOSE, Recovery } from "../call/recovery.ts";
import { initials } from "../call/view/initials.ts";
import { shownName, shownSender, spokenName } from "../call/view/names.ts";
import { tile } from "../call/view/tile.styles.ts";
import { define, Watching } from "../call/view/watching.ts";
import { visible } from "../call/visible.ts";
import { base, buttons, fields } from "../theme/controls.ts";
import { addIcons, icon } from "../theme/icons.ts";
import * as encoding from "../trust/encoding.ts";
import { fromPayload, toPayload } from "../trust/envelope.ts";
import { CheckFailed, Unsupported } from "../trust/failure.ts";
import { goodDevices } from "../trust/handshake.ts";
import { fromSender, openAead, sealAead, toReceiver } from "../trust/hpke.ts";
import { deviceId, read } from "../trust/statements.ts";

const { binary, concat, equal, fields: encode, fromHex, id, object, parseJson, random, sha256, utf8 } = encoding;

export const shared = {
  lit: { css, html, LitElement, nothing, svg },
  "call/api.ts": { Api, Problem },
  "call/bytes.ts": { hex, isId, newId, toBase64url, uuidFromBytes, uuidToBytes },
  "call/cards.ts": { holdsCardNumber },
  "call/chat.ts": { LONGEST_TEXT },
  "call/control.ts": { LONGEST_NAME, MOST_MEMBERS, Pace },
  "call/conversation.ts": { byArrival, Conversation },
  "call/later.ts": { provide },
  "call/link.ts": { Link },
  "call/recovery.ts": { CONNECTED_WITHIN, LOOSE, Recovery },
  "call/view/initials.ts": { initials },
  "call/view/names.ts": { shownName, shownSender, spokenName },
  "call/view/tile.styles.ts": { tile },
  "call/view/watching.ts": { define, Watching },
  "call/visible.ts": { visible },
  "theme/controls.ts": { base, buttons, fields },
  "theme/icons.ts": { addIcons, icon },
  "trust/encoding.ts": { binary, concat, equal, fields: encode, fromHex, id, object, parseJson, random, sha256, utf8 },
  "trust/envelope.ts": { fromPayload, toPayload },
  "trust/failure.ts": { CheckFailed, Unsupported },
  "trust/handshake.ts": { goodDevices },
  "trust/hpke.ts": { fromSender, openAead, sealAead, toReceiver },
  "trust/statements.ts": { deviceId, read },
};
