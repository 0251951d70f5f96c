// What the desk and the console say alike, in English.

export const en = {
  language: "Language",
  desk: "Desk",
  console: "Console",
  signOut: "Sign out",
  starting: "One moment…",
  tryAgain: "Try again",
  cancel: "Cancel",
  close: "Close",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "Copying was not possible. Select the text and copy it by hand.",
  unreachable: {
    title: "The service does not answer",
    text: "Please check your network. We keep trying; nothing is lost.",
  },
  offline: "No connection to the service. We keep trying.",
  signedOut: {
    "no-session": {
      title: "Please sign in",
      text: "You sign in with a personal link. Ask your administrator for one: it works once, for 24 hours.",
    },
    link: {
      title: "This link no longer works",
      text: "It was used before, or it is too old. Ask your administrator for a new one.",
    },
    ended: {
      title: "You have been signed out",
      text: "Your session is over. Ask your administrator for a new link.",
    },
    left: { title: "You are signed out", text: "To sign in again, ask your administrator for a new link." },
    role: {
      title: "This page is not for you",
      text: "You are signed in, but without the role this page needs. Your administrator can give it to you.",
    },
  },
  replace: {
    title: "Sign in as somebody else?",
    text: (name: string | undefined) =>
      `${name ? `You are signed in as ${name}.` : "Somebody is signed in here already."} This link signs you out and signs in whoever it was made for. Go on only if you were expecting it.`,
    confirm: "Sign out and go on",
  },
  otherPage: { expert: "Go to the console", administrator: "Go to the desk" },
  problems: {
    "card-number": "A text looks like a payment card number. Please remove it: card numbers are never stored here.",
    "token-missing": "Your session is over. Please sign in again.",
    "token-invalid": "Your session is over. Please sign in again.",
    "token-expired": "Your session is over. Please sign in again.",
    "role-not-allowed": "You do not have the right to do this.",
    "not-found": "This is no longer there. Load the page again.",
    "call-over": "This call is over.",
    "already-answered": "Someone else was first.",
    "body-too-large": "This is too large. Please shorten it.",
    "too-many-requests": "Too many requests. Please wait a moment and try again.",
    unavailable: "The service is not ready. Please try again in a moment.",
    misconfigured: "The service is not set up completely. Tell whoever operates it:",
    unreachable: "The service was not reached. Check your network and try again.",
    malformed: "The service did not accept this:",
    other: "This did not work:",
  } as Record<string, string>,
};

export type StaffTexts = typeof en;
