import type { PatchOperation, Problem, Referral } from "../contract/index.ts";

/** What every call accepts. */
export interface CallOptions {
  readonly abortSignal?: AbortSignal;
  /** Sent as MS-CorrelationId and found again in both sides' logs. */
  readonly correlationId?: string;
}

/**
 * A referral as the service has it: the parsed document keeps unknown properties; `eTag` includes
 * its quotes.
 */
export interface StoredReferral {
  readonly referral: Referral;
  readonly eTag: string;
}

export interface CreateOptions extends CallOptions {
  /**
   * Sent as MS-RequestId: a service that honours it answers a repeated request with the first
   * result.
   */
  readonly requestId?: string;
}

export interface PatchOptions extends CallOptions {
  /** The eTag that must still be current, or `*` for "whatever is there". */
  readonly ifMatch: string;
}

export interface UpdateOptions extends CallOptions {
  readonly ifMatch: string;
}

/** OData query options as text, each without its `$name=`. */
export interface ListQuery {
  readonly filter?: string;
  readonly orderby?: string;
  readonly select?: string;
  readonly expand?: string;
  readonly top?: number;
  readonly skip?: number;
  readonly count?: boolean;
  /**
   * Referrals per page, as a wish (`Prefer: odata.maxpagesize`): the service may answer with fewer.
   */
  readonly maxPageSize?: number;
}

/** The page behind a link that an earlier page gave. */
export interface NextPage {
  readonly nextLink: string;
  /** Repeat it on each page: a link need not remember the wish. */
  readonly maxPageSize?: number;
}

/** An item of a list that holds something else where the contract has a field. */
export interface UnreadableReferral {
  /** The item's id, where it says one. */
  readonly id?: string;
  /** The item as it came. */
  readonly document: unknown;
  readonly problems: readonly Problem[];
}

export interface ListPage {
  readonly referrals: readonly Referral[];
  /**
   * What couldn't be read; absent where all could. A field that can't be read isn't an empty one,
   * so such an item is never among the referrals; whoever needs the whole list must look here.
   */
  readonly unreadable?: readonly UnreadableReferral[];
  readonly nextLink?: string;
  readonly count?: number;
}

/**
 * The referrals API as the engine needs it: one method, one HTTP call, no hidden repeats.
 *
 * Guarantees: each method spends exactly one call of the budget; errors are ReferralsError of the
 * contract's error table;
 * a create whose outcome is unknown rejects with code `outcomeUnknown` and is never repeated by
 * the client.
 */
export interface ReferralsPort {
  create(referral: Referral, options?: CreateOptions): Promise<StoredReferral>;
  get(id: string, options?: CallOptions): Promise<StoredReferral>;
  /**
   * Asks for the representation, so that the answer carries the new eTag and the values as stored.
   */
  patch(
    id: string,
    operations: readonly PatchOperation[],
    options: PatchOptions,
  ): Promise<StoredReferral>;
  update(referral: Referral, options: UpdateOptions): Promise<StoredReferral>;
  /** One page: the first for a query, or the one behind a nextLink. */
  listPage(query: ListQuery | NextPage, options?: CallOptions): Promise<ListPage>;
}
