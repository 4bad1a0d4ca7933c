import { InvalidArgumentError } from "commander";

/** A whole number from `least` to `most`, as an option's or argument's value. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** The number of a port; 0 where any free one will do. */
export const portNumber = wholeNumber(0, 65_535);
