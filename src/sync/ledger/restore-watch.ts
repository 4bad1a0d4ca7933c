import type { RestoreWitness, Witnessed } from "../engine-port.ts";
import type { Ledger } from "./ledger-port.ts";
import { generationOf } from "./ledger-queries.ts";

/** Settings of a watch. */
export interface RestoreWatchOptions {
  readonly witness: RestoreWitness | undefined;
  readonly ledger: Pick<Ledger, "connection" | "budget">;
  readonly quotaOwner: string;
}

/** Tells the witness outside the database how far the ledger has come, and compares the two. */
export class RestoreWatch {
  readonly #options: RestoreWatchOptions;
  #told: Witnessed | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(options: RestoreWatchOptions) {
    this.#options = options;
  }

  /** What the ledger no longer knows of what the witness was told. */
  async forgotten(): Promise<"nothing" | "calls" | "changes"> {
    const told = await this.#options.witness?.read();
    if (!told) return "nothing";
    const now = await this.#now();
    if (told.generation > now.generation) return "changes";
    return told.calls > now.calls ? "calls" : "nothing";
  }

  /** From now on what the ledger knows is right. */
  begin(): Promise<void> {
    return this.#tell(() => this.#now());
  }

  /** A walk has landed, or something is about to be written to the outside. */
  bearWitness(): Promise<void> {
    return this.#tell(async (told) => ({ ...told, generation: await this.#generation() }));
  }

  /** A call is about to be made, and the budget's row is at this revision. */
  countCall(calls: number): Promise<void> {
    return this.#tell(async (told) => (told.calls < calls ? { ...told, calls } : told));
  }

  /** In turn, so that the witness never hears of less than it knew. */
  #tell(next: (told: Witnessed) => Promise<Witnessed>): Promise<void> {
    const { witness } = this.#options;
    if (!witness) return Promise.resolve();
    this.#telling = this.#telling
      .catch(() => {})
      .then(async () => {
        const told = await next(this.#told ?? (await this.#now()));
        if (told !== this.#told) await witness.write(told);
        this.#told = told;
      });
    return this.#telling;
  }

  async #now(): Promise<Witnessed> {
    const { ledger, quotaOwner } = this.#options;
    const calls = (await ledger.budget(quotaOwner))?.revision ?? 0;
    return { generation: await this.#generation(), calls };
  }

  async #generation(): Promise<number> {
    return generationOf(await this.#options.ledger.connection());
  }
}
