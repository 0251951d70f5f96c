// What the desk says of a call that is over.

import type { Call, Id } from "../call/types.ts";
import type { ServiceClock } from "./clock.ts";
import type { News } from "./reception.ts";
import type { DeskTexts } from "./texts/en.ts";
import { formatDuration } from "./time.ts";

/** `own`: the expert of this desk. */
export function newsText(
  news: Exclude<News, { name: "failed" }>,
  texts: DeskTexts,
  clock: ServiceClock,
  own: Id | undefined,
): string {
  const { call } = news;
  const visitor = call?.visitor?.name ?? texts.visitor;
  const said = texts.news;
  switch (news.name) {
    case "taken":
      return call?.expert && call.expert.id === own
        ? said.takenByMe
        : said.taken(call?.expert?.name ?? said.takenByOther, visitor);
    case "cancelled":
    case "missed":
      return said[news.name](visitor);
    case "over":
      if (news.outcome === "other-gone") return said.gone(visitor);
      if (news.outcome === "self-gone") return said.selfGone;
      if (news.outcome === "check-failed") return said.checkFailed(visitor);
      return said.over(visitor, lasted(call, clock));
  }
}

function lasted(call: Call | undefined, clock: ServiceClock): string {
  if (!call?.answered_at) return formatDuration(0);
  const end = call.ended_at ? Date.parse(call.ended_at) : clock.now();
  return formatDuration(end - Date.parse(call.answered_at));
}
