// What the console says of keys and certificates, in English.

export const en = {
  title: "Trust",
  waiting: "waiting",
  help: "So that visitors’ browsers know by themselves who answers, and nobody in between can listen, not even this service.",
  how: "How it works",
  sentences: [
    "The site key is your organisation’s seal: it is made in this browser, and only you keep it, as a file under a passphrase.",
    "Its public part stands in the snippet on your own pages, so a visitor’s browser trusts your page and not this service.",
    "With it you let an administrator’s browser approve your experts’ devices; then the file goes back into its safe.",
  ],
  picture: {
    siteKey: "Site key",
    siteKeyWhere: "a file in your safe",
    approver: "Approver",
    approverWhere: "an administrator’s browser",
    devices: "Devices",
    devicesWhere: "your experts’ desks",
    page: "Your page",
    pageWhere: "knows the site key and checks the chain",
  },
  begin: "Make the site key",
  beginText:
    "It takes five minutes. Until then calls work as before, and both sides are told that they are not verified.",
  unsupported:
    "This browser cannot make or keep such keys: it is too old, or it keeps nothing (a private window). Please use a current browser.",
  cancel: "Cancel",
  back: "Back",
  working: "One moment…",

  make: {
    heading: "Choose a passphrase",
    text: "Whoever has the file and the passphrase can vouch for anyone in your name. Without them nobody can renew anything, and no one can bring them back for you.",
    passphrase: "Passphrase",
    suggest: "Suggest one",
    show: "Show the passphrase",
    tooWeak: "Please choose a longer one: five or more words that do not belong together, or the suggestion.",
    strength: (time: string) =>
      `Somebody with the file, a thousand graphics cards and lists of what people like to choose would need about ${time}. This is an estimate: nobody can tell from outside how you chose it.`,
    strengthSuggested:
      "Chosen by chance, 100 bits: nobody guesses that. Write it down and keep it apart from the file.",
    weak: "Too weak",
    fair: "Good",
    strong: "Strong",
    save: "Make the key and save the file",
    have: "I have a key file already",
    fileTitle: (organisation: string) => [
      `Visavis: site key of ${organisation}`,
      "Keep this file and its passphrase apart, each in two places. Nobody can replace them.",
    ],
  },
  check: {
    heading: "Open the file that you have just saved",
    text: "So that it is certain that the file is good and the passphrase is right. The key is not kept anywhere else.",
    saved: (name: string) => `The file ${name} went into your downloads.`,
    again: "Save it once more",
    action: "Open and set up",
    other: "This is another key than the one just made. Please choose the file that you have just saved.",
  },
  done: {
    heading: "The site key is set up",
    steps: [
      "Put the file and the passphrase in two safe places each, and delete it from the downloads.",
      "Let every expert set their browser up at the desk, and approve it here.",
      "Then copy the snippet into your pages anew: it now holds the site key. From then on those pages call only certified devices.",
    ],
    toSnippet: "To the snippet",
    close: "Done",
  },
  keyFile: {
    file: "Key file",
    passphrase: "Passphrase",
    open: "Open",
    opening: "Opening…",
    missingFile: "Please choose the file.",
    missingPassphrase: "Please type the passphrase.",
    problems: {
      "not-a-key-file": "This is not a key file.",
      unencrypted: "The key in this file lies open, without a passphrase. Treat it as lost and make a new one.",
      unsupported: "This file holds another kind of key, or is sealed in a way that is not known here.",
      passphrase: "The passphrase does not open this file.",
      foreign: "This is not a site key of this organisation.",
    } as Record<string, string>,
    local: "The file and the passphrase stay in this browser.",
  },

  approver: {
    heading: "This browser",
    none: "This browser does not approve devices. Open the key file once, and it does for 90 days.",
    good: (until: string) =>
      `This browser approves devices, and renews what is approved while the console is open, until ${until}.`,
    ends: (days: number) =>
      days === 1
        ? "It may do so for 1 more day. Open the key file to go on for 90 days."
        : `It may do so for ${days} more days. Open the key file to go on for 90 days.`,
    ended:
      "This browser’s time as an approver is over. Open the key file to go on for 90 days; devices stop being renewed.",
    revoked: "This browser was taken off the list of approvers. With the key file it gets a new key.",
    foreign:
      "The service tells of another site key than the one this browser approves for. If nobody in your organisation has changed it, somebody is tampering: do not copy the snippet, and ask whoever operates the service.",
    besides:
      "The service also tells of a site key that this browser knows nothing of. If you have changed the site key in the last months, it may be the one before: compare it with what another administrator sees. If not, somebody is tampering: do not copy the snippet, and ask whoever operates the service.",
    gone: "The service tells of no site key any more, and this browser approves for one. If nobody in your organisation has given it up, somebody is tampering: make no new one, and ask whoever operates the service.",
    renew: "Open the key file",
    renewed: "This browser approves devices for 90 days.",
    failed: "What was due could not be signed.",
    listEnded: "The revocation list has ended, so that no verified call is possible. Open the key file to go on.",
  },

  devices: {
    heading: "Devices",
    help: "Each browser in which an expert answers has a certificate of its own, for 7 days, renewed while this console is open.",
    empty: "No device yet. Experts set their browser up at the desk; it appears here.",
    refresh: "Load again",
    pending: "Waits for approval",
    unknown: "To be approved anew",
    certified: "Certified",
    lapsed: "Lapsed",
    revoked: "Revoked",
    inactive: "Person deactivated",
    asked: (time: string) => `Asked ${time}`,
    until: (time: string) => `until ${time}`,
    ended: (time: string) => `ended ${time}`,
    code: "Code",
    renamed: (name: string) => `Visitors still read “${name}”.`,
    approve: "Compare and approve",
    approveOf: (name: string) => `Compare and approve the device of ${name}`,
    rename: "Approve the new name",
    refuse: "Refuse",
    refuseOf: (name: string) => `Refuse the device of ${name}`,
    revoke: "Revoke",
    revokeOf: (name: string) => `Revoke the device of ${name}`,
    needsApprover: "Only a browser that approves devices can do this: see above.",
    lapsing: (count: number) =>
      count === 1 ? "1 certificate could not be renewed." : `${count} certificates could not be renewed.`,
    approved: (name: string) => `The device of ${name} is certified.`,
    refused: (name: string) => `The device of ${name} was refused.`,
    revokedNow: (name: string) => `The device of ${name} is revoked.`,
  },
  compare: {
    heading: (name: string) => `Is this the device of ${name}?`,
    text: "Call them, or stand beside them. Let them read the code on their desk to you, and type what you hear.",
    code: "Code",
    codeHint: "Twelve letters and digits. The code is not shown here, so that it cannot be approved unheard.",
    wrong:
      "This is not the code of this request. Let them read it once more. If it stays different, somebody may have put another device in its place: refuse it, and tell whoever operates the service.",
    visitorsRead: "Visitors will read",
    action: "Approve",
  },
  revoke: {
    heading: (name: string) => `Revoke the device of ${name}?`,
    text: "Visitors’ browsers refuse it as soon as they see the new list, which is at once.",
    window:
      "A service that has fallen into wrong hands could hold the list back: then the device is accepted for 6 more days at most.",
    undo: "This cannot be taken back. The expert can ask for a new certificate with fresh keys.",
    action: "Revoke",
  },
  refuseDialog: {
    heading: (name: string) => `Refuse the device of ${name}?`,
    text: "The desk tells the expert, who can ask again.",
    action: "Refuse",
  },

  approvers: {
    heading: "Approvers",
    good: "approves",
    ended: "over",
    revoked: "revoked",
    unknown: "not known to this browser",
    you: "this browser",
    revokeOf: (name: string) => `Revoke the approver of ${name}`,
    revokeHeading: (name: string) => `Revoke the approver of ${name}?`,
    revokeText:
      "Devices that only this approver has certified have to be approved anew. An approver key in wrong hands, together with a service in wrong hands, could sign lists of its own until it ends; to stop that, change the site key.",
    revokedNow: (name: string) => `The approver of ${name} is revoked.`,
  },

  site: {
    heading: "Site key",
    text: "Exactly this must stand in the snippet on every page.",
    created: (time: string) => `made ${time}`,
    old: "before",
    check: "Check that every page has it, from any computer:",
    rotate: "Change the site key",
    rotateText:
      "When an administrator who knew the passphrase leaves, when the file may have been copied, or every few years. The old key vouches for the new one, and for a while pages may hold both.",
    rotateOld: "Open the old key file",
    rotateOldText: "It signs that the new key follows it. Nothing else happens yet.",
    rotatedHeading: "The site key has been changed",
    rotatedSteps: [
      "Put the new file and its passphrase away safely. Keep the old ones until every page has been changed.",
      "Copy the snippet into your pages anew: for now it holds both keys.",
      "Let the other administrators open the new key file, then copy the snippet once more without the old key.",
    ],
  },

  retire: {
    open: "The key is lost or stolen",
    heading: "Give the site key up",
    better: "If you still have the file and nobody else does, change the site key instead: then no call is lost.",
    question: "What has happened?",
    choose: "Please say what has happened.",
    lost: "Lost",
    stolen: "Stolen",
    hints: {
      lost: "The file is gone, or nobody knows its passphrase. Nobody else has it. Verified calls go on until the last approver’s time is over, so choose a quiet hour before that.",
      stolen:
        "Somebody else may have the file and its passphrase. Together with a service in wrong hands they could pass for your experts on every page that holds this key: take the snippet off your pages first, then go on here.",
    },
    happens: "What happens",
    steps: [
      "At once, pages that hold the old key call nobody any more, and say so, until you have copied the new snippet into them.",
      "You make a new site key, right here.",
      "Every expert’s browser has to be approved anew, by its code. The other administrators open the new key file.",
      "You copy the new snippet into every page.",
      "The old key is never taken again, and everybody who opens this console sees who gave it up, and when. This cannot be undone.",
    ],
    confirm: (name: string) => `Type “${name}” to confirm`,
    wrong: "This is not your organisation’s name as it stands above.",
    action: "Give the site key up",
    listHeading: "Site keys given up",
    listText:
      "Pages that still hold one of these call nobody. If nobody in your organisation has done this, ask whoever operates the service.",
    by: (name: string, time: string) => `by ${name}, ${time}`,
  },

  snippet: {
    siteKey: "Site key",
    foreign:
      "There is something else in this snippet than what this browser knows: another site key, another organisation or more than belongs there. Do not copy it, and ask whoever operates the service.",
  },

  alarms: {
    heading: "Failed checks",
    help: "Calls that ended because a check of the other side failed. One now and then can be a wrong clock; more than that deserves a look.",
    empty: "No check has failed. That is how it should be.",
    what: "What happened",
    side: "Noticed by",
    visitor: "visitor",
    expert: "expert",
    todo: "What to do",
    count: "Count",
    first: "First",
    last: "Last",
    clear: "Clear all",
    clearTitle: "Clear all failed checks?",
    clearText: "The list is emptied for everyone. What happens again is counted again.",
    cleared: "The failed checks have been cleared.",
    reasons: {
      unsealed: "Something unsealed came where the page demands a seal",
      version: "Another version of the handshake",
      malformed: "Something that cannot be read",
      "no-device": "No certified device to ring",
      organisation: "A statement of another organisation",
      chain: "A certificate that does not lead to the site key in the page",
      expired: "A certificate that has ended",
      "not-yet-valid": "A certificate that is not valid yet",
      revoked: "A revoked device",
      "revocations-missing": "No revocation list",
      "revocations-old": "An old revocation list",
      "wrong-expert": "Somebody else answered than the service said",
      signature: "A signature that is wrong",
      fingerprint: "A connection that was described wrongly",
      "certificate-changed": "A connection to somebody else than agreed",
      "second-answer": "A second answer",
      continuity: "Somebody tried to take a visitor’s place",
      "short-code": "The short code was tampered with",
    },
    todos: {
      upkeep: "Open this console in a browser that approves devices, under Trust.",
      snippet: "Compare the site key in your pages with the one under Trust, and copy the snippet anew.",
      clock: "Mostly a wrong clock on a computer. If it repeats, look at the clocks and open this console.",
      update: "Copy the snippet into your pages anew and let the desks load again.",
      tampering:
        "If it repeats, somebody may be tampering with calls: do not talk about anything confidential, and ask whoever operates the service.",
    },
  },
};

export type TrustTexts = typeof en;
