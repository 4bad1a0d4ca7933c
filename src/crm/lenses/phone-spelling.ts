/**
 * A phone number without what people put between its digits, so that `+49 (0)30 123-45` and
 * `+493012345` are one: some CRMs keep the short spelling of whatever they are given.
 */
export function phoneDigits(text: string): string {
  return text.replace("(0)", "").replace(/[\s()./-]/g, "") || text;
}
