// The second script of a call, loaded behind the first: what no first picture waits for.

import { defineMore } from "../call/view/more.ts";

defineMore();
