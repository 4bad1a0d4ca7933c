import { type ErrorCode, type ErrorEntry, errorTable } from "./errors.ts";
import type { Problem } from "./problem.ts";

/** What an error may say beside its code. */
export interface ErrorDetails {
  /** Instead of the table's sentence. No secret, no personal data. */
  readonly message?: string;
  readonly status?: number;
  readonly retryable?: boolean;
  /** What the error is about: a property, parameter or header. */
  readonly target?: string;
  /** Character offset in a query. */
  readonly position?: number;
  readonly requestId?: string;
  readonly clientRequestId?: string;
  readonly retryAfterMs?: number;
  readonly problems?: readonly Problem[];
  /** The other side's own code, where it isn't one of the table. */
  readonly foreignCode?: string;
  readonly cause?: unknown;
}

/** What the table says of a code. */
export const errorEntry = (code: ErrorCode): ErrorEntry => errorTable[code];

/** An expected failure, by a code of the error table. */
export class ReferralsError extends Error {
  readonly code: ErrorCode;
  /** The HTTP status; 0 where no answer arrived. */
  readonly status: number;
  /** True where the same call may succeed later as it is. */
  readonly retryable: boolean;
  readonly target: string | undefined;
  readonly position: number | undefined;
  readonly requestId: string | undefined;
  readonly clientRequestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly problems: readonly Problem[] | undefined;
  /** The other side's own code, for logs and for passing on; decisions are made by `code`. */
  readonly foreignCode: string | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const known = errorEntry(code);
    super(details.message ?? known.sentence, { cause: details.cause });
    this.name = "ReferralsError";
    this.code = code;
    this.status = details.status ?? known.status;
    this.retryable = details.retryable ?? known.retryable;
    this.target = details.target;
    this.position = details.position;
    this.requestId = details.requestId;
    this.clientRequestId = details.clientRequestId;
    this.retryAfterMs = details.retryAfterMs;
    this.problems = details.problems;
    this.foreignCode = details.foreignCode;
  }

  /** What to do about it. */
  get remedy(): string {
    return errorEntry(this.code).remedy;
  }
}
