import type { MessageTexts } from "./en.ts";

export const message: MessageTexts = {
  title: "Nachricht hinterlassen",
  text: "Wir antworten, sobald wir können. Nur unsere Beraterinnen und Berater können Ihre Nachricht lesen; nicht einmal der Dienst, der sie überbringt, kann es.",
  message: "Ihre Nachricht",
  name: "Ihr Name",
  contact: "Wie wir Sie erreichen",
  contactHint: "Eine E-Mail-Adresse oder Telefonnummer",
  optional: "freiwillig",
  send: "Senden",
  sending: "Wird gesendet …",
  back: "Zurück",
  sent: "Ihre Nachricht ist unterwegs",
  sentText: "Sie wurde auf dieser Seite für die versiegelt, die sie lesen sollen, und wird nach 30 Tagen gelöscht.",
  done: "Fertig",
  empty: "Bitte schreiben Sie etwas.",
  tooLong: "Diese Nachricht ist zu lang.",
  card: "Bitte geben Sie keine Kartennummern ein.",
  nobody:
    "Gerade gibt es niemanden, für den die Nachricht versiegelt werden könnte. Versuchen Sie es bitte später nochmals.",
  browser:
    "Dieser Browser ist zu alt, um Ihre Nachricht zu versiegeln. Bitte nutzen Sie einen aktuellen Firefox, Chrome, Edge oder Safari.",
  failed: "Das hat nicht geklappt. Versuchen Sie es gleich nochmals.",
};
