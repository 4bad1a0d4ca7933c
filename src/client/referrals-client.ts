import { actions, type PatchOperation, type Referral, ReferralsError } from "../contract/index.ts";
import {
  answerOf,
  listPageOf,
  requireSuccess,
  sendExpectingSuccess,
  storedReferralOf,
  unreadableError,
} from "./answer.ts";
import { type CallBudget, createCallBudget } from "./call-budget.ts";
import {
  type DealRegistration,
  type DealRegistrationChanges,
  dealRegistrationCall,
  dealRegistrationUpdateCall,
} from "./deal-registration.ts";
import { defaultEndpoint, type Endpoint, parseEndpoint } from "./endpoint.ts";
import type { Filter } from "./filter.ts";
import { type PagedReferrals, pagedReferrals } from "./paging.ts";
import type { CallOptions, CreateOptions, ListQuery, StoredReferral } from "./port.ts";
import {
  createCall,
  getCall,
  listCall,
  nextLinkError,
  patchCall,
  resultOfWrite,
  updateCall,
} from "./referrals-port.ts";
import { defaultRetryLimits, type RetryLimits } from "./retry.ts";
import { type Call, createTransport, type Transport, type TransportOptions } from "./transport.ts";
import { holdsPatch, holdsUpdate } from "./written.ts";

/** Settings of a client. */
export interface ReferralsClientOptions extends TransportOptions {
  /** How long and how often a call is repeated where that can't do harm. */
  readonly retry?: Partial<RetryLimits>;
  /**
   * True if the service is known to answer a repeated MS-RequestId with the first result; then a
   * create is repeated too. Microsoft documents the header, but not every call accepts it. Default
   * false.
   */
  readonly requestIdsHonoured?: boolean;
  /**
   * The budget that each send is taken from; give one to several clients of the same tenant.
   * Default: one of this client's own, 95 calls in 60 seconds.
   */
  readonly callBudget?: CallBudget;
}

/** A referral as the service answered it: it certainly has an id and an eTag. */
export type ReceivedReferral = Referral & { readonly id: string; readonly eTag: string };

/**
 * Which referral a call is about, and which version of it the caller has seen. A received referral
 * is one.
 */
export interface ReferralReference {
  readonly id?: string | null | undefined;
  readonly eTag?: string | null | undefined;
}

/** Options of a call that changes a referral. */
export interface WriteOptions extends CallOptions {
  /**
   * Instead of the reference's own eTag. `*` overwrites whatever is there, and is never assumed.
   */
  readonly ifMatch?: string;
}

/** A list's query; `filter` is best built with the template tag `filter`. */
export interface ListReferralsQuery extends Omit<ListQuery, "filter"> {
  readonly filter?: Filter | string;
}

/**
 * The referrals API for developers: the five actions and the deal registrations.
 *
 * Each method rejects with a ReferralsError whose `code` is one of the error table, or with the
 * abort signal's reason. Calls are held back by a call budget, and repeated where that can't do
 * harm: reads, writes under If-Match, and what the service refused or never got. A create without
 * an answer rejects with `outcomeUnknown` and is not repeated.
 */
export class ReferralsClient {
  readonly #endpoint: Endpoint;
  readonly #transport: Transport;
  readonly #requestIdsHonoured: boolean;

  constructor(options: ReferralsClientOptions) {
    this.#endpoint = parseEndpoint(options.endpoint ?? defaultEndpoint);
    this.#requestIdsHonoured = options.requestIdsHonoured ?? false;
    this.#transport = createTransport(options, this.#endpoint, {
      limits: { ...defaultRetryLimits, ...options.retry },
      requestIdsHonoured: this.#requestIdsHonoured,
      budget: options.callBudget ?? createCallBudget(options),
    });
  }

  /**
   * Creates a referral and answers with the stored one: the service may have changed its status.
   * Needs `type`, `customerProfile`, `consent` and `details`.
   */
  async createReferral(referral: Referral, options: CreateOptions = {}): Promise<ReceivedReferral> {
    const requestId =
      options.requestId ?? (this.#requestIdsHonoured ? this.#transport.random.uuid() : undefined);
    const call = createCall(this.#endpoint, referral, {
      ...options,
      ...(requestId === undefined ? {} : { requestId }),
    });
    return received(resultOfWrite(await sendExpectingSuccess(this.#transport, call)));
  }

  /** Reads a referral; `itemNotFound` where there is none, or none for this organization. */
  async getReferral(id: string, options?: CallOptions): Promise<ReceivedReferral> {
    const call = getCall(this.#endpoint, id, options);
    return received(storedReferralOf(await sendExpectingSuccess(this.#transport, call)));
  }

  /**
   * Lists referrals, following next links: an async iterable of referrals, or of pages by `byPage`.
   * Where only some properties are selected, the others are missing.
   */
  listReferrals(query: ListReferralsQuery = {}, options?: CallOptions): PagedReferrals {
    const { filter, ...rest } = query;
    const first: ListQuery = {
      ...rest,
      ...(filter === undefined ? {} : { filter: String(filter) }),
    };
    return pagedReferrals(
      async ({ continuationToken, maxPageSize = query.maxPageSize }) => {
        const size = maxPageSize === undefined ? {} : { maxPageSize };
        const page =
          continuationToken === undefined
            ? { ...first, ...size }
            : { nextLink: continuationToken, ...size };
        const call = listCall(this.#endpoint, page, options);
        const { nextLink, ...answered } = listPageOf(
          await sendExpectingSuccess(this.#transport, call),
        );
        return { ...answered, ...(nextLink === undefined ? {} : { continuationToken: nextLink }) };
      },
      {
        loop: () => nextLinkError("leads back to a page that was already read"),
        unreadable: unreadableError,
      },
    );
  }

  /**
   * Replaces a referral (PUT) by a changed copy of a received one; what the client doesn't know
   * goes back as it came. Sends the document's eTag as If-Match, so that nobody's change in between
   * is lost: then it rejects with `preconditionFailed` or `resourceModified`.
   */
  async updateReferral(referral: Referral, options: WriteOptions = {}): Promise<ReceivedReferral> {
    const ifMatch = ifMatchOf(referral, options);
    const call = updateCall(this.#endpoint, referral, { ...options, ifMatch });
    return this.#write(idOf(referral), call, (current) => holdsUpdate(current, referral));
  }

  /**
   * Changes single fields (PATCH with `add` and `replace` of the contract's patch list), under the
   * reference's eTag. All operations take place or none.
   */
  async patchReferral(
    reference: ReferralReference,
    operations: readonly PatchOperation[],
    options: WriteOptions = {},
  ): Promise<ReceivedReferral> {
    const id = idOf(reference);
    const ifMatch = ifMatchOf(reference, options);
    const call = patchCall(this.#endpoint, id, operations, { ...options, ifMatch });
    return this.#write(id, call, (current) => holdsPatch(current, operations));
  }

  /** Accepts a new referral: Active/Accepted. */
  acceptReferral(reference: ReferralReference, options?: WriteOptions): Promise<ReceivedReferral> {
    return this.patchReferral(reference, move(actions.accept), options);
  }

  /** Declines a referral: Closed/Declined, which is final. */
  declineReferral(
    reference: ReferralReference,
    options: WriteOptions & { readonly statusReason?: string } = {},
  ): Promise<ReceivedReferral> {
    return this.patchReferral(reference, move(actions.decline, options.statusReason), options);
  }

  /**
   * Marks a referral as won: Closed/Won, which is final. A registrable deal should be 72 hours old
   * by then.
   */
  winReferral(reference: ReferralReference, options?: WriteOptions): Promise<ReceivedReferral> {
    return this.patchReferral(reference, move(actions.win), options);
  }

  /** Marks a referral as lost: Closed/Lost, which is final and needs a reason. */
  loseReferral(
    reference: ReferralReference,
    options: WriteOptions & { readonly statusReason: string },
  ): Promise<ReceivedReferral> {
    return this.patchReferral(reference, move(actions.lose, options.statusReason), options);
  }

  /**
   * Registers the deal of a referral (since 2022): appends a registration of type AzureIPCoSell.
   */
  async createDealRegistration(
    reference: ReferralReference,
    registration: DealRegistration,
    options: WriteOptions = {},
  ): Promise<ReceivedReferral> {
    const id = idOf(reference);
    const ifMatch = ifMatchOf(reference, options);
    const call = dealRegistrationCall(this.#endpoint, id, registration, { ...options, ifMatch });
    return this.#write(id, call.call, (current) => holdsPatch(current, call.operations));
  }

  /** Corrects fields of a deal registration (since 2022), by default of the first one. */
  async updateDealRegistration(
    reference: ReferralReference,
    changes: DealRegistrationChanges,
    options: WriteOptions & { readonly index?: number } = {},
  ): Promise<ReceivedReferral> {
    const id = idOf(reference);
    const ifMatch = ifMatchOf(reference, options);
    const call = dealRegistrationUpdateCall(this.#endpoint, id, changes, { ...options, ifMatch });
    return this.#write(id, call.call, (current) => holdsPatch(current, call.operations));
  }

  /**
   * Sends a write under If-Match. A 412 after a send without an answer may be our own doing: then
   * the referral is read, and if it holds what was to be written, the write has succeeded.
   */
  async #write(
    id: string,
    call: Call,
    isDone: (current: Referral) => boolean,
  ): Promise<ReceivedReferral> {
    const answer = await answerOf(this.#transport, call);
    const isSuccess = answer.status >= 200 && answer.status < 300;
    if (isSuccess && answer.body === "") return this.getReferral(id, call.options);
    if (isSuccess) return received(resultOfWrite(answer));
    if (answer.status === 412 && answer.hadUnknownOutcome) {
      const current = await this.getReferral(id, call.options);
      if (isDone(current)) return current;
    }
    return received(resultOfWrite(requireSuccess(call, answer, this.#transport.clock)));
  }
}

function received({ referral, eTag }: StoredReferral): ReceivedReferral {
  const { id } = referral;
  if (typeof id !== "string") {
    throw new ReferralsError("invalidAnswer", {
      message: "the answer holds a referral without an id",
      retryable: false,
    });
  }
  return { ...referral, id, eTag };
}

function idOf(reference: ReferralReference): string {
  if (typeof reference.id === "string" && reference.id !== "") return reference.id;
  throw new ReferralsError("invalidRequest", {
    message: "The referral has no id: read it first, or give its id.",
    target: "id",
  });
}

function ifMatchOf(reference: ReferralReference, options: WriteOptions): string {
  const ifMatch = options.ifMatch ?? reference.eTag;
  if (typeof ifMatch === "string" && ifMatch !== "") return ifMatch;
  throw new ReferralsError("preconditionRequired", {
    message:
      "The referral has no eTag: read it first (with eTag selected), or give `ifMatch`; " +
      '`ifMatch: "*"` overwrites whatever is there.',
    target: "if-match",
  });
}

function move(
  state: { readonly status: string; readonly substatus: string },
  statusReason?: string,
): readonly PatchOperation[] {
  return Object.entries({ ...state, ...(statusReason === undefined ? {} : { statusReason }) }).map(
    ([name, value]) => ({ op: "replace", path: `/${name}`, value }),
  );
}
