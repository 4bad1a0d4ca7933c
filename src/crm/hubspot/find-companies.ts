import type { OperationOptions } from "../port.ts";
import type { HubSpotObject } from "./mapping.ts";
import type { Transport } from "./transport.ts";

/** Alternatives that one search may hold. */
const mostNames = 5;
const mostResults = 100;

interface Asked {
  readonly name: string;
  readonly found: PromiseWithResolvers<readonly HubSpotObject[]>;
}

/**
 * Finds companies by their names. Searches are what HubSpot allows fewest of, so names that are
 * asked for while one is under way share the next.
 */
export class CompanySearch {
  readonly #send: Transport;
  readonly #waiting: Asked[] = [];
  #isRunning = false;

  constructor(send: Transport) {
    this.#send = send;
  }

  /**
   * The oldest companies of a name, at most a hundred; others may be among them. Errors: CrmError.
   */
  byName(name: string, options: OperationOptions): Promise<readonly HubSpotObject[]> {
    options.signal?.throwIfAborted();
    const found = Promise.withResolvers<readonly HubSpotObject[]>();
    this.#waiting.push({ name, found });
    if (!this.#isRunning) void this.#run();
    return found.promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) await this.#next(this.#waiting.splice(0, mostNames));
    this.#isRunning = false;
  }

  async #next(asked: readonly Asked[]): Promise<void> {
    try {
      const { results, total } = await this.#search(asked.map(({ name }) => name));
      // Together they have more than an answer holds: then each is asked for by itself.
      if (asked.length > 1 && total > results.length) {
        for (const one of asked) await this.#next([one]);
        return;
      }
      for (const { found } of asked) found.resolve(results);
    } catch (error) {
      for (const { found } of asked) found.reject(error);
    }
  }

  async #search(names: readonly string[]) {
    const response = await this.#send(
      {
        method: "POST",
        target: "crm/v3/objects/companies/search",
        isRead: true,
        body: {
          filterGroups: names.map((value) => ({
            filters: [{ propertyName: "name", operator: "EQ", value }],
          })),
          sorts: [{ propertyName: "createdate", direction: "ASCENDING" }],
          properties: ["name", "zip", "country"],
          limit: mostResults,
        },
      },
      {},
    );
    return JSON.parse(response.body) as {
      readonly results: readonly HubSpotObject[];
      readonly total: number;
    };
  }
}
