// What the desk and the console say alike, in German.

import type { StaffTexts } from "./en.ts";

export const de: StaffTexts = {
  language: "Sprache",
  desk: "Empfang",
  console: "Verwaltung",
  signOut: "Abmelden",
  starting: "Einen Moment …",
  tryAgain: "Nochmals versuchen",
  cancel: "Abbrechen",
  close: "Schliessen",
  copy: "Kopieren",
  copied: "Kopiert",
  copyFailed: "Kopieren war nicht möglich. Markieren Sie den Text und kopieren Sie ihn von Hand.",
  unreachable: {
    title: "Der Dienst antwortet nicht",
    text: "Bitte prüfen Sie Ihr Netz. Wir versuchen es weiter, es geht nichts verloren.",
  },
  offline: "Keine Verbindung zum Dienst. Wir versuchen es weiter.",
  signedOut: {
    "no-session": {
      title: "Bitte melden Sie sich an",
      text: "Sie melden sich mit einem persönlichen Link an. Ihre Verwaltung gibt Ihnen einen: Er gilt einmal, 24 Stunden lang.",
    },
    link: {
      title: "Dieser Link gilt nicht mehr",
      text: "Er wurde schon benutzt oder ist zu alt. Bitten Sie Ihre Verwaltung um einen neuen.",
    },
    ended: {
      title: "Sie wurden abgemeldet",
      text: "Ihre Sitzung ist zu Ende. Bitten Sie Ihre Verwaltung um einen neuen Link.",
    },
    left: {
      title: "Sie sind abgemeldet",
      text: "Um sich wieder anzumelden, bitten Sie Ihre Verwaltung um einen neuen Link.",
    },
    role: {
      title: "Diese Seite ist nicht für Sie",
      text: "Sie sind angemeldet, aber ohne die Rolle, die es hier braucht. Ihre Verwaltung kann sie Ihnen geben.",
    },
  },
  replace: {
    title: "Als jemand anderes anmelden?",
    text: (name) =>
      `${name ? `Sie sind als ${name} angemeldet.` : "Hier ist schon jemand angemeldet."} Dieser Link meldet Sie ab und die Person an, für die er gemacht wurde. Fahren Sie nur fort, wenn Sie ihn erwartet haben.`,
    confirm: "Abmelden und weiter",
  },
  otherPage: { expert: "Zur Verwaltung", administrator: "Zum Empfang" },
  problems: {
    "card-number":
      "Ein Text sieht wie eine Kartennummer aus. Bitte entfernen Sie sie: Kartennummern werden hier nie gespeichert.",
    "token-missing": "Ihre Sitzung ist zu Ende. Bitte melden Sie sich neu an.",
    "token-invalid": "Ihre Sitzung ist zu Ende. Bitte melden Sie sich neu an.",
    "token-expired": "Ihre Sitzung ist zu Ende. Bitte melden Sie sich neu an.",
    "role-not-allowed": "Dazu haben Sie kein Recht.",
    "not-found": "Das gibt es nicht mehr. Laden Sie die Seite neu.",
    "call-over": "Dieser Anruf ist zu Ende.",
    "already-answered": "Jemand anderes war schneller.",
    "body-too-large": "Das ist zu gross. Bitte kürzen Sie es.",
    "too-many-requests": "Zu viele Anfragen. Bitte warten Sie einen Moment und versuchen Sie es nochmals.",
    unavailable: "Der Dienst ist nicht bereit. Bitte versuchen Sie es gleich nochmals.",
    misconfigured: "Der Dienst ist nicht fertig eingerichtet. Sagen Sie es denen, die ihn betreiben:",
    unreachable: "Der Dienst war nicht zu erreichen. Prüfen Sie Ihr Netz und versuchen Sie es nochmals.",
    malformed: "Der Dienst hat das nicht angenommen:",
    other: "Das hat nicht geklappt:",
  },
};
