import type { Clock, Log } from "../../../runtime/index.ts";

/** Does what is due; resolves to the milliseconds until more may be due. */
export type DueWork = () => Promise<number>;

const longestRestMs = 60_000;
const restAfterFailureMs = 5_000;

/** Repeats work in the background, at rest between, woken when there is something new. */
export class BackgroundLoop {
  readonly #work: DueWork;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #name: string;
  #wakeUp = new AbortController();
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(name: string, work: DueWork, world: { readonly clock: Clock; readonly log: Log }) {
    this.#name = name;
    this.#work = work;
    this.#clock = world.clock;
    this.#log = world.log;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Tells that something may be due. */
  wake(): void {
    this.#wakeUp.abort();
  }

  /** Lets the work under way end. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#wakeUp = new AbortController();
      const restMs = await this.#attempt();
      // Even where more is due at once, others get their turn: work on an embedded database alone
      // would never let the event loop go.
      if (!this.#isStopping) await this.#rest(Math.min(restMs, longestRestMs));
    }
  }

  async #attempt(): Promise<number> {
    try {
      return await this.#work();
    } catch (error) {
      const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
      this.#log.error({ loop: this.#name, code: String(code) }, "background work failed");
      return restAfterFailureMs;
    }
  }

  async #rest(restMs: number): Promise<void> {
    const { signal } = this.#wakeUp;
    try {
      await this.#clock.sleep(restMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
