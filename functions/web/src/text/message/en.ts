// What the form for a message says.

export const message = {
  title: "Leave a message",
  text: "We answer as soon as we can. Only our advisers can read it: not even the service that carries it can.",
  message: "Your message",
  name: "Your name",
  contact: "How we reach you",
  contactHint: "An e-mail address or a telephone number",
  optional: "optional",
  send: "Send",
  sending: "Sending…",
  back: "Back",
  sent: "Your message is on its way",
  sentText: "It was sealed on this page for those who are to read it, and is deleted after 30 days.",
  done: "Done",
  empty: "Please write something.",
  tooLong: "This message is too long.",
  card: "Please do not enter card numbers.",
  nobody: "Just now there is nobody that the message could be sealed for. Please try again later.",
  browser: "This browser is too old to seal your message. Please use a current Firefox, Chrome, Edge or Safari.",
  failed: "That did not work. Please try again in a moment.",
};

export type MessageTexts = typeof message;
