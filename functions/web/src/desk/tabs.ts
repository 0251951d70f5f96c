// What tabs of one browser say to each other: one goes on with a call that another had, and learns what it needs for it.

import type { Id } from "../call/types.ts";
import { adopt, type Kept, kept, remember, remembered } from "./memory.ts";

type Message = { goesOn: Id } | { had: Id; kept: Kept };

export interface TabsEvents {
  /** Another tab goes on with this call. Whether this one had it: it lets go of it. */
  takenOver: (call: Id) => boolean;
  /** What the other tab knew of the call that this one goes on with came too late for its beginning. */
  late: (call: Id) => void;
}

/** Within this time a tab answers another. Milliseconds. */
const ANSWERED_WITHIN = 500;

export class Tabs {
  #channel = new BroadcastChannel("visavis.desk");
  /** The call that is about to be gone on with here. */
  #begun: { call: Id; adopted: () => void } | undefined;

  constructor(events: TabsEvents) {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("goesOn" in data) {
        const known = kept();
        if (events.takenOver(data.goesOn)) this.#tell({ had: data.goesOn, kept: known });
      } else if (data.had === remembered()) {
        adopt(data.kept);
        if (this.#begun?.call === data.had) this.#begun.adopted();
        else events.late(data.had);
      }
    };
  }

  /**
   * This tab goes on with a call. Another lets go of it and tells by what the visitor is known again; until then nobody
   * must be taken for them. A tab that was loaded anew knows it by itself, and another desk does not answer.
   */
  async goOn(call: Id): Promise<void> {
    const reloaded = remembered() === call;
    remember(call);
    const answered = new Promise<void>((resolve) => {
      this.#begun = { call, adopted: resolve };
      if (reloaded) resolve();
      else setTimeout(resolve, ANSWERED_WITHIN);
    });
    this.#tell({ goesOn: call });
    await answered;
    this.#begun = undefined;
  }

  close(): void {
    this.#channel.close();
  }

  #tell(message: Message): void {
    this.#channel.postMessage(message);
  }
}
