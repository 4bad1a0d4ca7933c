/**
 * Orders two UTC stamps of one server, with any number of fraction digits: negative, zero or
 * positive.
 */
export function compareStamps(left: string, right: string): number {
  if (left === right) return 0;
  const leftSecond = left.slice(0, 19);
  const rightSecond = right.slice(0, 19);
  if (leftSecond !== rightSecond) return leftSecond < rightSecond ? -1 : 1;
  const leftFraction = fractionOf(left);
  const rightFraction = fractionOf(right);
  if (leftFraction === rightFraction) return 0;
  return leftFraction < rightFraction ? -1 : 1;
}

/**
 * The stamp `earlierByMs` before another one, to whole milliseconds; the empty string stays empty.
 */
export function stampBefore(stamp: string, earlierByMs: number): string {
  if (stamp === "") return "";
  return new Date(Date.parse(stamp) - earlierByMs).toISOString();
}

/** The later of two stamps; the empty string is earlier than any. */
export function laterStamp(left: string, right: string): string {
  return compareStamps(left, right) >= 0 ? left : right;
}

const digits = 9;

function fractionOf(stamp: string): string {
  if (stamp.charAt(19) !== ".") return "0".repeat(digits);
  return stamp.slice(20).replace(/\D.*$/, "").padEnd(digits, "0");
}
