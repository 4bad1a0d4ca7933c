/**
 * A moment of the service as text whose order is the order of time: the service writes up to seven
 * fraction digits, and leaves zeros at the end away. Undefined for what is no UTC moment.
 */
export function comparableMoment(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  const [, seconds, fraction = ""] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)$/.exec(text) ?? [];
  return seconds === undefined ? undefined : `${seconds}.${fraction.padEnd(9, "0")}`;
}

/** The comparable moment so many milliseconds before another one. */
export function momentBefore(moment: string, byMs: number): string {
  const ms = Date.parse(`${moment.slice(0, 23)}Z`);
  return `${new Date(ms - byMs).toISOString().slice(0, 23)}${moment.slice(23)}`;
}
