/** The time of now, in milliseconds since 1970. */
export const timeNow = (): number => Date.now();
