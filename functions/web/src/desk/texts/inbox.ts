// What the desk says of messages that were left, in all languages.

import type { Catalogues } from "../../staff/language.ts";

const en = {
  title: "Messages",
  somebody: "A visitor",
  mine: "for you",
  older: "Show older ones",
  closed:
    "This message cannot be opened in this browser: it was sealed for others, or before this browser was certified.",
  remove: (name: string) => `Delete the message of ${name}`,
  sure: "Delete this message?",
  sureText: "It is gone for everybody who could read it.",
  removeConfirm: "Delete",
};

export type InboxTexts = typeof en;

const de: InboxTexts = {
  title: "Nachrichten",
  somebody: "Jemand",
  mine: "für Sie",
  older: "Ältere zeigen",
  closed:
    "Diese Nachricht lässt sich in diesem Browser nicht öffnen: Sie wurde für andere versiegelt, oder bevor dieser Browser bestätigt war.",
  remove: (name) => `Nachricht löschen: ${name}`,
  sure: "Diese Nachricht löschen?",
  sureText: "Sie ist dann für alle weg, die sie lesen konnten.",
  removeConfirm: "Löschen",
};

const fr: InboxTexts = {
  title: "Messages",
  somebody: "Un visiteur",
  mine: "pour vous",
  older: "Afficher les plus anciens",
  closed:
    "Ce message ne s’ouvre pas dans ce navigateur : il a été scellé pour d’autres, ou avant que ce navigateur ne soit certifié.",
  remove: (name) => `Supprimer le message : ${name}`,
  sure: "Supprimer ce message ?",
  sureText: "Il disparaît pour toutes les personnes qui pouvaient le lire.",
  removeConfirm: "Supprimer",
};

const it: InboxTexts = {
  title: "Messaggi",
  somebody: "Un visitatore",
  mine: "per Lei",
  older: "Mostra i precedenti",
  closed:
    "Questo messaggio non si apre in questo browser: è stato sigillato per altri, o prima che questo browser fosse certificato.",
  remove: (name) => `Elimina il messaggio: ${name}`,
  sure: "Eliminare questo messaggio?",
  sureText: "Sparisce per tutti coloro che potevano leggerlo.",
  removeConfirm: "Elimina",
};

export const inboxTexts: Catalogues<InboxTexts> = { de, en, fr, it };
