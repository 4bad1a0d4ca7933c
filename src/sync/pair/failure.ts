import { ReferralsError } from "../../contract/index.ts";
import { CrmError } from "../../crm/port.ts";
import type { Side } from "./pair.ts";

/** What a failed call means for what comes next. */
export interface Failure {
  /**
   * `stale`: the side is no longer as it was seen. `unknown`: the call may have been carried out.
   * `throttled` and `unavailable`: it wasn't, later it may. `refused`: it won't be. `gone`: what it
   * was about can't be seen. `signed-out`: nothing works until a person signs in.
   */
  readonly kind:
    | "stale"
    | "unknown"
    | "throttled"
    | "unavailable"
    | "refused"
    | "gone"
    | "signed-out";
  readonly code: string;
  readonly sentence: string;
  readonly remedy: string;
  readonly side: Side;
  readonly retryAfterMs?: number;
  /** The pointers or CRM fields that were refused, where named. */
  readonly targets: readonly string[];
}

/**
 * Reads an error of either side; throws it again where it isn't one: a bug crashes its unit of
 * work.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof ReferralsError) return referralsFailure(error);
  if (error instanceof CrmError) return crmFailure(error);
  throw error;
}

function referralsFailure(error: ReferralsError): Failure {
  const { code, status, retryAfterMs } = error;
  const pointers = (error.problems ?? []).map(({ pointer }) => pointer);
  return {
    kind: referralsKind(code, status),
    code,
    sentence: error.message,
    remedy: error.remedy,
    side: "referral",
    targets: error.target ? [error.target, ...pointers] : pointers,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function referralsKind(code: string, status: number): Failure["kind"] {
  if (code === "outcomeUnknown") return "unknown";
  if (status === 412) return "stale";
  if (status === 429) return "throttled";
  if (status === 404) return "gone";
  if (status === 401) return "signed-out";
  if (code === "unreachable") return "unavailable";
  return status === 0 || status >= 500 ? "unknown" : "refused";
}

const crmKinds: Readonly<Record<CrmError["code"], Failure["kind"]>> = {
  conflict: "stale",
  "not-found": "gone",
  invalid: "refused",
  unauthorized: "signed-out",
  throttled: "throttled",
  unavailable: "unavailable",
};

const crmRemedies: Readonly<Record<CrmError["code"], string>> = {
  conflict: "Nothing: the deal is read again.",
  "not-found": "Check whether the deal was deleted or the integration user lost sight of it.",
  invalid: "Correct the value that the CRM refuses, or the mapping of its field.",
  unauthorized: "Sign in to the CRM again and check the integration user's rights.",
  throttled: "Nothing: it is tried again later.",
  unavailable: "Nothing: it is tried again later.",
};

function crmFailure(error: CrmError): Failure {
  return {
    kind: error.outcomeUnknown ? "unknown" : crmKinds[error.code],
    code: error.code,
    sentence: error.message,
    remedy: crmRemedies[error.code],
    side: "crm",
    targets: error.field ? [error.field] : [],
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  };
}

/**
 * How long to wait before try `tries` (from 1): doubling, with up to a quarter of chance, never
 * above the longest.
 */
export function backoffMs(
  tries: number,
  retry: { readonly firstMs: number; readonly longestMs: number },
  fraction: number,
): number {
  const wait = Math.min(retry.longestMs, retry.firstMs * 2 ** Math.min(tries - 1, 30));
  return Math.floor(wait * (1 - fraction / 4));
}
