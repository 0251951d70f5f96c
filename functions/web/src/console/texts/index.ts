// The console's texts.

import type { Catalogues } from "../../staff/language.ts";
import { de } from "./de.ts";
import { type ConsoleTexts, en } from "./en.ts";
import { fr } from "./fr.ts";
import { it } from "./it.ts";

export const consoleTexts: Catalogues<ConsoleTexts> = { de, en, fr, it };
export type { ConsoleTexts };
