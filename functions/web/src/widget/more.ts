// The second script of a call, loaded behind the first: what no first picture waits for.

import { defineMore } from "../call/view/more.ts";
import { define } from "../call/view/watching.ts";
import { LeaveMessage } from "./leave-message.ts";

defineMore();
define({ "visavis-leave-message": LeaveMessage });
