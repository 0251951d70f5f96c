// The desk's texts, and those of the call's view in the same languages.

import type { Catalogues } from "../../staff/language.ts";
import { view as viewDe } from "../../text/view/de.ts";
import { type ViewTexts, view as viewEn } from "../../text/view/en.ts";
import { view as viewFr } from "../../text/view/fr.ts";
import { view as viewIt } from "../../text/view/it.ts";
import { de } from "./de.ts";
import { type DeskTexts, en } from "./en.ts";
import { fr } from "./fr.ts";
import { it } from "./it.ts";

export const deskTexts: Catalogues<DeskTexts> = { de, en, fr, it };
export const viewTexts: Catalogues<ViewTexts> = { de: viewDe, en: viewEn, fr: viewFr, it: viewIt };
export type { DeskTexts, ViewTexts };
