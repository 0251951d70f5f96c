// The home page's texts.

import type { Catalogues } from "../staff/language.ts";

export interface HomeTexts {
  title: string;
  text: string;
  desk: string;
  deskText: string;
  console: string;
  consoleText: string;
  visitors: string;
}

export const homeTexts: Catalogues<HomeTexts> = {
  en: {
    title: "Face to face with your visitors",
    text: "Video, voice and chat on your own website, encrypted from browser to browser.",
    desk: "Desk",
    deskText: "For experts: see who calls, and answer.",
    console: "Console",
    consoleText: "For administrators: people, websites, look.",
    visitors: "You are a visitor? You find the call button on the website you came from.",
  },
  de: {
    title: "Von Angesicht zu Angesicht mit Ihren Gästen",
    text: "Video, Sprache und Chat auf Ihrer eigenen Website, verschlüsselt von Browser zu Browser.",
    desk: "Empfang",
    deskText: "Für Fachpersonen: sehen, wer anruft, und annehmen.",
    console: "Verwaltung",
    consoleText: "Für Verantwortliche: Personen, Websites, Aussehen.",
    visitors: "Sie möchten anrufen? Den Knopf dafür finden Sie auf der Website, von der Sie kommen.",
  },
  fr: {
    title: "Face à face avec vos visiteurs",
    text: "Vidéo, voix et chat sur votre propre site, chiffrés de navigateur à navigateur.",
    desk: "Accueil",
    deskText: "Pour les spécialistes : voir qui appelle, et répondre.",
    console: "Administration",
    consoleText: "Pour les responsables : personnes, sites, apparence.",
    visitors: "Vous voulez appeler ? Le bouton se trouve sur le site d’où vous venez.",
  },
  it: {
    title: "Faccia a faccia con i vostri visitatori",
    text: "Video, voce e chat sul vostro sito, cifrati da browser a browser.",
    desk: "Accoglienza",
    deskText: "Per gli specialisti: vedere chi chiama e rispondere.",
    console: "Amministrazione",
    consoleText: "Per i responsabili: persone, siti, aspetto.",
    visitors: "Vuole chiamare? Il pulsante si trova sul sito da cui viene.",
  },
};
