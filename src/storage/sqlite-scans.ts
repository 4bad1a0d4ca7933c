import type { Clock } from "../runtime/index.ts";
import type { Row, SqlValue } from "./port.ts";
import { ScanFailure, ScanThread } from "./scan-thread.ts";
import type { ScanRequest } from "./scan-worker.ts";
import { StorageError } from "./storage-error.ts";

const threadLimit = 2;
const waitingLimit = 32;
const pauseLimitMs = 30_000;
const endLimitMs = 5_000;
/** A thread holds 30 MB and more; one that nobody has needed for so long is ended. */
const idleLimitMs = 10_000;

const tooLong = (): StorageError =>
  new StorageError("timeLimitExceeded", "the query needs longer than it may");

const tooMany = (): StorageError =>
  new StorageError(
    "tooManyScans",
    "too many queries without an index run at the same time: try again later",
  );

/**
 * The threads on which one SQLite file is scanned, so that a scan of a large table doesn't hold up
 * the event loop.
 *
 * node:sqlite can't interrupt a running query. A query with `scanCheckpoint` in its WHERE ends
 * there when its time is over; a thread that runs another one is given up and counts as taken until
 * that query has ended by itself, so that scans never take more than `threadLimit` processors.
 */
export class SqliteScans {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #threads = new Set<ScanThread>();
  /** Threads without work, each with what stops its retirement. */
  readonly #idle = new Map<ScanThread, AbortController>();
  readonly #waiting: ((thread: ScanThread | undefined) => void)[] = [];
  #closed = false;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** The rows of a query, computed on another thread. Errors: timeLimitExceeded, tooManyScans. */
  async *scan(
    sql: string,
    values: readonly SqlValue[],
    timeLimitMs: number,
  ): AsyncGenerator<Row, void, void> {
    const thread = await this.#acquire(timeLimitMs);
    let request: ScanRequest = { ask: "begin", sql, values };
    let leftMs = timeLimitMs;
    for (;;) {
      const startedAt = this.#clock.now();
      const { rows, isLast } = await this.#exchange(thread, request, leftMs);
      leftMs -= this.#clock.now() - startedAt;
      if (isLast) {
        this.#release(thread);
        yield* rows;
        return;
      }
      yield* this.#consume(thread, rows);
      request = { ask: "more" };
    }
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting(undefined);
    for (const taken of this.#idle.values()) taken.abort();
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  /**
   * Hands out rows of an unfinished scan. A reader that leaves, or that pauses for too long, gives
   * the thread back.
   */
  async *#consume(thread: ScanThread, rows: readonly Row[]): AsyncGenerator<Row, void, void> {
    const resumed = new AbortController();
    const end = (): Promise<void> =>
      thread.ask({ ask: "end" }, endLimitMs).then(() => this.#release(thread));
    let hasPausedTooLong = false;
    this.#clock.sleep(pauseLimitMs, resumed.signal).then(
      () => {
        hasPausedTooLong = true;
        return end();
      },
      () => {},
    );
    let isConsumed = false;
    try {
      yield* rows;
      isConsumed = true;
    } finally {
      resumed.abort();
      if (!isConsumed && !hasPausedTooLong) await end();
    }
    if (hasPausedTooLong) throw tooLong();
  }

  async #exchange(thread: ScanThread, request: ScanRequest, leftMs: number) {
    const answer = await thread.ask(request, leftMs);
    if (answer === undefined) {
      thread.interrupt().then((isAlive) => {
        if (isAlive) this.#release(thread);
      });
      throw tooLong();
    }
    if ("failure" in answer) {
      this.#release(thread);
      throw new ScanFailure(answer.failure);
    }
    return answer;
  }

  async #acquire(timeLimitMs: number): Promise<ScanThread> {
    const [idle] = this.#idle.keys();
    if (idle) return this.#take(idle);
    if (this.#threads.size < threadLimit) return this.#start();
    if (this.#waiting.length >= waitingLimit) throw tooMany();
    const { promise, resolve } = Promise.withResolvers<ScanThread | undefined>();
    const served = new AbortController();
    this.#waiting.push(resolve);
    this.#clock.sleep(timeLimitMs, served.signal).then(
      () => {
        const place = this.#waiting.indexOf(resolve);
        if (place >= 0) this.#waiting.splice(place, 1);
        resolve(undefined);
      },
      () => {},
    );
    const thread = await promise;
    served.abort();
    if (thread === undefined) throw tooMany();
    return thread;
  }

  #start(): ScanThread {
    const thread = new ScanThread(this.#path, this.#clock, () => this.#forget(thread));
    this.#threads.add(thread);
    return thread;
  }

  #forget(thread: ScanThread): void {
    this.#threads.delete(thread);
    this.#take(thread);
    if (!this.#closed && this.#waiting.length > 0) this.#release(this.#start());
  }

  #release(thread: ScanThread): void {
    if (!this.#threads.has(thread)) return;
    const next = this.#waiting.shift();
    if (next) next(thread);
    else this.#rest(thread);
  }

  #rest(thread: ScanThread): void {
    if (this.#closed) return;
    const taken = new AbortController();
    this.#idle.set(thread, taken);
    this.#clock.sleep(idleLimitMs, taken.signal).then(
      () => {
        // It may have been taken in the very moment.
        if (this.#idle.get(thread) !== taken) return;
        this.#idle.delete(thread);
        return thread.end();
      },
      () => {},
    );
  }

  #take(thread: ScanThread): ScanThread {
    this.#idle.get(thread)?.abort();
    this.#idle.delete(thread);
    return thread;
  }
}
