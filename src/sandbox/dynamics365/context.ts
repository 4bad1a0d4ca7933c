import type { Clock, Random } from "../../runtime/index.ts";
import type { Database, Transaction } from "../../storage/port.ts";
import type { Mishaps } from "../mishaps.ts";
import type { Model } from "./model.ts";
import type { WriteSession } from "./write-session.ts";

/** What the emulated environment runs on. */
export interface DataverseContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly mishaps: Mishaps;
  /** The Web API's root as clients see it, without a trailing slash. */
  readonly rootUrl: string;
  readonly userId: string;
  readonly organizationId: string;
  readonly businessUnitId: string;
  /** Rows on one page where the client doesn't ask for fewer. */
  readonly maxPageSize: number;
  /** Milliseconds that the index of a new alternate key takes to build. */
  readonly keyIndexDelayMs: number;
}

/** Opens a unit of work on a transaction. */
export function writeSession(
  context: DataverseContext,
  transaction: Transaction,
  model: Model,
): WriteSession {
  return {
    transaction,
    model,
    nowMs: context.clock.now(),
    random: context.random,
    userId: context.userId,
  };
}
