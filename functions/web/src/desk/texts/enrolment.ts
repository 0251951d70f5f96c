// What the desk says of this browser as a certified device, in all languages.

import type { Catalogues } from "../../staff/language.ts";

const en = {
  heading: "Verified calls",
  none: "Visitors cannot verify yet that it is you who answers in this browser.",
  noneText: "Set this browser up once. An administrator then compares a code with you and certifies it.",
  begin: "Set this browser up",
  working: "One moment…",
  pending: "Read this code to an administrator",
  pendingText:
    "By telephone or in person, not by chat or e-mail. They type it in at the console, and this page goes on by itself.",
  waiting: "Waiting for the administrator…",
  certified: (until: string) => `This browser is certified until ${until}. It is renewed by itself.`,
  soon: (until: string) =>
    `This browser’s certificate ends on ${until}. It is renewed as soon as an administrator opens the console: please tell one.`,
  lapsed:
    "This browser’s certificate has ended, so visitors who verify cannot reach you here. It comes back as soon as an administrator opens the console.",
  refused: "An administrator has refused this browser. If that was not meant, ask again and compare the code.",
  revoked:
    "An administrator has taken this browser's certificate back: visitors who verify cannot reach you here. If you may go on, ask for a new one.",
  again: "Ask again",
  another:
    "The service tells of another site key than the one this browser was certified under. If an administrator has told you that there is a new one, go on with it. If not, somebody is tampering: tell an administrator, and let nobody into a call meanwhile.",
  goOn: "Go on with the new key",
  unsupported:
    "This browser cannot take verified calls: it is too old, or it keeps nothing (a private window). Please use a current browser.",
};

export type EnrolmentTexts = typeof en;

const de: EnrolmentTexts = {
  heading: "Geprüfte Anrufe",
  none: "Wer anruft, kann noch nicht prüfen, dass Sie es sind, die oder der in diesem Browser antwortet.",
  noneText:
    "Richten Sie diesen Browser einmal ein. Die Verwaltung vergleicht dann mit Ihnen einen Code und bestätigt den Browser.",
  begin: "Diesen Browser einrichten",
  working: "Einen Moment …",
  pending: "Lesen Sie diesen Code der Verwaltung vor",
  pendingText:
    "Am Telefon oder von Angesicht zu Angesicht, nicht per Chat oder E-Mail. Dort wird er eingetippt, und diese Seite geht von selbst weiter.",
  waiting: "Warten auf die Verwaltung …",
  certified: (until) => `Dieser Browser ist bis ${until} bestätigt. Das verlängert sich von selbst.`,
  soon: (until) =>
    `Die Bestätigung dieses Browsers endet am ${until}. Sie wird verlängert, sobald jemand die Verwaltung öffnet: Bitte sagen Sie dort Bescheid.`,
  lapsed:
    "Die Bestätigung dieses Browsers ist abgelaufen; wer prüft, erreicht Sie hier nicht. Sie kommt wieder, sobald jemand die Verwaltung öffnet.",
  refused:
    "Die Verwaltung hat diesen Browser abgelehnt. War das ein Versehen, fragen Sie nochmals und vergleichen Sie den Code.",
  revoked:
    "Die Verwaltung hat die Bestätigung dieses Browsers zurückgenommen: Wer prüft, erreicht Sie hier nicht. Dürfen Sie weitermachen, so bitten Sie um eine neue.",
  again: "Nochmals fragen",
  another:
    "Der Dienst nennt einen anderen Siteschlüssel als den, unter dem dieser Browser bestätigt wurde. Hat Ihnen die Verwaltung gesagt, dass es einen neuen gibt, so machen Sie mit ihm weiter. Sonst manipuliert jemand den Dienst: Sagen Sie es der Verwaltung, und lassen Sie bis dahin niemanden in ein Gespräch.",
  goOn: "Mit dem neuen weitermachen",
  unsupported:
    "Dieser Browser kann keine geprüften Anrufe annehmen: Er ist zu alt oder behält nichts (privates Fenster). Bitte nehmen Sie einen aktuellen Browser.",
};

const fr: EnrolmentTexts = {
  heading: "Appels vérifiés",
  none: "Les visiteurs ne peuvent pas encore vérifier que c’est bien vous qui répondez dans ce navigateur.",
  noneText:
    "Préparez ce navigateur une fois. L’administration compare ensuite un code avec vous et certifie le navigateur.",
  begin: "Préparer ce navigateur",
  working: "Un instant…",
  pending: "Lisez ce code à l’administration",
  pendingText:
    "Par téléphone ou en personne, pas par chat ni e-mail. L’administration le saisit, et cette page continue d’elle-même.",
  waiting: "En attente de l’administration…",
  certified: (until) => `Ce navigateur est certifié jusqu’au ${until}. Cela se prolonge tout seul.`,
  soon: (until) =>
    `Le certificat de ce navigateur expire le ${until}. Il est prolongé dès que quelqu’un ouvre l’administration : prévenez-la, s’il vous plaît.`,
  lapsed:
    "Le certificat de ce navigateur a expiré ; les visiteurs qui vérifient ne vous joignent pas ici. Il revient dès que quelqu’un ouvre l’administration.",
  refused: "L’administration a refusé ce navigateur. Si c’est une erreur, redemandez et comparez le code.",
  revoked:
    "L’administration a retiré le certificat de ce navigateur : les visiteurs qui vérifient ne vous joignent pas ici. Si vous pouvez continuer, demandez-en un nouveau.",
  again: "Redemander",
  another:
    "Le service annonce une autre clé du site que celle sous laquelle ce navigateur a été certifié. Si l’administration vous a dit qu’il y en a une nouvelle, continuez avec elle. Sinon, quelqu’un manipule le service : dites-le à l’administration, et ne laissez entrer personne dans un appel d’ici là.",
  goOn: "Continuer avec la nouvelle",
  unsupported:
    "Ce navigateur ne peut pas prendre d’appels vérifiés : il est trop ancien ou ne conserve rien (fenêtre privée). Veuillez utiliser un navigateur récent.",
};

const it: EnrolmentTexts = {
  heading: "Chiamate verificate",
  none: "Chi chiama non può ancora verificare che sia Lei a rispondere in questo browser.",
  noneText:
    "Prepari questo browser una volta. L’amministrazione confronta poi con Lei un codice e certifica il browser.",
  begin: "Prepara questo browser",
  working: "Un momento…",
  pending: "Legga questo codice all’amministrazione",
  pendingText:
    "Per telefono o di persona, non per chat o e-mail. Lì viene digitato, e questa pagina va avanti da sola.",
  waiting: "In attesa dell’amministrazione…",
  certified: (until) => `Questo browser è certificato. Il certificato si rinnova da solo. Scadenza: ${until}.`,
  soon: (until) =>
    `Il certificato di questo browser sta per scadere. Scadenza: ${until}. Si rinnova appena qualcuno apre l’amministrazione: la avvisi, per favore.`,
  lapsed:
    "Il certificato di questo browser è scaduto: chi verifica non La raggiunge qui. Si rinnova appena qualcuno apre l’amministrazione.",
  refused: "L’amministrazione ha rifiutato questo browser. Se è un errore, chieda di nuovo e confronti il codice.",
  revoked:
    "L’amministrazione ha ritirato il certificato di questo browser: chi verifica non La raggiunge qui. Se ha il permesso di continuare, ne chieda uno nuovo.",
  again: "Chiedi di nuovo",
  another:
    "Il servizio indica un’altra chiave del sito rispetto a quella con cui questo browser è stato certificato. Se l’amministrazione Le ha detto che ce n’è una nuova, continui con quella. Altrimenti qualcuno sta manomettendo il servizio: lo dica all’amministrazione, e nel frattempo non faccia entrare nessuno in una chiamata.",
  goOn: "Continua con quella nuova",
  unsupported:
    "Questo browser non può ricevere chiamate verificate: è troppo vecchio o non conserva nulla (finestra privata). Usi un browser attuale.",
};

export const enrolmentTexts: Catalogues<EnrolmentTexts> = { de, en, fr, it };
