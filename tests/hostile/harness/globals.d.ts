/** How often a stream of the other side was given to something that plays it. */
declare var __shown: number;
