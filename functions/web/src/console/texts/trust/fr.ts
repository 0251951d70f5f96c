// What the console says of keys and certificates, in French.

import type { TrustTexts } from "./en.ts";

export const fr: TrustTexts = {
  title: "Confiance",
  waiting: "en attente",
  help: "Pour que les navigateurs des visiteurs sachent d’eux-mêmes qui répond, et que personne entre les deux ne puisse écouter, pas même ce service.",
  how: "Comment cela marche",
  sentences: [
    "La clé du site est le sceau de votre organisation : elle naît dans ce navigateur, et vous seuls la gardez, dans un fichier protégé par une phrase secrète.",
    "Sa partie publique figure dans le code d’intégration de vos propres pages ; le navigateur du visiteur se fie ainsi à votre page et non à ce service.",
    "Avec elle, vous permettez au navigateur d’un administrateur d’approuver les appareils de vos experts ; puis le fichier retourne au coffre.",
  ],
  picture: {
    siteKey: "Clé du site",
    siteKeyWhere: "un fichier dans votre coffre",
    approver: "Approbation",
    approverWhere: "le navigateur d’un administrateur",
    devices: "Appareils",
    devicesWhere: "les postes de vos experts",
    page: "Votre page",
    pageWhere: "connaît la clé du site et vérifie la chaîne",
  },
  begin: "Créer la clé du site",
  beginText:
    "Cela prend cinq minutes. Jusque-là, les appels marchent comme avant, et les deux côtés apprennent qu’ils ne sont pas vérifiés.",
  unsupported:
    "Ce navigateur ne peut pas créer ou conserver de telles clés : il est trop ancien ou ne conserve rien (fenêtre privée). Veuillez utiliser un navigateur récent.",
  cancel: "Annuler",
  back: "Retour",
  working: "Un instant…",

  make: {
    heading: "Choisir une phrase secrète",
    text: "Qui a le fichier et la phrase secrète peut se porter garant de n’importe qui en votre nom. Sans eux, plus rien ne se renouvelle, et personne ne peut vous les rendre.",
    passphrase: "Phrase secrète",
    suggest: "En proposer une",
    show: "Afficher la phrase secrète",
    tooWeak: "Veuillez en choisir une plus longue : cinq mots ou plus sans rapport entre eux, ou la proposition.",
    strength: (time) =>
      `Qui aurait le fichier, mille cartes graphiques et des listes de ce que l’on aime choisir mettrait environ ${time}. C’est une estimation : de l’extérieur, personne ne sait comment vous avez choisi.`,
    strengthSuggested: "Tirée au hasard, 100 bits : personne ne la devine. Notez-la et gardez-la séparée du fichier.",
    weak: "Trop faible",
    fair: "Bonne",
    strong: "Forte",
    save: "Créer la clé et enregistrer le fichier",
    have: "J’ai déjà un fichier de clé",
    fileTitle: (organisation) => [
      `Visavis : clé du site de ${organisation}`,
      "Garder ce fichier et sa phrase secrète séparément, chacun en deux endroits. Personne ne peut les remplacer.",
    ],
  },
  check: {
    heading: "Ouvrez le fichier que vous venez d’enregistrer",
    text: "Ainsi il est sûr que le fichier est bon et la phrase secrète juste. La clé n’est gardée nulle part ailleurs.",
    saved: (name) => `Le fichier ${name} se trouve dans vos téléchargements.`,
    again: "L’enregistrer encore une fois",
    action: "Ouvrir et mettre en place",
    other: "C’est une autre clé que celle qui vient d’être créée. Choisissez le fichier que vous venez d’enregistrer.",
  },
  done: {
    heading: "La clé du site est en place",
    steps: [
      "Mettez le fichier et la phrase secrète chacun en deux lieux sûrs, et effacez le fichier des téléchargements.",
      "Que chaque expert prépare son navigateur sur la page « Accueil », et approuvez-le ici.",
      "Copiez ensuite à nouveau le code d’intégration dans vos pages : il contient maintenant la clé du site. Dès lors, ces pages n’appellent que des appareils certifiés.",
    ],
    toSnippet: "Vers le code d’intégration",
    close: "Terminé",
  },
  keyFile: {
    file: "Fichier de clé",
    passphrase: "Phrase secrète",
    open: "Ouvrir",
    opening: "Ouverture…",
    missingFile: "Veuillez choisir le fichier.",
    missingPassphrase: "Veuillez saisir la phrase secrète.",
    problems: {
      "not-a-key-file": "Ce n’est pas un fichier de clé.",
      unencrypted:
        "La clé de ce fichier est à découvert, sans phrase secrète. Considérez-la comme perdue et créez-en une nouvelle.",
      unsupported: "Ce fichier contient une autre sorte de clé, ou est scellé d’une façon inconnue ici.",
      passphrase: "La phrase secrète n’ouvre pas ce fichier.",
      foreign: "Ce n’est pas une clé du site de cette organisation.",
    },
    local: "Le fichier et la phrase secrète restent dans ce navigateur.",
  },

  approver: {
    heading: "Ce navigateur",
    none: "Ce navigateur n’approuve pas d’appareils. Ouvrez une fois le fichier de clé, et il le fera pendant 90 jours.",
    good: (until) =>
      `Ce navigateur approuve des appareils, et prolonge ce qui est approuvé tant que l’administration est ouverte, jusqu’au ${until}.`,
    ends: (days) =>
      days === 1
        ? "Il le peut encore 1 jour. Ouvrez le fichier de clé pour continuer 90 jours."
        : `Il le peut encore ${days} jours. Ouvrez le fichier de clé pour continuer 90 jours.`,
    ended:
      "Ce navigateur ne peut plus approuver d’appareils. Ouvrez le fichier de clé pour continuer 90 jours ; sinon les appareils ne sont plus prolongés.",
    revoked: "Le droit d’approuver a été retiré à ce navigateur. Avec le fichier de clé, il reçoit une nouvelle clé.",
    foreign:
      "Le service annonce une autre clé du site que celle pour laquelle ce navigateur approuve. Si personne chez vous ne l’a changée, quelqu’un manipule le service : ne copiez pas le code d’intégration, et demandez à ceux qui exploitent le service.",
    besides:
      "Le service annonce aussi une clé du site que ce navigateur ne connaît pas. Si vous avez changé la clé du site ces derniers mois, c’est peut-être la précédente : comparez-la avec ce que voit une autre personne de l’administration. Sinon, quelqu’un manipule le service : ne copiez pas le code d’intégration, et demandez à ceux qui exploitent le service.",
    gone: "Le service n’indique plus aucune clé du site, alors que ce navigateur approuve pour une. Si personne chez vous ne l’a abandonnée, quelqu’un manipule le service : n’en créez pas de nouvelle, et demandez à ceux qui exploitent le service.",
    renew: "Ouvrir le fichier de clé",
    renewed: "Ce navigateur approuve des appareils pendant 90 jours.",
    failed: "Ce qui devait être signé n’a pas pu l’être.",
    listEnded:
      "La liste de révocation a expiré ; aucun appel vérifié n’est possible. Ouvrez le fichier de clé pour continuer.",
  },

  devices: {
    heading: "Appareils",
    help: "Chaque navigateur où répond un expert a son propre certificat de 7 jours, prolongé tant que cette administration est ouverte.",
    empty:
      "Pas encore d’appareil. Les experts préparent leur navigateur sur la page « Accueil » ; il apparaît ensuite ici.",
    refresh: "Recharger",
    pending: "Attend l’approbation",
    unknown: "À approuver à nouveau",
    certified: "Certifié",
    lapsed: "Expiré",
    revoked: "Révoqué",
    inactive: "Personne désactivée",
    asked: (time) => `Demandé le ${time}`,
    until: (time) => `jusqu’au ${time}`,
    ended: (time) => `expiré le ${time}`,
    code: "Code",
    renamed: (name) => `Les visiteurs lisent encore « ${name} ».`,
    approve: "Comparer et approuver",
    approveOf: (name) => `Comparer et approuver l’appareil de ${name}`,
    rename: "Approuver le nouveau nom",
    refuse: "Refuser",
    refuseOf: (name) => `Refuser l’appareil de ${name}`,
    revoke: "Révoquer",
    revokeOf: (name) => `Révoquer l’appareil de ${name}`,
    needsApprover: "Seul un navigateur qui approuve des appareils le peut : voir plus haut.",
    lapsing: (count) =>
      count === 1 ? "1 certificat n’a pas pu être prolongé." : `${count} certificats n’ont pas pu être prolongés.`,
    approved: (name) => `L’appareil de ${name} est certifié.`,
    refused: (name) => `L’appareil de ${name} a été refusé.`,
    revokedNow: (name) => `L’appareil de ${name} est révoqué.`,
  },
  compare: {
    heading: (name) => `Est-ce l’appareil de ${name} ?`,
    text: "Appelez, ou tenez-vous à côté. Faites-vous lire le code affiché sur sa page « Accueil », et tapez ce que vous entendez.",
    code: "Code",
    codeHint:
      "Douze lettres et chiffres. Le code n’est pas affiché ici, pour que personne ne l’approuve sans l’entendre.",
    wrong:
      "Ce n’est pas le code de cette demande. Faites-le relire. S’il reste différent, quelqu’un a peut-être glissé un autre appareil à la place : refusez-le, et dites-le à ceux qui exploitent le service.",
    visitorsRead: "Les visiteurs liront",
    action: "Approuver",
  },
  revoke: {
    heading: (name) => `Révoquer l’appareil de ${name} ?`,
    text: "Les navigateurs des visiteurs le refusent dès qu’ils voient la nouvelle liste, donc tout de suite.",
    window:
      "Un service tombé en de mauvaises mains pourrait retenir la liste : l’appareil est alors accepté 6 jours de plus au maximum.",
    undo: "C’est sans retour. L’expert peut redemander un certificat avec de nouvelles clés.",
    action: "Révoquer",
  },
  refuseDialog: {
    heading: (name) => `Refuser l’appareil de ${name} ?`,
    text: "La personne le voit sur sa page « Accueil » et peut redemander.",
    action: "Refuser",
  },

  approvers: {
    heading: "Qui approuve",
    good: "approuve",
    ended: "expiré",
    revoked: "révoqué",
    unknown: "inconnu de ce navigateur",
    you: "ce navigateur",
    revokeOf: (name) => `Retirer à ${name} le droit d’approuver`,
    revokeHeading: (name) => `Retirer à ${name} le droit d’approuver ?`,
    revokeText:
      "Les appareils que seul cet approbateur a certifiés doivent être approuvés à nouveau. Une clé d’approbateur en de mauvaises mains, avec un service en de mauvaises mains, pourrait signer ses propres listes jusqu’à son expiration ; pour l’empêcher, changez la clé du site.",
    revokedNow: (name) => `${name} n’approuve plus d’appareils.`,
  },

  site: {
    heading: "Clé du site",
    text: "C’est exactement ce qui doit figurer dans le code d’intégration de chaque page.",
    created: (time) => `créée le ${time}`,
    old: "précédente",
    check: "Vérifier depuis n’importe quel ordinateur que chaque page l’a :",
    rotate: "Changer la clé du site",
    rotateText:
      "Quand quelqu’un qui connaissait la phrase secrète s’en va, quand le fichier a pu être copié, ou tous les deux ou trois ans. L’ancienne clé se porte garante de la nouvelle, et les pages peuvent un temps contenir les deux.",
    rotateOld: "Ouvrir l’ancien fichier de clé",
    rotateOldText: "Il signe que la nouvelle clé lui succède. Rien d’autre ne se passe encore.",
    rotatedHeading: "La clé du site a été changée",
    rotatedSteps: [
      "Mettez le nouveau fichier et sa phrase secrète en lieu sûr. Gardez les anciens jusqu’à ce que chaque page soit modifiée.",
      "Copiez à nouveau le code d’intégration dans vos pages : il contient pour l’instant les deux clés.",
      "Que les autres administrateurs ouvrent le nouveau fichier de clé, puis copiez encore une fois le code d’intégration, sans l’ancienne clé.",
    ],
  },

  retire: {
    open: "La clé est perdue ou volée",
    heading: "Abandonner la clé du site",
    better:
      "Si vous avez encore le fichier et que personne d’autre ne l’a, changez plutôt la clé du site : aucun appel n’est alors perdu.",
    question: "Que s’est-il passé ?",
    choose: "Veuillez dire ce qui s’est passé.",
    lost: "Perdue",
    stolen: "Volée",
    hints: {
      lost: "Le fichier a disparu, ou personne ne connaît sa phrase secrète. Personne d’autre ne l’a. Les appels vérifiés continuent jusqu’à l’échéance du dernier approbateur : choisissez une heure calme avant cela.",
      stolen:
        "Quelqu’un d’autre a peut-être le fichier et sa phrase secrète. Avec un service en de mauvaises mains, il pourrait se faire passer pour vos experts sur chaque page qui contient cette clé : retirez d’abord le code d’intégration de vos pages, puis continuez ici.",
    },
    happens: "Ce qui se passe",
    steps: [
      "Aussitôt, les pages qui contiennent l’ancienne clé n’appellent plus personne, et le disent, jusqu’à ce que vous y ayez copié le nouveau code d’intégration.",
      "Vous créez une nouvelle clé du site, ici même.",
      "Le navigateur de chaque expert doit être approuvé à nouveau, par son code. Les autres administrateurs ouvrent le nouveau fichier de clé.",
      "Vous copiez le nouveau code d’intégration dans chaque page.",
      "L’ancienne clé n’est plus jamais acceptée, et quiconque ouvre cette administration voit qui l’a abandonnée, et quand. Cela ne peut pas être annulé.",
    ],
    confirm: (name) => `Tapez « ${name} » pour confirmer`,
    wrong: "Ce n’est pas le nom de votre organisation tel qu’il figure ci-dessus.",
    action: "Abandonner la clé du site",
    listHeading: "Clés du site abandonnées",
    listText:
      "Les pages qui contiennent encore l’une d’elles n’appellent personne. Si personne chez vous n’a fait cela, demandez à ceux qui exploitent le service.",
    by: (name, time) => `par ${name}, ${time}`,
  },

  snippet: {
    siteKey: "Clé du site",
    foreign:
      "Il y a dans ce code d’intégration autre chose que ce que ce navigateur connaît : une autre clé du site, une autre organisation ou plus qu’il ne faut. Ne le copiez pas, et demandez à ceux qui exploitent le service.",
  },

  alarms: {
    heading: "Vérifications échouées",
    help: "Des appels terminés parce que la vérification de l’autre partie a échoué. Une de temps en temps peut venir d’une horloge déréglée ; davantage mérite un regard.",
    empty: "Aucune vérification n’a échoué. C’est ainsi que cela doit être.",
    what: "Ce qui s’est passé",
    side: "Constaté par",
    visitor: "visiteur",
    expert: "expert",
    todo: "Que faire",
    count: "Nombre",
    first: "Première",
    last: "Dernière",
    clear: "Tout effacer",
    clearTitle: "Effacer toutes les vérifications échouées ?",
    clearText: "La liste est vidée pour tous. Ce qui se reproduit est compté à nouveau.",
    cleared: "Les vérifications échouées ont été effacées.",
    reasons: {
      unsealed: "Quelque chose sans sceau là où la page en exige un",
      version: "Une autre version du procédé",
      malformed: "Quelque chose d’illisible",
      "no-device": "Aucun appareil certifié à appeler",
      organisation: "Une déclaration d’une autre organisation",
      chain: "Un certificat qui ne mène pas à la clé du site de la page",
      expired: "Un certificat expiré",
      "not-yet-valid": "Un certificat pas encore valable",
      revoked: "Un appareil révoqué",
      "revocations-missing": "Pas de liste de révocation",
      "revocations-old": "Une vieille liste de révocation",
      "wrong-expert": "La personne qui a répondu n’est pas celle qu’annonçait le service",
      signature: "Une signature fausse",
      fingerprint: "Une connexion mal décrite",
      "certificate-changed": "Une connexion à quelqu’un d’autre que convenu",
      "second-answer": "Une deuxième réponse",
      continuity: "Quelqu’un a tenté de prendre la place d’un visiteur",
      "short-code": "On a touché au code court",
    },
    todos: {
      upkeep: "Ouvrez cette administration dans un navigateur qui approuve des appareils, sous « Confiance ».",
      snippet:
        "Comparez la clé du site de vos pages avec celle sous « Confiance », et copiez à nouveau le code d’intégration.",
      clock:
        "Le plus souvent une horloge déréglée. Si cela se répète, vérifiez les horloges et ouvrez cette administration.",
      update:
        "Copiez à nouveau le code d’intégration dans vos pages, et faites recharger la page « Accueil » à tous les postes.",
      tampering:
        "Si cela se répète, quelqu’un s’en prend peut-être aux appels : ne parlez de rien de confidentiel, et demandez à ceux qui exploitent le service.",
    },
  },
};
