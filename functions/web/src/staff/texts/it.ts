// What the desk and the console say alike, in Italian.

import type { StaffTexts } from "./en.ts";

export const it: StaffTexts = {
  language: "Lingua",
  desk: "Accoglienza",
  console: "Amministrazione",
  signOut: "Esci",
  starting: "Un momento…",
  tryAgain: "Riprova",
  cancel: "Annulla",
  close: "Chiudi",
  copy: "Copia",
  copied: "Copiato",
  copyFailed: "Non è stato possibile copiare. Selezioni il testo e lo copi a mano.",
  unreachable: {
    title: "Il servizio non risponde",
    text: "Controlli la rete. Continuiamo a provare; nulla va perso.",
  },
  offline: "Nessuna connessione al servizio. Continuiamo a provare.",
  signedOut: {
    "no-session": {
      title: "Acceda, per favore",
      text: "Si accede con un link personale. Lo chieda all’amministrazione: vale una volta sola, per 24 ore.",
    },
    link: {
      title: "Questo link non vale più",
      text: "È già stato usato o è troppo vecchio. Ne chieda uno nuovo all’amministrazione.",
    },
    ended: {
      title: "La sessione è stata chiusa",
      text: "La Sua sessione è finita. Chieda un nuovo link all’amministrazione.",
    },
    left: { title: "Sessione chiusa", text: "Per accedere di nuovo, chieda un nuovo link all’amministrazione." },
    role: {
      title: "Questa pagina non è per Lei",
      text: "Ha effettuato l’accesso, ma senza il ruolo necessario qui. Può assegnarlo l’amministrazione.",
    },
  },
  replace: {
    title: "Accedere come un’altra persona?",
    text: (name) =>
      `${name ? `Ha effettuato l’accesso come ${name}.` : "Qui qualcuno ha già effettuato l’accesso."} Questo link La fa uscire e fa accedere la persona per cui è stato creato. Continui solo se lo aspettava.`,
    confirm: "Esci e continua",
  },
  otherPage: { expert: "Vai all’amministrazione", administrator: "Vai all’accoglienza" },
  problems: {
    "card-number":
      "Un testo sembra un numero di carta di pagamento. Lo tolga, per favore: qui questi numeri non vengono mai salvati.",
    "token-missing": "La sessione è finita. Acceda di nuovo.",
    "token-invalid": "La sessione è finita. Acceda di nuovo.",
    "token-expired": "La sessione è finita. Acceda di nuovo.",
    "role-not-allowed": "Non ha il diritto di farlo.",
    "not-found": "Non esiste più. Ricarichi la pagina.",
    "call-over": "Questa chiamata è finita.",
    "already-answered": "Qualcun altro è stato più veloce.",
    "body-too-large": "È troppo lungo. Lo accorci, per favore.",
    "too-many-requests": "Troppe richieste. Attenda un momento e riprovi.",
    unavailable: "Il servizio non è pronto. Riprovi tra un momento.",
    misconfigured: "Il servizio non è configurato del tutto. Avvisi chi lo gestisce:",
    unreachable: "Il servizio non è raggiungibile. Controlli la rete e riprovi.",
    malformed: "Il servizio non ha accettato questo:",
    other: "Non ha funzionato:",
  },
};
