import type { MessageTexts } from "./en.ts";

export const message: MessageTexts = {
  title: "Lascia un messaggio",
  text: "Rispondiamo appena possibile. Solo le nostre consulenti e i nostri consulenti possono leggere il Suo messaggio; nemmeno il servizio che lo trasporta può farlo.",
  message: "Il Suo messaggio",
  name: "Il Suo nome",
  contact: "Come possiamo raggiungerLa",
  contactHint: "Un indirizzo e-mail o un numero di telefono",
  optional: "facoltativo",
  send: "Invia",
  sending: "Invio…",
  back: "Indietro",
  sent: "Il Suo messaggio è in viaggio",
  sentText: "È stato sigillato su questa pagina per chi lo deve leggere, e viene cancellato dopo 30 giorni.",
  done: "Fatto",
  empty: "Scriva qualcosa, per favore.",
  tooLong: "Questo messaggio è troppo lungo.",
  card: "Non inserisca numeri di carta.",
  nobody: "Al momento non c’è nessuno per cui sigillare il messaggio. Riprovi più tardi.",
  browser: "Questo browser è troppo vecchio per sigillare il messaggio. Usi un Firefox, Chrome, Edge o Safari attuale.",
  failed: "Non ha funzionato. Riprovi tra un momento.",
};
