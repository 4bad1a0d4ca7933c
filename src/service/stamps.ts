import type { Clock, Random } from "../runtime/index.ts";

const stepsPerMillisecond = 10_000;

/**
 * A moment as the service writes it: ISO 8601 in UTC with seven fraction digits, so that text order
 * is time order.
 */
export function stampOf(milliseconds: number, step = 0): string {
  const iso = new Date(milliseconds).toISOString();
  return `${iso.slice(0, 23)}${String(step).padStart(4, "0")}Z`;
}

/** The milliseconds of a stamp. */
export const millisecondsOf = (stamp: string): number => Date.parse(stamp);

/**
 * Gives out moments that never repeat and never go back, in steps of 100 ns: the order of two
 * writes of this process can always be told from their stamps.
 */
export class Stamps {
  readonly #clock: Clock;
  #milliseconds = 0;
  #step = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The next moment; later than `previous` too, where a machine with a faster clock wrote that. */
  next(previous?: string | null): string {
    const now = this.#clock.now();
    if (now > this.#milliseconds) {
      this.#milliseconds = now;
      this.#step = 0;
    } else {
      this.#advance();
    }
    if (previous) this.#passBy(previous);
    return stampOf(this.#milliseconds, this.#step);
  }

  #advance(): void {
    this.#step += 1;
    if (this.#step < stepsPerMillisecond) return;
    this.#milliseconds += 1;
    this.#step = 0;
  }

  #passBy(previous: string): void {
    if (stampOf(this.#milliseconds, this.#step) > previous) return;
    this.#milliseconds = millisecondsOf(previous);
    this.#step = Number(previous.slice(23, 27));
    this.#advance();
  }
}

/**
 * A new eTag in the form of the original, quotes included:
 * `"2500ec5a-0000-0000-0000-5bf4967d0000"`.
 */
export function newETag(now: number, random: Random): string {
  const chance = Buffer.from(random.bytes(6)).toString("hex");
  const seconds = Math.floor(now / 1000)
    .toString(16)
    .padStart(8, "0");
  return `"${chance.slice(0, 8)}-0000-0000-0000-${seconds}${chance.slice(8)}"`;
}
