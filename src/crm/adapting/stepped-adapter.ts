import type { CrmCapabilities, CrmChange, OperationOptions } from "../port.ts";
import type { Ambiguity } from "./party-rules.ts";
import { type WalkedPage, walkById } from "./walk-by-id.ts";

/**
 * What an adapter is told whose CRM lists deals by stamp and id and is written in steps, beside how
 * it is reached.
 */
export interface SteppedAdapterOptions {
  /** The fields that the mapping names: `crmFieldsOf(mapping)`. */
  readonly fields: readonly string[];
  readonly stateFields?: NonNullable<CrmCapabilities["stateFields"]>;
  /** The field that holds the referral's id; the setup's own unless told. */
  readonly keyField?: string;
  readonly pageSize?: number;
  /** The longest that a transaction of the server lasts, in milliseconds; a minute unless told. */
  readonly overlapMs?: number;
  /** What to do where several customers have the name, postal code and country. */
  readonly ambiguousAccount?: CustomerRules["ambiguity"];
  /** True where a customer that is there may be changed. */
  readonly updateAccounts?: boolean;
}

/** What may be done to customers. */
export interface CustomerRules {
  readonly ambiguity: Ambiguity;
  readonly updates: boolean;
}

/** What may be done to customers where nothing is said: nothing that a person must decide. */
export function customerRules(options: SteppedAdapterOptions): CustomerRules {
  const { ambiguousAccount = "refuse", updateAccounts = false } = options;
  return { ambiguity: ambiguousAccount, updates: updateAccounts };
}

/** Which rows a page lists: stamped from `from` on, after an id, in the order of ids. */
export interface PageRange {
  readonly from?: number;
  readonly afterId?: string;
  readonly pageSize: number;
}

const defaultPageSize = 200;
const defaultOverlapMs = 60_000;

/** A walk over the deals of such a CRM. */
export function walkPages(
  { overlapMs = defaultOverlapMs, pageSize = defaultPageSize }: SteppedAdapterOptions,
  source: {
    /** The newest stamp that there is; undefined where there is no row. */
    newest(operation: OperationOptions): Promise<number | undefined>;
    page(range: PageRange, operation: OperationOptions): Promise<WalkedPage>;
  },
): (watermark: string, operation: OperationOptions) => AsyncIterable<CrmChange> {
  const walked = {
    overlap: overlapMs,
    newest: source.newest,
    page: (from: number | undefined, afterId: string | undefined, operation: OperationOptions) => {
      const since = from === undefined ? {} : { from };
      const after = afterId === undefined ? {} : { afterId };
      return source.page({ ...since, ...after, pageSize }, operation);
    },
  };
  return (watermark, operation) => walkById(walked, watermark, operation);
}

/** Something that is asked for once, and again where asking failed. */
export function once<T>(
  ask: (operation: OperationOptions) => Promise<T>,
): (operation: OperationOptions) => Promise<T> {
  let known: Promise<T> | undefined;
  return (operation) => {
    known ??= ask(operation).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}
