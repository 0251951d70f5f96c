// What the console says of keys and certificates, in Italian.

import type { TrustTexts } from "./en.ts";

export const it: TrustTexts = {
  title: "Fiducia",
  waiting: "in attesa",
  help: "Perché i browser di chi chiama sappiano da soli chi risponde, e nessuno nel mezzo possa ascoltare, nemmeno questo servizio.",
  how: "Come funziona",
  sentences: [
    "La chiave del sito è il sigillo della vostra organizzazione: nasce in questo browser, e la conservate solo voi, in un file protetto da una frase segreta.",
    "La sua parte pubblica sta nel codice d’integrazione delle vostre pagine; così il browser di chi chiama si fida della vostra pagina e non di questo servizio.",
    "Con essa permettete al browser di un amministratore di approvare i dispositivi dei vostri esperti; poi il file torna in cassaforte.",
  ],
  picture: {
    siteKey: "Chiave del sito",
    siteKeyWhere: "un file nella vostra cassaforte",
    approver: "Approvazione",
    approverWhere: "il browser di un amministratore",
    devices: "Dispositivi",
    devicesWhere: "le postazioni dei vostri esperti",
    page: "La vostra pagina",
    pageWhere: "conosce la chiave del sito e verifica la catena",
  },
  begin: "Crea la chiave del sito",
  beginText:
    "Ci vogliono cinque minuti. Fino ad allora le chiamate vanno come prima, e a entrambe le parti si dice che non sono verificate.",
  unsupported:
    "Questo browser non può creare o conservare tali chiavi: è troppo vecchio o non conserva nulla (finestra privata). Usate un browser attuale.",
  cancel: "Annulla",
  back: "Indietro",
  working: "Un momento…",

  make: {
    heading: "Scegliere una frase segreta",
    text: "Chi ha il file e la frase segreta può garantire per chiunque a nome vostro. Senza di essi nulla si può più rinnovare, e nessuno può restituirveli.",
    passphrase: "Frase segreta",
    suggest: "Proponine una",
    show: "Mostra la frase segreta",
    tooWeak: "Sceglietene una più lunga: cinque o più parole senza legame tra loro, oppure la proposta.",
    strength: (time) =>
      `Chi avesse il file, mille schede grafiche ed elenchi di ciò che si sceglie volentieri impiegherebbe circa ${time}. È una stima: da fuori nessuno sa come avete scelto.`,
    strengthSuggested: "Scelta dal caso, 100 bit: nessuno la indovina. Scrivetela e conservatela separata dal file.",
    weak: "Troppo debole",
    fair: "Buona",
    strong: "Forte",
    save: "Crea la chiave e salva il file",
    have: "Ho già un file della chiave",
    fileTitle: (organisation) => [
      `Visavis: chiave del sito di ${organisation}`,
      "Conservare questo file e la sua frase segreta separati, ciascuno in due luoghi. Nessuno può sostituirli.",
    ],
  },
  check: {
    heading: "Aprite il file che avete appena salvato",
    text: "Così è certo che il file è buono e la frase segreta giusta. La chiave non è conservata altrove.",
    saved: (name) => `Il file ${name} si trova tra i vostri download.`,
    again: "Salvalo ancora una volta",
    action: "Apri e configura",
    other: "È un’altra chiave rispetto a quella appena creata. Scegliete il file che avete appena salvato.",
  },
  done: {
    heading: "La chiave del sito è pronta",
    steps: [
      "Mettete il file e la frase segreta ciascuno in due luoghi sicuri, e cancellate il file dai download.",
      "Fate preparare a ogni esperto il suo browser nella pagina «Accoglienza», e approvatelo qui.",
      "Copiate poi di nuovo il codice d’integrazione nelle vostre pagine: ora contiene la chiave del sito. Da allora quelle pagine chiamano solo dispositivi certificati.",
    ],
    toSnippet: "Al codice d’integrazione",
    close: "Fatto",
  },
  keyFile: {
    file: "File della chiave",
    passphrase: "Frase segreta",
    open: "Apri",
    opening: "Apertura…",
    missingFile: "Scegliete il file, per favore.",
    missingPassphrase: "Scrivete la frase segreta, per favore.",
    problems: {
      "not-a-key-file": "Questo non è un file della chiave.",
      unencrypted:
        "La chiave in questo file è scoperta, senza frase segreta. Consideratela persa e createne una nuova.",
      unsupported: "Questo file contiene un altro tipo di chiave, o è sigillato in un modo sconosciuto qui.",
      passphrase: "La frase segreta non apre questo file.",
      foreign: "Questa non è una chiave del sito di questa organizzazione.",
    },
    local: "Il file e la frase segreta restano in questo browser.",
  },

  approver: {
    heading: "Questo browser",
    none: "Questo browser non approva dispositivi. Aprite una volta il file della chiave, e lo farà per 90 giorni.",
    good: (until) =>
      `Questo browser approva dispositivi, e rinnova quelli approvati finché l’amministrazione è aperta. Scadenza: ${until}.`,
    ends: (days) =>
      days === 1
        ? "Può farlo ancora per 1 giorno. Aprite il file della chiave per continuare 90 giorni."
        : `Può farlo ancora per ${days} giorni. Aprite il file della chiave per continuare 90 giorni.`,
    ended:
      "Questo browser non può più approvare dispositivi. Aprite il file della chiave per continuare 90 giorni; altrimenti i dispositivi non si rinnovano più.",
    revoked:
      "A questo browser è stato tolto il diritto di approvare. Con il file della chiave riceve una chiave nuova.",
    foreign:
      "Il servizio indica un’altra chiave del sito rispetto a quella per cui questo browser approva. Se da voi nessuno l’ha cambiata, qualcuno sta manomettendo il servizio: non copiate il codice d’integrazione, e chiedete a chi gestisce il servizio.",
    besides:
      "Il servizio indica anche una chiave del sito che questo browser non conosce. Se negli ultimi mesi avete cambiato la chiave del sito, può essere quella precedente: confrontatela con ciò che vede un’altra persona dell’amministrazione. Altrimenti qualcuno sta manomettendo il servizio: non copiate il codice d’integrazione, e chiedete a chi gestisce il servizio.",
    gone: "Il servizio non indica più nessuna chiave del sito, e questo browser approva per una. Se nessuno da voi l’ha abbandonata, qualcuno sta manomettendo il servizio: non createne una nuova, e chiedete a chi gestisce il servizio.",
    renew: "Apri il file della chiave",
    renewed: "Questo browser approva dispositivi per 90 giorni.",
    failed: "Non è stato possibile firmare ciò che era in scadenza.",
    listEnded:
      "L’elenco delle revoche è scaduto; nessuna chiamata verificata è possibile. Aprite il file della chiave per continuare.",
  },

  devices: {
    heading: "Dispositivi",
    help: "Ogni browser in cui risponde un esperto ha un certificato suo per 7 giorni, rinnovato finché questa amministrazione è aperta.",
    empty:
      "Ancora nessun dispositivo. Gli esperti preparano il loro browser nella pagina «Accoglienza»; poi appare qui.",
    refresh: "Ricarica",
    pending: "Attende approvazione",
    unknown: "Da approvare di nuovo",
    certified: "Certificato",
    lapsed: "Scaduto",
    revoked: "Revocato",
    inactive: "Persona disattivata",
    asked: (time) => `Richiesta: ${time}`,
    until: (time) => `scadenza: ${time}`,
    ended: (time) => `scaduto: ${time}`,
    code: "Codice",
    renamed: (name) => `Chi chiama legge ancora «${name}».`,
    approve: "Confronta e approva",
    approveOf: (name) => `Confronta e approva il dispositivo di ${name}`,
    rename: "Approva il nuovo nome",
    refuse: "Rifiuta",
    refuseOf: (name) => `Rifiuta il dispositivo di ${name}`,
    revoke: "Revoca",
    revokeOf: (name) => `Revoca il dispositivo di ${name}`,
    needsApprover: "Lo può fare solo un browser che approva dispositivi: vedi sopra.",
    lapsing: (count) =>
      count === 1
        ? "Non è stato possibile rinnovare 1 certificato."
        : `Non è stato possibile rinnovare ${count} certificati.`,
    approved: (name) => `Il dispositivo di ${name} è certificato.`,
    refused: (name) => `Il dispositivo di ${name} è stato rifiutato.`,
    revokedNow: (name) => `Il dispositivo di ${name} è revocato.`,
  },
  compare: {
    heading: (name) => `È questo il dispositivo di ${name}?`,
    text: "Telefonate, o mettetevi accanto. Fatevi leggere il codice mostrato nella pagina «Accoglienza», e scrivete ciò che sentite.",
    code: "Codice",
    codeHint: "Dodici lettere e cifre. Il codice non è mostrato qui, perché nessuno lo approvi senza sentirlo.",
    wrong:
      "Questo non è il codice di questa richiesta. Fatelo rileggere. Se resta diverso, forse qualcuno ha messo un altro dispositivo al suo posto: rifiutatelo, e ditelo a chi gestisce il servizio.",
    visitorsRead: "Chi chiama leggerà",
    action: "Approva",
  },
  revoke: {
    heading: (name) => `Revocare il dispositivo di ${name}?`,
    text: "I browser di chi chiama lo rifiutano appena vedono il nuovo elenco, cioè subito.",
    window:
      "Un servizio finito in mani sbagliate potrebbe trattenere l’elenco: allora il dispositivo è accettato per altri 6 giorni al massimo.",
    undo: "Non si può annullare. L’esperto può chiedere un nuovo certificato con chiavi nuove.",
    action: "Revoca",
  },
  refuseDialog: {
    heading: (name) => `Rifiutare il dispositivo di ${name}?`,
    text: "La persona lo vede nella pagina «Accoglienza» e può chiedere di nuovo.",
    action: "Rifiuta",
  },

  approvers: {
    heading: "Chi approva",
    good: "approva",
    ended: "scaduto",
    revoked: "revocato",
    unknown: "sconosciuto a questo browser",
    you: "questo browser",
    revokeOf: (name) => `Togli a ${name} il diritto di approvare`,
    revokeHeading: (name) => `Togliere a ${name} il diritto di approvare?`,
    revokeText:
      "I dispositivi certificati solo da questo approvatore vanno approvati di nuovo. La sua chiave in mani sbagliate, insieme a un servizio in mani sbagliate, potrebbe firmare elenchi propri fino alla scadenza; per impedirlo, cambiate la chiave del sito.",
    revokedNow: (name) => `${name} non approva più dispositivi.`,
  },

  site: {
    heading: "Chiave del sito",
    text: "Proprio questo deve stare nel codice d’integrazione di ogni pagina.",
    created: (time) => `creata: ${time}`,
    old: "precedente",
    check: "Verificare da qualunque computer che ogni pagina l’abbia:",
    rotate: "Cambia la chiave del sito",
    rotateText:
      "Quando se ne va chi conosceva la frase segreta, quando il file può essere stato copiato, o ogni qualche anno. La vecchia chiave garantisce per la nuova, e per un po’ le pagine possono contenere entrambe.",
    rotateOld: "Apri il vecchio file della chiave",
    rotateOldText: "Firma che la nuova chiave gli succede. Altro non succede ancora.",
    rotatedHeading: "La chiave del sito è stata cambiata",
    rotatedSteps: [
      "Mettete al sicuro il nuovo file e la sua frase segreta. Conservate i vecchi finché tutte le pagine non sono state modificate.",
      "Copiate di nuovo il codice d’integrazione nelle vostre pagine: per ora contiene entrambe le chiavi.",
      "Fate aprire il nuovo file della chiave agli altri amministratori, poi copiate ancora una volta il codice d’integrazione, senza la vecchia chiave.",
    ],
  },

  retire: {
    open: "La chiave è persa o rubata",
    heading: "Abbandonare la chiave del sito",
    better:
      "Se avete ancora il file e nessun altro lo ha, cambiate piuttosto la chiave del sito: così non si perde nessuna chiamata.",
    question: "Che cosa è successo?",
    choose: "Dite che cosa è successo.",
    lost: "Persa",
    stolen: "Rubata",
    hints: {
      lost: "Il file non c’è più, o nessuno conosce la sua frase segreta. Nessun altro lo ha. Le chiamate verificate continuano fino alla scadenza dell’ultimo approvatore: scegliete prima un’ora tranquilla.",
      stolen:
        "Forse qualcun altro ha il file e la sua frase segreta. Insieme a un servizio in mani sbagliate potrebbe farsi passare per i vostri esperti su ogni pagina che contiene questa chiave: togliete prima il codice d’integrazione dalle pagine, poi continuate qui.",
    },
    happens: "Che cosa succede",
    steps: [
      "Subito le pagine che contengono la vecchia chiave non chiamano più nessuno, e lo dicono, finché non vi avete copiato il nuovo codice d’integrazione.",
      "Create una nuova chiave del sito, proprio qui.",
      "Il browser di ogni esperto va approvato di nuovo, con il suo codice. Gli altri amministratori aprono il nuovo file della chiave.",
      "Copiate il nuovo codice d’integrazione in ogni pagina.",
      "La vecchia chiave non viene mai più accettata, e chiunque apra questa amministrazione vede chi l’ha abbandonata, e quando. Non si può annullare.",
    ],
    confirm: (name) => `Scrivete «${name}» per confermare`,
    wrong: "Questo non è il nome della vostra organizzazione come sta qui sopra.",
    action: "Abbandona la chiave del sito",
    listHeading: "Chiavi del sito abbandonate",
    listText:
      "Le pagine che ne contengono ancora una non chiamano nessuno. Se nessuno da voi lo ha fatto, chiedete a chi gestisce il servizio.",
    by: (name, time) => `da ${name}, ${time}`,
  },

  snippet: {
    siteKey: "Chiave del sito",
    foreign:
      "In questo codice d’integrazione c’è qualcosa di diverso da ciò che questo browser conosce: un’altra chiave del sito, un’altra organizzazione o più di quanto serve. Non copiatelo, e chiedete a chi gestisce il servizio.",
  },

  alarms: {
    heading: "Verifiche fallite",
    help: "Chiamate finite perché la verifica dell’altra parte è fallita. Una ogni tanto può dipendere da un orologio sbagliato; di più merita uno sguardo.",
    empty: "Nessuna verifica fallita. Così deve essere.",
    what: "Che cosa è successo",
    side: "Notato da",
    visitor: "chi chiama",
    expert: "esperto",
    todo: "Che cosa fare",
    count: "Numero",
    first: "Prima",
    last: "Ultima",
    clear: "Cancella tutto",
    clearTitle: "Cancellare tutte le verifiche fallite?",
    clearText: "L’elenco viene svuotato per tutti. Ciò che si ripete viene contato di nuovo.",
    cleared: "Le verifiche fallite sono state cancellate.",
    reasons: {
      unsealed: "Qualcosa senza sigillo dove la pagina ne esige uno",
      version: "Un’altra versione del procedimento",
      malformed: "Qualcosa di illeggibile",
      "no-device": "Nessun dispositivo certificato da chiamare",
      organisation: "Una dichiarazione di un’altra organizzazione",
      chain: "Un certificato che non porta alla chiave del sito nella pagina",
      expired: "Un certificato scaduto",
      "not-yet-valid": "Un certificato non ancora valido",
      revoked: "Un dispositivo revocato",
      "revocations-missing": "Nessun elenco delle revoche",
      "revocations-old": "Un vecchio elenco delle revoche",
      "wrong-expert": "Ha risposto una persona diversa da quella indicata dal servizio",
      signature: "Una firma sbagliata",
      fingerprint: "Una connessione descritta male",
      "certificate-changed": "Una connessione a una persona diversa da quella convenuta",
      "second-answer": "Una seconda risposta",
      continuity: "Qualcuno ha tentato di prendere il posto di chi chiama",
      "short-code": "Il codice breve è stato manomesso",
    },
    todos: {
      upkeep: "Aprite questa amministrazione in un browser che approva dispositivi, sotto «Fiducia».",
      snippet:
        "Confrontate la chiave del sito nelle vostre pagine con quella sotto «Fiducia», e copiate di nuovo il codice d’integrazione.",
      clock: "Di solito un orologio sbagliato. Se si ripete, controllate gli orologi e aprite questa amministrazione.",
      update:
        "Copiate di nuovo il codice d’integrazione nelle vostre pagine, e fate ricaricare la pagina «Accoglienza» a tutte le postazioni.",
      tampering:
        "Se si ripete, forse qualcuno manomette le chiamate: non parlate di nulla di riservato, e chiedete a chi gestisce il servizio.",
    },
  },
};
