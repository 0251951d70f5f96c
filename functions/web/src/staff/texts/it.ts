// What the desk and the console say alike, in Italian.

import type { StaffTexts } from "./en.ts";

export const it: StaffTexts = {
  language: "Lingua",
  desk: "Accoglienza",
  console: "Amministrazione",
  signOut: "Esci",
  starting: "Un momento …",
  tryAgain: "Riprova",
  cancel: "Annulla",
  close: "Chiudi",
  copy: "Copia",
  copied: "Copiato",
  copyFailed: "Non è stato possibile copiare. Selezionate il testo e copiatelo a mano.",
  unreachable: {
    title: "Il servizio non risponde",
    text: "Controllate la rete. Continuiamo a provare; nulla va perso.",
  },
  offline: "Nessuna connessione al servizio. Continuiamo a provare.",
  signedOut: {
    "no-session": {
      title: "Accedete, per favore",
      text: "Si accede con un link personale. Chiedetelo all’amministrazione: vale una volta sola, per 24 ore.",
    },
    link: {
      title: "Questo link non vale più",
      text: "È già stato usato o è troppo vecchio. Chiedetene uno nuovo all’amministrazione.",
    },
    ended: {
      title: "La sessione è stata chiusa",
      text: "La vostra sessione è finita. Chiedete un nuovo link all’amministrazione.",
    },
    left: { title: "Siete usciti", text: "Per accedere di nuovo, chiedete un nuovo link all’amministrazione." },
    role: {
      title: "Questa pagina non è per voi",
      text: "Avete effettuato l’accesso, ma senza il ruolo necessario qui. L’amministrazione può darvelo.",
    },
  },
  replace: {
    title: "Accedere come un’altra persona?",
    text: (name) =>
      `${name ? `Avete effettuato l’accesso come ${name}.` : "Qui qualcuno ha già effettuato l’accesso."} Questo link vi fa uscire e fa accedere la persona per cui è stato creato. Continuate solo se lo aspettavate.`,
    confirm: "Esci e continua",
  },
  otherPage: { expert: "Vai all’amministrazione", administrator: "Vai all’accoglienza" },
  problems: {
    "card-number":
      "Un testo sembra un numero di carta di pagamento. Toglietelo, per favore: qui questi numeri non vengono mai salvati.",
    "token-missing": "La sessione è finita. Accedete di nuovo.",
    "token-invalid": "La sessione è finita. Accedete di nuovo.",
    "token-expired": "La sessione è finita. Accedete di nuovo.",
    "role-not-allowed": "Non avete il diritto di farlo.",
    "not-found": "Non esiste più. Ricaricate la pagina.",
    "call-over": "Questa chiamata è finita.",
    "already-answered": "Qualcun altro è stato più veloce.",
    "body-too-large": "È troppo grande. Accorciate, per favore.",
    "too-many-requests": "Troppe richieste. Aspettate un momento e riprovate.",
    unavailable: "Il servizio non è pronto. Riprovate tra un momento.",
    misconfigured: "Il servizio non è configurato del tutto. Avvisate chi lo gestisce:",
    unreachable: "Il servizio non è raggiungibile. Controllate la rete e riprovate.",
    malformed: "Il servizio non ha accettato questo:",
    other: "Non ha funzionato:",
  },
};
