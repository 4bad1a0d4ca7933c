import type { Clock, Log } from "../../runtime/index.ts";
import type { Transaction } from "../../storage/port.ts";
import type { DuePair } from "../ledger/ledger-port.ts";
import type { Priority, Runner } from "./runner.ts";

/** The durable queue that the runner works off: it keeps none of its own. */
export interface DueQueue {
  /** Keys due at `now`, the most urgent class first. */
  due(now: number, limit: number): Promise<readonly DuePair[]>;
  nextDueAt(): Promise<number | undefined>;
  /** Makes a key due within a transaction; absent where the queue's own commits do that. */
  submit?(transaction: Transaction, key: string, at: number, priority: Priority): Promise<void>;
}

/** A runner in this process. */
export interface EmbeddedRunner extends Runner {
  /** Something was committed that may be due: look at once. */
  wake(): void;
}

/** Settings of the embedded runner. */
export interface EmbeddedRunnerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly queue: DueQueue;
  /** Handlers at the same time. */
  readonly concurrency: number;
  /** How long the runner sleeps at most, so that what another process commits is found. */
  readonly idleMs: number;
}

/** Slots beside the others that only a person's request takes: it never waits behind a queue. */
const interactiveSlots = 2;
/** First wait of a key whose handler failed; doubles up to the longest. */
const failureMs = { first: 1_000, longest: 60_000 };
/** A key that is run more often than this stays due for ever: a fault of its handler, not work. */
const spinning = { mostRuns: 200, withinMs: 1_000, mostKeys: 10_000 };

/**
 * Runs what is due, most urgent first, never two handlers of one key at a time; drains when
 * stopped.
 */
export function createEmbeddedRunner(options: EmbeddedRunnerOptions): EmbeddedRunner {
  return new QueueRunner(options);
}

/** One for all: an error of its own for each wake would cost more than the wake. */
const wokenEarly = new Error("there is something to do");

class QueueRunner implements EmbeddedRunner {
  readonly #options: EmbeddedRunnerOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #resting = new Map<string, { readonly until: number; readonly failures: number }>();
  readonly #recent = new Map<string, { readonly since: number; readonly runs: number }>();
  readonly #stop = new AbortController();
  #handler: (key: string, signal: AbortSignal) => Promise<void> = async () => {};
  #sleep = new AbortController();
  #isWoken = false;
  #isAsleep = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: EmbeddedRunnerOptions) {
    this.#options = options;
  }

  async start(handler: (key: string, signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#handler = handler;
    this.#loop = this.#run();
  }

  async submit(
    key: string,
    options: {
      readonly transaction: Transaction;
      readonly dueAt?: Date;
      readonly priority?: Priority;
    },
  ): Promise<void> {
    const at = options.dueAt?.getTime() ?? this.#options.clock.now();
    const priority = options.priority ?? "read";
    await this.#options.queue.submit?.(options.transaction, key, at, priority);
    this.wake();
  }

  wake(): void {
    this.#isWoken = true;
    if (this.#isAsleep) this.#sleep.abort(wokenEarly);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("the runner was stopped"));
    this.wake();
    await this.#loop;
    await Promise.all(this.#running.values());
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#isWoken = false;
      const hasStarted = await this.#startDue();
      if (!hasStarted) await this.#rest();
    }
  }

  async #startDue(): Promise<boolean> {
    const { clock, queue, concurrency } = this.#options;
    const now = clock.now();
    const limit = concurrency + interactiveSlots + this.#running.size + this.#resting.size;
    let hasStarted = false;
    for (const { pairId: key, priority } of await queue.due(now, limit)) {
      const slots = priority === "interactive" ? concurrency + interactiveSlots : concurrency;
      const isResting = (this.#resting.get(key)?.until ?? 0) > now;
      if (this.#stop.signal.aborted || this.#running.size >= slots) break;
      if (this.#running.has(key) || isResting) continue;
      this.#running.set(key, this.#handle(key));
      hasStarted = true;
    }
    return hasStarted;
  }

  async #handle(key: string): Promise<void> {
    try {
      await this.#handler(key, this.#stop.signal);
      if (this.#isSpinning(key)) throw new Error("it stays due, though it was run again and again");
      this.#resting.delete(key);
    } catch (error) {
      const { clock, log } = this.#options;
      if (this.#stop.signal.aborted) {
        log.info({ key }, "a unit of work was given up, because the runner was stopped");
        return;
      }
      const failures = (this.#resting.get(key)?.failures ?? 0) + 1;
      const waitMs = Math.min(failureMs.longest, failureMs.first * 2 ** (failures - 1));
      this.#resting.set(key, { until: clock.now() + waitMs, failures });
      log.error({ key, failures, err: error }, "a unit of work crashed and is put off");
    } finally {
      this.#running.delete(key);
      this.wake();
    }
  }

  /** Whether a key was run so often within a second that it can't be getting anywhere. */
  #isSpinning(key: string): boolean {
    const now = this.#options.clock.now();
    const { since, runs } = this.#recent.get(key) ?? { since: now, runs: 0 };
    const isNew = now - since >= spinning.withinMs;
    if (this.#recent.size >= spinning.mostKeys) this.#recent.clear();
    this.#recent.set(key, isNew ? { since: now, runs: 1 } : { since, runs: runs + 1 });
    return !isNew && runs + 1 > spinning.mostRuns;
  }

  async #rest(): Promise<void> {
    const { clock, queue, idleMs } = this.#options;
    const next = await queue.nextDueAt();
    if (this.#isWoken || this.#stop.signal.aborted) return;
    const now = clock.now();
    const isBehind = next !== undefined && next <= now;
    const waitMs = isBehind || next === undefined ? idleMs : next - now;
    this.#sleep = new AbortController();
    this.#isAsleep = true;
    await clock.sleep(Math.min(waitMs, idleMs), this.#sleep.signal).catch(() => {});
    this.#isAsleep = false;
  }
}
