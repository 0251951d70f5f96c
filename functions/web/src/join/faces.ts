// What the page for guests says when it does not go on.

import type { Problem } from "../call/api.ts";
import type { Outcome } from "../call/session-state.ts";
import type { PanelTexts } from "../text/panel/en.ts";
import type { Icon } from "../theme/icons.ts";
import { problemText } from "../widget/faces/message.ts";
import type { JoinTexts } from "./texts.ts";

export interface Face {
  icon: Icon;
  title: string;
  text: string;
  /** The same may succeed a little later. */
  again: boolean;
}

/** Why the guest did not get as far as waiting. */
export function obstacle(problem: Problem, texts: JoinTexts, panel: PanelTexts): Face {
  switch (problem.slug) {
    case "not-found":
    case "call-over":
      return { icon: "person", ...texts.used, again: false };
    case "limit-reached":
      return { icon: "people", ...texts.full, again: true };
    default: {
      const { title } = panel.problem;
      return { icon: "alert", title, text: problemText(problem, panel.problem), again: problem.passing };
    }
  }
}

/** How it ended; `own` is what the guest has ended. That a check failed says more. */
export function ending(
  outcome: Exclude<Outcome, "check-failed">,
  own: boolean,
  texts: JoinTexts,
  { ended }: PanelTexts,
): Face {
  switch (outcome) {
    case "declined":
    case "missed":
      return { icon: "person", ...texts[outcome], again: false };
    case "other-gone":
    case "self-gone":
      return { icon: "phone-down", title: ended[outcome], text: texts.missed.text, again: false };
    case "cancelled":
      if (!own) return { icon: "phone-down", ...texts.gone, again: false };
      return { icon: "phone-down", title: ended[outcome], text: texts.declined.text, again: false };
    default:
      return { icon: "check", ...texts.over, again: false };
  }
}
