import { InvalidArgumentError } from "commander";

/** A whole number of at least `least`, as an option's or argument's value. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}
