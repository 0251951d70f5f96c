declare module "*.css" {
  /** The style sheet, shortened. */
  const text: string;
  export default text;
}
