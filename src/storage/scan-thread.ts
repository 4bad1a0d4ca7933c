import { Worker } from "node:worker_threads";
import type { Clock } from "../runtime/index.ts";
import type { ScanAnswer, ScanRequest, ScanSetting } from "./scan-worker.ts";

const interruptionGraceMs = 500;
/** Batches are bounded, so a small heap is enough; the platform's own limit is gigabytes. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };

/** Emitted JavaScript lies beside its like, TypeScript beside its own. */
const workerUrl = new URL(
  import.meta.url.endsWith(".ts") ? "./scan-worker.ts" : "./scan-worker.js",
  import.meta.url,
);

/** A scan that SQLite refused; the thread is sound. */
export class ScanFailure extends Error {
  readonly errcode: number | undefined;

  constructor(failure: { readonly message: string; readonly errcode: number | undefined }) {
    super(failure.message);
    this.name = "ScanFailure";
    this.errcode = failure.errcode;
  }
}

/** One thread that scans: a question at a time, each with one answer. */
export class ScanThread {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #interruption = new Int32Array(new SharedArrayBuffer(4));
  #settle: ((answer: ScanAnswer | undefined) => void) | undefined;

  constructor(path: string, clock: Clock, onExit: () => void) {
    this.#clock = clock;
    const workerData: ScanSetting = { path, interruption: this.#interruption };
    this.#worker = new Worker(workerUrl, {
      workerData,
      resourceLimits,
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    this.#worker.on("message", (answer: ScanAnswer) => this.#settle?.(answer));
    // What ends a thread is told to whoever waits for its answer, by the exit that follows.
    this.#worker.on("error", () => {});
    this.#worker.once("exit", () => {
      this.#settle?.({ failure: { message: "the scan's thread has ended", errcode: undefined } });
      onExit();
    });
  }

  /** Resolves to the answer, or to undefined after `leftMs`: then the thread needs `interrupt`. */
  async ask(request: ScanRequest, leftMs: number): Promise<ScanAnswer | undefined> {
    const { promise, resolve } = Promise.withResolvers<ScanAnswer | undefined>();
    const answered = new AbortController();
    this.#settle = resolve;
    this.#worker.ref();
    this.#worker.postMessage(request);
    this.#clock.sleep(Math.max(0, leftMs), answered.signal).then(
      () => resolve(undefined),
      () => {},
    );
    const answer = await promise;
    answered.abort();
    this.#settle = undefined;
    this.#worker.unref();
    return answer;
  }

  /**
   * Ends the running scan at its next checkpoint; a scan that has none costs the thread. Resolves
   * to whether it lives.
   */
  async interrupt(): Promise<boolean> {
    Atomics.store(this.#interruption, 0, 1);
    // Whatever ran has ended when this is answered; the answer that came too late is among those
    // passed over.
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const answered = new AbortController();
    let answersDue = 2;
    this.#settle = () => {
      answersDue -= 1;
      if (answersDue === 0) resolve(true);
    };
    this.#worker.postMessage({ ask: "end" } satisfies ScanRequest);
    this.#clock.sleep(interruptionGraceMs, answered.signal).then(
      () => resolve(false),
      () => {},
    );
    const isAlive = await promise;
    answered.abort();
    this.#settle = undefined;
    if (isAlive) Atomics.store(this.#interruption, 0, 0);
    else this.#worker.terminate();
    return isAlive;
  }

  /** Ends the thread, at the latest when SQLite's present step does. */
  async end(): Promise<void> {
    Atomics.store(this.#interruption, 0, 1);
    await this.#worker.terminate();
  }
}
