// What the desk and the console say alike, in French.

import type { StaffTexts } from "./en.ts";

export const fr: StaffTexts = {
  language: "Langue",
  desk: "Accueil",
  console: "Administration",
  signOut: "Se déconnecter",
  starting: "Un instant…",
  tryAgain: "Réessayer",
  cancel: "Annuler",
  close: "Fermer",
  copy: "Copier",
  copied: "Copié",
  copyFailed: "La copie n’a pas été possible. Sélectionnez le texte et copiez-le à la main.",
  unreachable: {
    title: "Le service ne répond pas",
    text: "Veuillez vérifier votre réseau. Nous continuons d’essayer ; rien n’est perdu.",
  },
  offline: "Pas de connexion au service. Nous continuons d’essayer.",
  signedOut: {
    "no-session": {
      title: "Veuillez vous connecter",
      text: "Vous vous connectez avec un lien personnel. Demandez-le à votre administration : il est valable une fois, pendant 24 heures.",
    },
    link: {
      title: "Ce lien n’est plus valable",
      text: "Il a déjà servi ou il est trop ancien. Demandez-en un nouveau à votre administration.",
    },
    ended: {
      title: "Votre session a été fermée",
      text: "Votre session est terminée. Demandez un nouveau lien à votre administration.",
    },
    left: {
      title: "Session fermée",
      text: "Pour vous reconnecter, demandez un nouveau lien à votre administration.",
    },
    role: {
      title: "Cette page n’est pas pour vous",
      text: "Votre session est ouverte, mais sans le rôle nécessaire ici. Votre administration peut vous le donner.",
    },
  },
  replace: {
    title: "Se connecter comme quelqu’un d’autre ?",
    text: (name) =>
      `${name ? `Une session est ouverte au nom de ${name}.` : "Une session est déjà ouverte ici."} Ce lien la ferme et connecte la personne pour laquelle il a été fait. Ne continuez que si vous l’attendiez.`,
    confirm: "Se déconnecter et continuer",
  },
  otherPage: { expert: "Aller à l’administration", administrator: "Aller à l’accueil" },
  problems: {
    "card-number":
      "Un texte ressemble à un numéro de carte de paiement. Veuillez l’enlever : ces numéros ne sont jamais conservés ici.",
    "token-missing": "Votre session est terminée. Veuillez vous reconnecter.",
    "token-invalid": "Votre session est terminée. Veuillez vous reconnecter.",
    "token-expired": "Votre session est terminée. Veuillez vous reconnecter.",
    "role-not-allowed": "Vous n’avez pas le droit de faire cela.",
    "not-found": "Cela n’existe plus. Rechargez la page.",
    "call-over": "Cet appel est terminé.",
    "already-answered": "Quelqu’un d’autre a été plus rapide.",
    "body-too-large": "C’est trop grand. Veuillez raccourcir.",
    "too-many-requests": "Trop de demandes. Veuillez patienter un instant et réessayer.",
    unavailable: "Le service n’est pas prêt. Veuillez réessayer dans un instant.",
    misconfigured: "Le service n’est pas complètement installé. Dites-le à ceux qui l’exploitent :",
    unreachable: "Le service n’a pas pu être atteint. Vérifiez votre réseau et réessayez.",
    malformed: "Le service n’a pas accepté ceci :",
    other: "Cela n’a pas fonctionné :",
  },
};
