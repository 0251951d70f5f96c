// What others say they and their files are called is shown beside what is proven: nothing in it may hide or turn round.

/** Without control and formatting characters (Unicode categories Cc, Cf), which make a name look like another. */
export function visible(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}]/gu, "").trim();
}
