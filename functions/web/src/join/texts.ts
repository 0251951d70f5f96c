// What the page for guests says, in all languages; the rest is the widget's.

import type { Catalogues } from "../staff/language.ts";

const en = {
  page: "Join a call",
  title: (organisation: string) => `${organisation} invites you to a call`,
  titlePlain: "You are invited to a call",
  text: "First you see yourself and choose your devices. Then you wait until you are let in.",
  begin: "Go on",
  check: "Ready to join?",
  join: "Ask to be let in",
  consent: "The call is encrypted and not recorded. Everybody in it sees and hears you, and reads your name.",
  waiting: (name: string) => (name ? `Waiting for ${name} to let you in…` : "Waiting to be let in…"),
  waitingText: "This takes a moment. Stay on this page.",
  unverified: "This link carries no key, so your browser cannot check who lets you in.",
  broken: {
    title: "This link is not complete",
    text: "It may have been cut off on its way. Copy the whole link, or ask for a new one.",
  },
  used: {
    title: "This invitation is over",
    text: "It works once, for 30 minutes, and as long as the call goes on. Ask for a new one.",
  },
  full: {
    title: "This call is full",
    text: "Two more people can join, and two have. When somebody leaves, try again.",
  },
  gone: { title: "The call is over", text: "It ended before you were let in." },
  declined: { title: "You were not let in", text: "If that was not meant, ask for a new link." },
  missed: { title: "Nobody let you in", text: "Ask for a new link and try again." },
  over: { title: "The call is over for you", text: "Thank you for joining." },
};

export type JoinTexts = typeof en;

const de: JoinTexts = {
  page: "Einem Gespräch beitreten",
  title: (organisation) => `${organisation} lädt Sie zu einem Gespräch ein`,
  titlePlain: "Sie sind zu einem Gespräch eingeladen",
  text: "Zuerst sehen Sie sich selbst und wählen Ihre Geräte. Dann warten Sie, bis Sie eingelassen werden.",
  begin: "Weiter",
  check: "Bereit?",
  join: "Um Einlass bitten",
  consent:
    "Das Gespräch ist verschlüsselt und wird nicht aufgezeichnet. Alle darin sehen und hören Sie und lesen Ihren Namen.",
  waiting: (name) => (name ? `Warten, bis ${name} Sie einlässt …` : "Warten auf Einlass …"),
  waitingText: "Einen Moment. Bleiben Sie auf dieser Seite.",
  unverified: "Dieser Link enthält keinen Schlüssel: Ihr Browser kann nicht prüfen, wer Sie einlässt.",
  broken: {
    title: "Dieser Link ist nicht vollständig",
    text: "Vielleicht wurde er unterwegs abgeschnitten. Kopieren Sie den ganzen Link, oder bitten Sie um einen neuen.",
  },
  used: {
    title: "Diese Einladung ist vorbei",
    text: "Sie gilt einmal, 30 Minuten lang und nur während des Gesprächs. Bitten Sie um eine neue.",
  },
  full: {
    title: "Das Gespräch ist voll",
    text: "Zwei weitere Personen können beitreten, und zwei sind schon dabei. Wenn jemand geht, versuchen Sie es nochmals.",
  },
  gone: { title: "Das Gespräch ist zu Ende", text: "Es endete, bevor Sie eingelassen wurden." },
  declined: { title: "Sie wurden nicht eingelassen", text: "War das ein Versehen, bitten Sie um einen neuen Link." },
  missed: {
    title: "Niemand hat Sie eingelassen",
    text: "Bitten Sie um einen neuen Link, und versuchen Sie es nochmals.",
  },
  over: { title: "Das Gespräch ist für Sie zu Ende", text: "Danke, dass Sie dabei waren." },
};

const fr: JoinTexts = {
  page: "Rejoindre un appel",
  title: (organisation) => `${organisation} vous invite à un appel`,
  titlePlain: "Invitation à un appel",
  text: "D’abord vous vous voyez et choisissez vos appareils. Puis vous attendez qu’on vous fasse entrer.",
  begin: "Continuer",
  check: "On y va ?",
  join: "Demander à entrer",
  consent:
    "L’appel est chiffré et n’est pas enregistré. Tous ceux qui y participent vous voient, vous entendent et lisent votre nom.",
  waiting: (name) => (name ? `En attente de ${name}…` : "En attente d’entrer…"),
  waitingText: "Un instant. Restez sur cette page.",
  unverified: "Ce lien ne contient pas de clé : votre navigateur ne peut pas vérifier qui vous fait entrer.",
  broken: {
    title: "Ce lien n’est pas complet",
    text: "Il a peut-être été coupé en chemin. Copiez le lien entier, ou demandez-en un nouveau.",
  },
  used: {
    title: "Cette invitation n’est plus valable",
    text: "Elle sert une fois, pendant 30 minutes et tant que l’appel dure. Demandez-en une nouvelle.",
  },
  full: {
    title: "L’appel est complet",
    text: "Deux autres personnes peuvent entrer, et deux sont déjà là. Quand quelqu’un part, réessayez.",
  },
  gone: { title: "L’appel est terminé", text: "Il a pris fin avant qu’on vous fasse entrer." },
  declined: { title: "On ne vous a pas fait entrer", text: "Si c’est une erreur, demandez un nouveau lien." },
  missed: { title: "Personne ne vous a fait entrer", text: "Demandez un nouveau lien et réessayez." },
  over: { title: "L’appel est terminé pour vous", text: "Merci de votre participation." },
};

const it: JoinTexts = {
  page: "Entrare in una chiamata",
  title: (organisation) => `${organisation} La invita a una chiamata`,
  titlePlain: "Invito a una chiamata",
  text: "Prima vede la Sua immagine e sceglie i dispositivi. Poi aspetta che La facciano entrare.",
  begin: "Avanti",
  check: "Tutto pronto per entrare?",
  join: "Chiedi di entrare",
  consent:
    "La chiamata è cifrata e non viene registrata. Tutti i presenti La vedono, La sentono e leggono il Suo nome.",
  waiting: (name) => (name ? `In attesa di ${name}…` : "In attesa di entrare…"),
  waitingText: "Un momento. Resti su questa pagina.",
  unverified: "Questo link non contiene una chiave: il Suo browser non può verificare chi La fa entrare.",
  broken: {
    title: "Questo link non è completo",
    text: "Forse è stato troncato per strada. Copi il link intero, o ne chieda uno nuovo.",
  },
  used: {
    title: "Questo invito non vale più",
    text: "Vale una volta, per 30 minuti e finché dura la chiamata. Ne chieda uno nuovo.",
  },
  full: {
    title: "La chiamata è al completo",
    text: "Possono entrare altre due persone, e due ci sono già. Quando qualcuno esce, riprovi.",
  },
  gone: { title: "La chiamata è terminata", text: "È finita prima che La facessero entrare." },
  declined: { title: "Non L’hanno fatta entrare", text: "Se è un errore, chieda un nuovo link." },
  missed: { title: "Nessuno L’ha fatta entrare", text: "Chieda un nuovo link e riprovi." },
  over: { title: "Per Lei la chiamata è terminata", text: "Grazie di aver partecipato." },
};

export const joinTexts: Catalogues<JoinTexts> = { de, en, fr, it };
