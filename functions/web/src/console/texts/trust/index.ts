// What the console says of keys and certificates.

import type { Catalogues } from "../../../staff/language.ts";
import { de } from "./de.ts";
import { en, type TrustTexts } from "./en.ts";
import { fr } from "./fr.ts";
import { it } from "./it.ts";

export const trustTexts: Catalogues<TrustTexts> = { de, en, fr, it };
export type { TrustTexts };
