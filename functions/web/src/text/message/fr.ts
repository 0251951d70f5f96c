import type { MessageTexts } from "./en.ts";

export const message: MessageTexts = {
  title: "Laisser un message",
  text: "Nous répondons dès que possible. Seuls nos conseillères et nos conseillers peuvent lire votre message ; même le service qui le transporte ne le peut pas.",
  message: "Votre message",
  name: "Votre nom",
  contact: "Comment vous joindre",
  contactHint: "Une adresse e-mail ou un numéro de téléphone",
  optional: "facultatif",
  send: "Envoyer",
  sending: "Envoi…",
  back: "Retour",
  sent: "Votre message est en route",
  sentText: "Il a été scellé sur cette page pour celles et ceux qui doivent le lire, et sera effacé après 30 jours.",
  done: "Terminé",
  empty: "Veuillez écrire quelque chose.",
  tooLong: "Ce message est trop long.",
  card: "N’indiquez pas de numéro de carte.",
  nobody: "Pour l’instant, il n’y a personne pour qui sceller le message. Veuillez réessayer plus tard.",
  browser:
    "Ce navigateur est trop ancien pour sceller votre message. Utilisez un Firefox, Chrome, Edge ou Safari actuel.",
  failed: "Cela n’a pas marché. Veuillez réessayer dans un instant.",
};
