// All languages of the form for a message: it comes with a script that all of them share.

import { message as de } from "./de.ts";
import { message as en } from "./en.ts";
import { message as fr } from "./fr.ts";
import { message as it } from "./it.ts";

export const messageTexts = { de, en, fr, it };
