// What members of a call are called: by their name and by what they are, because a guest may give any name.

import { html } from "lit";
import type { ViewTexts } from "../../text/view/en.ts";
import type { Author } from "../chat.ts";

type Named = Pick<Author, "name" | "kind">;
type Kinds = Pick<ViewTexts, "kinds">;

/** Where nothing can be set apart: to be read out. */
export function spokenName({ kinds }: Kinds, { name, kind }: Named): string {
  return name ? `${name} (${kinds[kind]})` : kinds[kind];
}

/** Only who is `undefined` is the other side, `peer`: a member without a name must not go by its name. */
export function spokenSender(texts: Kinds & Pick<ViewTexts, "other">, peer: string, from: Named | undefined): string {
  return from ? spokenName(texts, from) : peer || texts.other;
}

/** A name does not change the direction of what is beside it. */
export function shownName({ kinds }: Kinds, { name, kind }: Named): unknown {
  return name ? html`<bdi>${name}</bdi> (${kinds[kind]})` : kinds[kind];
}

/** As {@link spokenSender}. */
export function shownSender(texts: ViewTexts, peer: string, from: Named | undefined): unknown {
  return from ? shownName(texts, from) : html`<bdi>${peer || texts.other}</bdi>`;
}
