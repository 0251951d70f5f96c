// The texts that the desk and the console share.

import type { Catalogues } from "../language.ts";
import { de } from "./de.ts";
import { en, type StaffTexts } from "./en.ts";
import { fr } from "./fr.ts";
import { it } from "./it.ts";

export const staffTexts: Catalogues<StaffTexts> = { de, en, fr, it };
export type { StaffTexts };
