import type { Clock } from "../runtime/index.ts";

const firstCapacity = 4;
const defaultLimit = 100;
const defaultWindowMs = 60_000;

/** How many calls a key may make in any window of that length. */
export interface ThrottleOptions {
  readonly clock: Clock;
  /** Calls per window; 100 unless told. */
  readonly limit?: number;
  /** Milliseconds; 60,000 unless told. */
  readonly windowMs?: number;
}

/**
 * The times of one key's calls in the present window: a ring that grows only as far as calls were
 * made.
 */
class CallTimes {
  #times = new Float64Array(firstCapacity);
  #first = 0;
  #count = 0;

  /** Milliseconds until another call is allowed. */
  waitMs(now: number, limit: number, windowMs: number): number {
    while (this.#count > 0 && now - this.#oldest() >= windowMs) {
      this.#first = (this.#first + 1) % this.#times.length;
      this.#count -= 1;
    }
    if (this.#count < limit) return 0;
    return this.#count === 0 ? windowMs : this.#oldest() + windowMs - now;
  }

  record(now: number, limit: number): void {
    if (this.#count === this.#times.length) this.#grow(limit);
    this.#times[(this.#first + this.#count) % this.#times.length] = now;
    this.#count += 1;
  }

  #oldest(): number {
    return this.#times[this.#first] ?? 0;
  }

  #grow(limit: number): void {
    const grown = new Float64Array(Math.min(limit, this.#times.length * 2));
    for (let index = 0; index < this.#count; index += 1) {
      grown[index] = this.#times[(this.#first + index) % this.#times.length] ?? 0;
    }
    this.#times = grown;
    this.#first = 0;
  }
}

/**
 * An exact sliding window per key.
 *
 * Invariant: no window of `windowMs` holds more than `limit` admitted calls of one key. Refused
 * calls aren't counted, so a call made after the stated wait is admitted, if nobody else used the
 * key meanwhile. Keys that were silent for two windows cost no memory.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #windowMs: number;
  #limit: number;
  #recent = new Map<string, CallTimes>();
  #older = new Map<string, CallTimes>();
  #turnedAt: number;

  constructor(options: ThrottleOptions) {
    this.#clock = options.clock;
    this.#limit = options.limit ?? defaultLimit;
    this.#windowMs = options.windowMs ?? defaultWindowMs;
    this.#turnedAt = options.clock.now();
  }

  /** Keys that are remembered at this moment. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** Changes the limit for calls from now on. */
  set limit(limit: number) {
    this.#limit = limit;
  }

  /** Whether a call would be admitted now; none is recorded. */
  admits(key: string): boolean {
    const now = this.#clock.now();
    return this.#timesOf(key, now).waitMs(now, this.#limit, this.#windowMs) === 0;
  }

  /** Admits and records a call (0), or refuses it: whole seconds after which a call is admitted. */
  take(key: string): number {
    const now = this.#clock.now();
    const times = this.#timesOf(key, now);
    const waitMs = times.waitMs(now, this.#limit, this.#windowMs);
    if (waitMs === 0) times.record(now, this.#limit);
    return Math.ceil(waitMs / 1000);
  }

  #timesOf(key: string, now: number): CallTimes {
    if (now - this.#turnedAt >= this.#windowMs) this.#turn(now);
    let times = this.#recent.get(key);
    if (times === undefined) {
      times = this.#older.get(key) ?? new CallTimes();
      this.#older.delete(key);
      this.#recent.set(key, times);
    }
    return times;
  }

  /** Whoever made no call since the last turn has none left in the window. */
  #turn(now: number): void {
    this.#older = now - this.#turnedAt >= 2 * this.#windowMs ? new Map() : this.#recent;
    this.#recent = new Map();
    this.#turnedAt = now;
  }
}
