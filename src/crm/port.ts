/** A value in the CRM's own form: what its API sends and takes. */
export type CrmValue =
  | string
  | number
  | boolean
  | null
  | readonly CrmValue[]
  | { readonly [name: string]: CrmValue };

/** True where there is nothing: no value, or a list without entries. */
export function isEmptyValue(value: CrmValue): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/**
 * Field values by the CRM's own names. A field of a linked record stands under `part.field`
 * (`account.name`), a list of
 * child rows under the part's name as an array of objects (`contacts`).
 */
export type CrmFields = Readonly<Record<string, CrmValue>>;

/** A deal as the CRM has it. */
export interface CrmRecord {
  readonly id: string;
  /** Opaque and never ordered; the empty string where the CRM has no versions. */
  readonly version: string;
  /** The CRM server's own modification stamp, ISO 8601 in UTC. */
  readonly modifiedAt: string;
  readonly fields: CrmFields;
  /**
   * Who changed it last, where the CRM tells; an opaque id or display name for the operator's eyes
   * only.
   */
  readonly modifiedBy?: string;
  /** Where a person opens this record. */
  readonly url?: string;
}

/** What a write left behind. */
export interface CrmRecordVersion {
  readonly id: string;
  readonly version: string;
  /**
   * The record after the write where the CRM returns it for free; otherwise the caller reads it.
   */
  readonly record?: CrmRecord;
}

/** One keyed step of a write. Performed twice with one key, it has its effect once. */
export interface CrmStep {
  /** Which part is written: one of `capabilities.parts`, in their order. */
  readonly part: string;
  readonly key: string;
  readonly fields: CrmFields;
  /**
   * The version that the deal must still have when the write begins; absent on create and where
   * the CRM has none. A later step of the same write continues from the version that the one
   * before it left.
   */
  readonly expectedVersion?: string;
}

/** An ordered list of steps on one deal. */
export interface CrmWrite {
  /** The deal's external id (the referral's id): the same key twice makes one record. */
  readonly key: string;
  /**
   * The deal to change; absent: create it under `key`. Where one with other values is already
   * there, the write is refused with `conflict` and the record's id, so that nobody's edit is
   * overwritten unseen.
   */
  readonly recordId?: string;
  readonly steps: readonly CrmStep[];
}

/**
 * Remembers finished steps across a crash, so that a repeated write resumes instead of starting
 * over.
 */
export interface StepMemo {
  /** The id that a finished step left behind, or undefined where it is still to do. */
  finished(stepKey: string): string | undefined;
  /** Durable before it resolves. */
  finish(stepKey: string, recordId: string): Promise<void>;
}

export interface OperationOptions {
  readonly signal?: AbortSignal;
  readonly correlationId?: string;
  readonly memo?: StepMemo;
}

/**
 * An opaque cursor of the CRM's own making, as JSON text; the empty string means "from the
 * beginning".
 */
export type Watermark = string;

/** One thing that a walk over changes found. */
export type CrmChange =
  | { readonly kind: "changed"; readonly record: CrmRecord }
  /** Explicitly deleted in the CRM. Never reported because a record merely could not be seen. */
  | { readonly kind: "deleted"; readonly recordId: string }
  /**
   * Everything before this change has been reported: once it has landed, the next walk may start
   * here.
   */
  | { readonly kind: "watermark"; readonly watermark: Watermark };

/** What a CRM can and can't do, as data; the engine and the documentation read it. */
export interface CrmCapabilities {
  readonly kind: string;
  /**
   * `etag`: a stale write is refused by the server. `stamp`: refused to whole seconds. `none`:
   * compare-read before write.
   */
  readonly versions: "etag" | "stamp" | "none";
  /** Milliseconds between two distinguishable modification stamps. */
  readonly stampResolutionMs: number;
  /** Milliseconds that a change may stay invisible to a walk. */
  readonly visibilityDelayMs: number;
  readonly deleteSignal: "tombstone" | "not-found" | "none";
  readonly webhooks: "signed" | "unsigned" | "none";
  /** Records that one call can write. */
  readonly batchSize: number;
  /**
   * The parts of a write, in the order in which they must be written. `prefix` names the fields
   * that belong to it.
   */
  readonly parts: readonly { readonly name: string; readonly prefix: string }[];
  /**
   * False where a change of a child row (a contact) isn't reported by changesSince: a declared
   * gap.
   */
  readonly reportsChildChanges: boolean;
  /** Fields in which the engine may show its state to the seller, where they exist. */
  readonly stateFields?: {
    readonly referralId?: string;
    readonly referralLink?: string;
    readonly syncState?: string;
    readonly lastError?: string;
    readonly microsoftCrmId?: string;
  };
}

/**
 * A CRM, seen as a set of deals.
 *
 * Guarantees: `upsert` with one key twice makes one record and refuses with `conflict` where an
 * expected version is stale
 * (capabilities permitting); `changesSince` may repeat a change and never skips one; every
 * rejection is a CrmError or the
 * abort reason. The caller's duty: one `upsert` in flight per key; deletions are confirmed by
 * `read` before they count.
 */
export interface CrmAdapter {
  readonly capabilities: CrmCapabilities;
  /**
   * Undefined only where the CRM says that the record is not there (or not visible: the two can
   * look alike).
   */
  read(recordId: string, options: OperationOptions): Promise<CrmRecord | undefined>;
  upsert(write: CrmWrite, options: OperationOptions): Promise<CrmRecordVersion>;
  changesSince(watermark: Watermark, options: OperationOptions): AsyncIterable<CrmChange>;
}

/** The closed set of ways in which a CRM refuses. */
export type CrmErrorCode =
  | "conflict"
  | "not-found"
  | "invalid"
  | "unauthorized"
  | "throttled"
  | "unavailable";

/** A refusal by the CRM: what was wrong, where, and what to do. Carries no field value. */
export class CrmError extends Error {
  readonly code: CrmErrorCode;
  /** Milliseconds to wait, where the CRM named them. */
  readonly retryAfterMs: number | undefined;
  /** The CRM's field that caused it, where known. */
  readonly field: string | undefined;
  /** True where the write may have been carried out. */
  readonly outcomeUnknown: boolean;
  /** On a conflict of a create: the record that is already there under the key. */
  readonly recordId: string | undefined;

  constructor(
    code: CrmErrorCode,
    message: string,
    details: {
      readonly retryAfterMs?: number;
      readonly field?: string;
      readonly outcomeUnknown?: boolean;
      readonly recordId?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = "CrmError";
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
    this.field = details.field;
    this.outcomeUnknown = details.outcomeUnknown ?? false;
    this.recordId = details.recordId;
  }
}
