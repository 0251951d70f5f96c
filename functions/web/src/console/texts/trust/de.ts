// What the console says of keys and certificates, in German.

import type { TrustTexts } from "./en.ts";

export const de: TrustTexts = {
  title: "Vertrauen",
  waiting: "wartet",
  help: "Damit die Browser der Anrufenden von selbst wissen, wer antwortet, und niemand dazwischen mithören kann, auch dieser Dienst nicht.",
  how: "So geht es",
  sentences: [
    "Der Siteschlüssel ist das Siegel Ihrer Organisation: Er entsteht in diesem Browser, und nur Sie behalten ihn, als Datei unter einer Passphrase.",
    "Sein öffentlicher Teil steht im Einbettungscode auf Ihren eigenen Seiten; so vertraut der Browser der Anrufenden Ihrer Seite und nicht diesem Dienst.",
    "Mit ihm lassen Sie den Browser einer Verwaltungsperson die Geräte Ihrer Fachleute bestätigen; dann kommt die Datei zurück in den Tresor.",
  ],
  picture: {
    siteKey: "Siteschlüssel",
    siteKeyWhere: "eine Datei in Ihrem Tresor",
    approver: "Bestätigung",
    approverWhere: "der Browser der Verwaltung",
    devices: "Geräte",
    devicesWhere: "die Plätze Ihrer Fachleute",
    page: "Ihre Seite",
    pageWhere: "kennt den Siteschlüssel und prüft die Kette",
  },
  begin: "Siteschlüssel erzeugen",
  beginText:
    "Das dauert fünf Minuten. Bis dahin gehen Anrufe wie bisher, und beiden Seiten wird gesagt, dass sie nicht geprüft sind.",
  unsupported:
    "Dieser Browser kann solche Schlüssel nicht erzeugen oder behalten: Er ist zu alt oder behält nichts (privates Fenster). Bitte nehmen Sie einen aktuellen Browser.",
  cancel: "Abbrechen",
  back: "Zurück",
  working: "Einen Moment …",

  make: {
    heading: "Passphrase wählen",
    text: "Wer die Datei und die Passphrase hat, kann in Ihrem Namen für alle bürgen. Ohne sie lässt sich nichts mehr erneuern, und niemand kann sie Ihnen zurückbringen.",
    passphrase: "Passphrase",
    suggest: "Eine vorschlagen",
    show: "Passphrase zeigen",
    tooWeak:
      "Bitte wählen Sie eine längere: fünf oder mehr Wörter, die nichts miteinander zu tun haben, oder den Vorschlag.",
    strength: (time) =>
      `Wer die Datei, tausend Grafikkarten und Listen dessen hat, was man gern wählt, bräuchte etwa ${time}. Das ist eine Schätzung: Von aussen weiss niemand, wie Sie gewählt haben.`,
    strengthSuggested:
      "Vom Zufall gewählt, 100 Bit: Das errät niemand. Schreiben Sie sie auf und bewahren Sie sie getrennt von der Datei auf.",
    weak: "Zu schwach",
    fair: "Gut",
    strong: "Stark",
    save: "Schlüssel erzeugen und Datei speichern",
    have: "Ich habe schon eine Schlüsseldatei",
    fileTitle: (organisation) => [
      `Visavis: Siteschlüssel von ${organisation}`,
      "Datei und Passphrase getrennt aufbewahren, je an zwei Orten. Niemand kann sie ersetzen.",
    ],
  },
  check: {
    heading: "Öffnen Sie die eben gespeicherte Datei",
    text: "So ist sicher, dass die Datei gut ist und die Passphrase stimmt. Der Schlüssel ist sonst nirgends.",
    saved: (name) => `Die Datei ${name} liegt bei Ihren Downloads.`,
    again: "Nochmals speichern",
    action: "Öffnen und einrichten",
    other: "Das ist ein anderer Schlüssel als der eben erzeugte. Bitte wählen Sie die eben gespeicherte Datei.",
  },
  done: {
    heading: "Der Siteschlüssel ist eingerichtet",
    steps: [
      "Legen Sie Datei und Passphrase an je zwei sichere Orte, und löschen Sie die Datei aus den Downloads.",
      "Lassen Sie alle Fachleute auf der Seite «Empfang» ihren Browser einrichten, und bestätigen Sie ihn hier.",
      "Kopieren Sie dann den Einbettungscode neu in Ihre Seiten: Er enthält jetzt den Siteschlüssel. Von da an rufen diese Seiten nur noch bestätigte Geräte an.",
    ],
    toSnippet: "Zum Einbettungscode",
    close: "Fertig",
  },
  keyFile: {
    file: "Schlüsseldatei",
    passphrase: "Passphrase",
    open: "Öffnen",
    opening: "Wird geöffnet …",
    missingFile: "Bitte wählen Sie die Datei.",
    missingPassphrase: "Bitte geben Sie die Passphrase ein.",
    problems: {
      "not-a-key-file": "Das ist keine Schlüsseldatei.",
      unencrypted:
        "Der Schlüssel in dieser Datei liegt offen, ohne Passphrase. Betrachten Sie ihn als verloren und erzeugen Sie einen neuen.",
      unsupported:
        "Diese Datei enthält einen anderen Schlüssel oder ist auf eine Art verschlossen, die hier unbekannt ist.",
      passphrase: "Die Passphrase öffnet diese Datei nicht.",
      foreign: "Das ist kein Siteschlüssel dieser Organisation.",
    },
    local: "Datei und Passphrase bleiben in diesem Browser.",
  },

  approver: {
    heading: "Dieser Browser",
    none: "Dieser Browser bestätigt keine Geräte. Öffnen Sie einmal die Schlüsseldatei, und er tut es für 90 Tage.",
    good: (until) =>
      `Dieser Browser bestätigt Geräte und verlängert Bestätigtes, solange die Verwaltung offen ist, bis ${until}.`,
    ends: (days) =>
      days === 1
        ? "Das darf er noch 1 Tag. Öffnen Sie die Schlüsseldatei, um 90 Tage weiterzumachen."
        : `Das darf er noch ${days} Tage. Öffnen Sie die Schlüsseldatei, um 90 Tage weiterzumachen.`,
    ended:
      "Dieser Browser darf keine Geräte mehr bestätigen. Öffnen Sie die Schlüsseldatei, um 90 Tage weiterzumachen; Geräte werden sonst nicht mehr verlängert.",
    revoked: "Diesem Browser wurde das Bestätigen entzogen. Mit der Schlüsseldatei bekommt er einen neuen Schlüssel.",
    foreign:
      "Der Dienst nennt einen anderen Siteschlüssel als den, für den dieser Browser bestätigt. Hat ihn bei Ihnen niemand geändert, so manipuliert jemand den Dienst: Kopieren Sie den Einbettungscode nicht, und fragen Sie jene, die den Dienst betreiben.",
    besides:
      "Der Dienst nennt auch einen Siteschlüssel, von dem dieser Browser nichts weiss. Haben Sie den Siteschlüssel in den letzten Monaten geändert, so kann es der frühere sein: Vergleichen Sie ihn mit dem, was eine andere Person der Verwaltung sieht. Sonst manipuliert jemand den Dienst: Kopieren Sie den Einbettungscode nicht, und fragen Sie jene, die den Dienst betreiben.",
    gone: "Der Dienst nennt keinen Siteschlüssel mehr, und dieser Browser bestätigt für einen. Hat ihn bei Ihnen niemand aufgegeben, so manipuliert jemand den Dienst: Erzeugen Sie keinen neuen, und fragen Sie jene, die den Dienst betreiben.",
    renew: "Schlüsseldatei öffnen",
    renewed: "Dieser Browser bestätigt 90 Tage lang Geräte.",
    failed: "Was fällig war, konnte nicht unterschrieben werden.",
    listEnded:
      "Die Sperrliste ist abgelaufen; kein geprüfter Anruf ist möglich. Öffnen Sie die Schlüsseldatei, damit es weitergeht.",
  },

  devices: {
    heading: "Geräte",
    help: "Jeder Browser, in dem jemand antwortet, hat eine eigene Bestätigung für 7 Tage; sie wird verlängert, solange diese Verwaltung offen ist.",
    empty: "Noch kein Gerät. Fachleute richten ihren Browser auf der Seite «Empfang» ein; dann erscheint er hier.",
    refresh: "Neu laden",
    pending: "Wartet auf Bestätigung",
    unknown: "Neu zu bestätigen",
    certified: "Bestätigt",
    lapsed: "Abgelaufen",
    revoked: "Gesperrt",
    inactive: "Person gesperrt",
    asked: (time) => `Angefragt ${time}`,
    until: (time) => `bis ${time}`,
    ended: (time) => `abgelaufen ${time}`,
    code: "Code",
    renamed: (name) => `Anrufende lesen noch «${name}».`,
    approve: "Vergleichen und bestätigen",
    approveOf: (name) => `Das Gerät von ${name} vergleichen und bestätigen`,
    rename: "Neuen Namen bestätigen",
    refuse: "Ablehnen",
    refuseOf: (name) => `Das Gerät von ${name} ablehnen`,
    revoke: "Sperren",
    revokeOf: (name) => `Das Gerät von ${name} sperren`,
    needsApprover: "Das kann nur ein Browser, der Geräte bestätigt: siehe oben.",
    lapsing: (count) =>
      count === 1
        ? "1 Bestätigung konnte nicht verlängert werden."
        : `${count} Bestätigungen konnten nicht verlängert werden.`,
    approved: (name) => `Das Gerät von ${name} ist bestätigt.`,
    refused: (name) => `Das Gerät von ${name} wurde abgelehnt.`,
    revokedNow: (name) => `Das Gerät von ${name} ist gesperrt.`,
  },
  compare: {
    heading: (name) => `Ist das das Gerät von ${name}?`,
    text: "Rufen Sie an, oder stellen Sie sich daneben. Lassen Sie sich den Code vorlesen, der dort steht, und tippen Sie, was Sie hören.",
    code: "Code",
    codeHint: "Zwölf Buchstaben und Ziffern. Der Code steht nicht hier, damit niemand ihn ungehört bestätigt.",
    wrong:
      "Das ist nicht der Code dieser Anfrage. Lassen Sie ihn nochmals vorlesen. Bleibt er anders, so hat vielleicht jemand ein anderes Gerät untergeschoben: Lehnen Sie ab, und sagen Sie es denen, die den Dienst betreiben.",
    visitorsRead: "Anrufende werden lesen",
    action: "Bestätigen",
  },
  revoke: {
    heading: (name) => `Das Gerät von ${name} sperren?`,
    text: "Die Browser der Anrufenden weisen es ab, sobald sie die neue Liste sehen, also sofort.",
    window:
      "Ein Dienst in falschen Händen könnte die Liste zurückhalten: Dann wird das Gerät noch höchstens 6 Tage angenommen.",
    undo: "Das lässt sich nicht zurücknehmen. Die Fachperson kann mit neuen Schlüsseln neu anfragen.",
    action: "Sperren",
  },
  refuseDialog: {
    heading: (name) => `Das Gerät von ${name} ablehnen?`,
    text: "Die Fachperson sieht es auf der Seite «Empfang»; sie kann nochmals fragen.",
    action: "Ablehnen",
  },

  approvers: {
    heading: "Wer bestätigt",
    good: "bestätigt",
    ended: "abgelaufen",
    revoked: "gesperrt",
    unknown: "diesem Browser nicht bekannt",
    you: "dieser Browser",
    revokeOf: (name) => `${name} das Bestätigen entziehen`,
    revokeHeading: (name) => `${name} das Bestätigen entziehen?`,
    revokeText:
      "Geräte, die nur diese Person bestätigt hat, müssen neu bestätigt werden. Ihr Schlüssel in falschen Händen, zusammen mit einem Dienst in falschen Händen, könnte eigene Listen unterschreiben, bis er abläuft; dagegen hilft ein neuer Siteschlüssel.",
    revokedNow: (name) => `${name} bestätigt keine Geräte mehr.`,
  },

  site: {
    heading: "Siteschlüssel",
    text: "Genau das muss im Einbettungscode auf jeder Seite stehen.",
    created: (time) => `erzeugt ${time}`,
    old: "früherer",
    check: "Von irgendeinem Computer aus prüfen, ob jede Seite ihn hat:",
    rotate: "Siteschlüssel wechseln",
    rotateText:
      "Wenn jemand geht, der die Passphrase kannte, wenn die Datei kopiert worden sein könnte, oder alle paar Jahre. Der alte Schlüssel bürgt für den neuen, und eine Weile dürfen die Seiten beide enthalten.",
    rotateOld: "Alte Schlüsseldatei öffnen",
    rotateOldText: "Sie unterschreibt, dass der neue Schlüssel auf sie folgt. Sonst geschieht noch nichts.",
    rotatedHeading: "Der Siteschlüssel ist gewechselt",
    rotatedSteps: [
      "Bringen Sie die neue Datei und ihre Passphrase in Sicherheit. Behalten Sie die alten, bis jede Seite geändert ist.",
      "Kopieren Sie den Einbettungscode neu in Ihre Seiten: Er enthält vorerst beide Schlüssel.",
      "Lassen Sie die anderen Verwaltungspersonen die neue Schlüsseldatei öffnen, und kopieren Sie den Einbettungscode dann nochmals, ohne den alten Schlüssel.",
    ],
  },

  retire: {
    open: "Der Schlüssel ist verloren oder gestohlen",
    heading: "Siteschlüssel aufgeben",
    better:
      "Wenn Sie die Datei noch haben und sonst niemand, wechseln Sie den Siteschlüssel: Dann geht kein Anruf verloren.",
    question: "Was ist geschehen?",
    choose: "Bitte sagen Sie, was geschehen ist.",
    lost: "Verloren",
    stolen: "Gestohlen",
    hints: {
      lost: "Die Datei ist weg, oder niemand kennt ihre Passphrase. Sonst hat sie niemand. Geprüfte Anrufe gehen weiter, bis die Zeit der letzten bestätigenden Person um ist; wählen Sie vorher eine ruhige Stunde.",
      stolen:
        "Jemand anderes hat vielleicht Datei und Passphrase. Zusammen mit einem Dienst in falschen Händen könnte man sich auf jeder Seite mit diesem Schlüssel als Ihre Fachleute ausgeben: Nehmen Sie zuerst den Einbettungscode aus Ihren Seiten, und machen Sie dann hier weiter.",
    },
    happens: "Was geschieht",
    steps: [
      "Seiten mit dem alten Schlüssel rufen sofort niemanden mehr an und sagen das auch, bis Sie den neuen Einbettungscode hineinkopiert haben.",
      "Sie erzeugen gleich hier einen neuen Siteschlüssel.",
      "Der Browser jeder Fachperson muss mit seinem Code neu bestätigt werden. Die anderen Verwaltungspersonen öffnen die neue Schlüsseldatei.",
      "Sie kopieren den neuen Einbettungscode in jede Seite.",
      "Der alte Schlüssel wird nie mehr angenommen, und wer diese Verwaltung öffnet, sieht, wer ihn wann aufgegeben hat. Das lässt sich nicht zurücknehmen.",
    ],
    confirm: (name) => `Zum Bestätigen «${name}» eintippen`,
    wrong: "Das ist nicht der Name Ihrer Organisation, wie er oben steht.",
    action: "Siteschlüssel aufgeben",
    listHeading: "Aufgegebene Siteschlüssel",
    listText:
      "Seiten, die noch einen davon enthalten, rufen niemanden an. Hat das bei Ihnen niemand getan, so fragen Sie jene, die den Dienst betreiben.",
    by: (name, time) => `von ${name}, ${time}`,
  },

  snippet: {
    siteKey: "Siteschlüssel",
    foreign:
      "In diesem Einbettungscode steht etwas anderes, als dieser Browser weiss: ein anderer Siteschlüssel, eine andere Organisation oder mehr, als hineingehört. Kopieren Sie ihn nicht, und fragen Sie jene, die den Dienst betreiben.",
  },

  alarms: {
    heading: "Gescheiterte Prüfungen",
    help: "Anrufe, die endeten, weil die Prüfung der anderen Seite scheiterte. Ab und zu eine kann an einer falschen Uhr liegen; mehr verdient einen Blick.",
    empty: "Keine Prüfung ist gescheitert. So soll es sein.",
    what: "Was geschah",
    side: "Bemerkt von",
    visitor: "Anrufende",
    expert: "Fachperson",
    todo: "Was zu tun ist",
    count: "Anzahl",
    first: "Zuerst",
    last: "Zuletzt",
    clear: "Alle löschen",
    clearTitle: "Alle gescheiterten Prüfungen löschen?",
    clearText: "Die Liste wird für alle geleert. Was wieder vorkommt, wird wieder gezählt.",
    cleared: "Die gescheiterten Prüfungen wurden gelöscht.",
    reasons: {
      unsealed: "Etwas Unversiegeltes kam, wo die Seite ein Siegel verlangt",
      version: "Eine andere Fassung des Verfahrens",
      malformed: "Etwas, das nicht zu lesen ist",
      "no-device": "Kein bestätigtes Gerät, das man anrufen könnte",
      organisation: "Eine Erklärung einer anderen Organisation",
      chain: "Eine Bestätigung, die nicht zum Siteschlüssel in der Seite führt",
      expired: "Eine abgelaufene Bestätigung",
      "not-yet-valid": "Eine Bestätigung, die noch nicht gilt",
      revoked: "Ein gesperrtes Gerät",
      "revocations-missing": "Keine Sperrliste",
      "revocations-old": "Eine alte Sperrliste",
      "wrong-expert": "Es antwortete jemand anderes, als der Dienst sagte",
      signature: "Eine falsche Unterschrift",
      fingerprint: "Eine falsch beschriebene Verbindung",
      "certificate-changed": "Eine Verbindung zu jemand anderem als vereinbart",
      "second-answer": "Eine zweite Antwort",
      continuity: "Jemand versuchte, sich an die Stelle der anrufenden Person zu setzen",
      "short-code": "Am Kurzcode wurde manipuliert",
    },
    todos: {
      upkeep: "Öffnen Sie diese Verwaltung in einem Browser, der Geräte bestätigt, unter «Vertrauen».",
      snippet:
        "Vergleichen Sie den Siteschlüssel in Ihren Seiten mit dem unter «Vertrauen», und kopieren Sie den Einbettungscode neu.",
      clock: "Meist eine falsche Uhr. Wiederholt es sich, prüfen Sie die Uhren und öffnen Sie diese Verwaltung.",
      update:
        "Kopieren Sie den Einbettungscode neu in Ihre Seiten, und lassen Sie alle Fachleute die Seite «Empfang» neu laden.",
      tampering:
        "Wiederholt es sich, greift vielleicht jemand in Anrufe ein: Besprechen Sie nichts Vertrauliches, und fragen Sie jene, die den Dienst betreiben.",
    },
  },
};
