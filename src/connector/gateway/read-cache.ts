import type { Clock, HttpResponse } from "../../runtime/index.ts";

/** An answer from the cache with its age. */
export interface CachedAnswer {
  readonly answer: HttpResponse;
  /** Whole seconds. */
  readonly ageS: number;
}

interface Entry {
  readonly answer: HttpResponse;
  readonly storedAt: number;
}

/** Characters of answers that are kept at most. */
const mostCharacters = 64 * 1024 * 1024;

/**
 * Answers to reads, in memory only, each for its own connection. Invariant: none is older than the
 * stated age, and a connection's own writes are seen by its next read.
 */
export class ReadCache {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #byConnection = new Map<string, Map<string, Entry>>();
  readonly #writes = new Map<string, number>();
  #characters = 0;

  /** With an age of 0 nothing is ever kept. */
  constructor(clock: Clock, maxAgeMs: number) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  get maxAgeMs(): number {
    return this.#maxAgeMs;
  }

  /** How many writes a connection has made: to be asked before a read begins. */
  writesOf(connectionId: string): number {
    return this.#writes.get(connectionId) ?? 0;
  }

  find(connectionId: string, key: string): CachedAnswer | undefined {
    const entries = this.#byConnection.get(connectionId);
    const entry = entries?.get(key);
    if (!(entries && entry)) return undefined;
    const ageMs = this.#clock.now() - entry.storedAt;
    if (ageMs < this.#maxAgeMs) return { answer: entry.answer, ageS: Math.floor(ageMs / 1000) };
    this.#drop(entries, key, entry);
    return undefined;
  }

  /** Keeps an answer, unless the connection has written since `writes` was asked for. */
  keep(connectionId: string, key: string, answer: HttpResponse, writes: number): void {
    if (this.#maxAgeMs <= 0 || answer.body.length > mostCharacters) return;
    if (this.writesOf(connectionId) !== writes) return;
    // Emptied at once: simpler than an order of use, and rare at the ages that make sense.
    if (this.#characters + answer.body.length > mostCharacters) this.clear();
    const entries = this.#byConnection.get(connectionId) ?? new Map<string, Entry>();
    this.#byConnection.set(connectionId, entries);
    const before = entries.get(key);
    if (before) this.#drop(entries, key, before);
    entries.set(key, { answer, storedAt: this.#clock.now() });
    this.#characters += answer.body.length;
  }

  /** Counts a write of the connection's, whose earlier reads are forgotten. */
  noteWrite(connectionId: string): void {
    if (this.#maxAgeMs <= 0) return;
    this.#writes.set(connectionId, this.writesOf(connectionId) + 1);
    this.#empty(connectionId);
  }

  /** The connection has ended. */
  forget(connectionId: string): void {
    this.#writes.delete(connectionId);
    this.#empty(connectionId);
  }

  #empty(connectionId: string): void {
    const entries = this.#byConnection.get(connectionId);
    for (const { answer } of entries?.values() ?? []) this.#characters -= answer.body.length;
    this.#byConnection.delete(connectionId);
  }

  clear(): void {
    this.#byConnection.clear();
    this.#characters = 0;
  }

  #drop(entries: Map<string, Entry>, key: string, entry: Entry): void {
    entries.delete(key);
    this.#characters -= entry.answer.body.length;
  }
}
