// What the launcher says: all languages in one, because it is loaded before anybody has clicked.

export type Language = "de" | "en" | "fr" | "it";

export interface LauncherTexts {
  talk: string;
  loading: string;
  free: string;
  busy: string;
  closed: string;
  unreachable: string;
  failed: string;
}

export const launcher: Record<Language, LauncherTexts> = {
  de: {
    talk: "Mit uns sprechen",
    loading: "Einen Moment …",
    free: "Jetzt für Sie da",
    busy: "Alle im Gespräch",
    closed: "Gerade niemand da",
    unreachable: "Zurzeit nicht erreichbar",
    failed: "Nochmals versuchen",
  },
  en: {
    talk: "Talk to us",
    loading: "One moment…",
    free: "Here for you now",
    busy: "All in a call",
    closed: "Nobody here right now",
    unreachable: "Out of reach right now",
    failed: "Try again",
  },
  fr: {
    talk: "Parlez-nous",
    loading: "Un instant…",
    free: "À votre écoute",
    busy: "Tous en appel",
    closed: "Personne pour l’instant",
    unreachable: "Injoignable pour l’instant",
    failed: "Réessayer",
  },
  it: {
    talk: "Parli con noi",
    loading: "Un momento…",
    free: "Siamo qui per Lei",
    busy: "Tutti occupati",
    closed: "Ora non c’è nessuno",
    unreachable: "Al momento irraggiungibile",
    failed: "Riprova",
  },
};
