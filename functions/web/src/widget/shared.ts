// What the second script of a call takes from the first, so that visitors load it once. The build puts each import of
// these in the second script in the place of the module.

import { css, html, LitElement, nothing } from "lit";
import { toBase64url } from "../call/bytes.ts";
import { byArrival, LONGEST_TEXT } from "../call/conversation.ts";
import { FileTooLarge } from "../call/files.ts";
import { provide } from "../call/later.ts";
import { define, Watching } from "../call/view/watching.ts";
import { base, buttons, fields } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { binary, equal, fields as encode, fromHex, id, random, sha256 } from "../trust/encoding.ts";
import { CheckFailed } from "../trust/failure.ts";

export const shared = {
  lit: { css, html, LitElement, nothing },
  "call/bytes.ts": { toBase64url },
  "call/conversation.ts": { byArrival, LONGEST_TEXT },
  "call/files.ts": { FileTooLarge },
  "call/later.ts": { provide },
  "call/view/watching.ts": { define, Watching },
  "theme/controls.ts": { base, buttons, fields },
  "theme/icons.ts": { icon },
  "trust/encoding.ts": { binary, equal, fields: encode, fromHex, id, random, sha256 },
  "trust/failure.ts": { CheckFailed },
};
