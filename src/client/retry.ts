import type { PipelinePolicy, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { retryAfterMs } from "../contract/index.ts";
import { type Clock, HttpFailure, type Random } from "../runtime/index.ts";
import { abortSignalOf, type TokenSession } from "./token-session.ts";

/** The bounds of repeating one call. */
export interface RetryLimits {
  /** Sends in all, the first included. Default 4. */
  readonly attempts: number;
  /** Longest pause before the second send, in milliseconds; it doubles each time. Default 500. */
  readonly firstDelayMs: number;
  /** Longest pause of our own choice, in milliseconds. Default 16,000. */
  readonly maxDelayMs: number;
  /**
   * A Retry-After beyond this is handed to the caller instead of waited for, in milliseconds.
   * Default 120,000.
   */
  readonly maxRetryAfterMs: number;
}

/** What is used where nothing is set. */
export const defaultRetryLimits: RetryLimits = {
  attempts: 4,
  firstDelayMs: 500,
  maxDelayMs: 16_000,
  maxRetryAfterMs: 120_000,
};

/** How one send ended, as far as repeating is concerned. */
export type SendOutcome = "done" | "neverSent" | "refused" | "unknown";

/**
 * 502 and 504 come from a proxy that lost the server; 500 and 503 may follow a commit: none says
 * "not carried out".
 */
const unknownStatuses = new Set([408, 500, 502, 503, 504]);

/** True for a status after which nobody can say whether a write was carried out. */
export function isUnknownOutcome(status: number): boolean {
  return unknownStatuses.has(status);
}

/** True where the call failed before a byte was sent, so that it can't have been carried out. */
export function wasNeverSent(error: unknown): boolean {
  return error instanceof HttpFailure && error.kind === "unreachable";
}

/**
 * Whether sending once more can't do harm. A GET can always be repeated. A write under If-Match can
 * be too: if its first send was carried out, the second meets 412. A POST can only where the first
 * send surely wasn't carried out, or where the service is known to answer a repeated MS-RequestId
 * with the first result.
 */
export function mayRepeat(
  call: { readonly method: string; readonly ifMatch?: string; readonly hasHonouredId: boolean },
  outcome: SendOutcome,
): boolean {
  if (outcome === "done") return false;
  if (outcome !== "unknown") return true;
  if (call.method === "GET" || call.hasHonouredId) return true;
  return call.method !== "POST" && call.ifMatch !== undefined && call.ifMatch !== "*";
}

/** Milliseconds to wait before send number `attempt` + 1: full jitter below a doubling bound. */
export function backoffMs(attempt: number, limits: RetryLimits, random: Random): number {
  const bound = Math.min(limits.maxDelayMs, limits.firstDelayMs * 2 ** (attempt - 1));
  return Math.round(bound * (0.5 + random.fraction() / 2));
}

/** What the repeats of one call left to be known. */
export interface SendHistory {
  sends: number;
  /** True if a send before the last one may have been carried out. */
  hadUnknownOutcome: boolean;
}

/** What the retry policy needs. */
export interface SafeRetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RetryLimits;
  readonly session: TokenSession;
  /** True if the service answers a repeated MS-RequestId with the first result. */
  readonly requestIdsHonoured: boolean;
  /** Where each request's history is noted. */
  readonly histories: WeakMap<PipelineRequest, SendHistory>;
}

interface Ending {
  readonly outcome: SendOutcome;
  readonly response?: PipelineResponse;
  readonly error?: unknown;
}

/**
 * Repeats what can be repeated without harm. It stands in the place of core-rest-pipeline's retry
 * policy, which was measured to send a POST four times after a 500: four referrals.
 */
export function safeRetryPolicy(options: SafeRetryOptions): PipelinePolicy {
  const { clock, random, limits } = options;
  return {
    name: "partnerReferralsSafeRetry",
    async sendRequest(request, next) {
      const history: SendHistory = { sends: 0, hadUnknownOutcome: false };
      options.histories.set(request, history);
      const signal = abortSignalOf(request);
      let hasRenewed = false;
      for (;;) {
        history.sends += 1;
        const ending = await send(request, next);
        if (ending.response?.status === 401 && !hasRenewed) {
          hasRenewed = true;
          if (await options.session.renew(ending.response)) continue;
        }
        const delayMs = delayBefore(request, ending, history.sends);
        if (delayMs === undefined) return settled(ending);
        history.hadUnknownOutcome ||= ending.outcome === "unknown";
        await clock.sleep(delayMs, signal);
      }
    },
  };

  function delayBefore(request: PipelineRequest, ending: Ending, sends: number) {
    const ifMatch = request.headers.get("if-match");
    const call = {
      method: request.method,
      hasHonouredId: options.requestIdsHonoured && request.headers.has("ms-requestid"),
      ...(ifMatch === undefined ? {} : { ifMatch }),
    };
    if (sends >= limits.attempts || !mayRepeat(call, ending.outcome)) return undefined;
    const header = ending.response?.headers.get("retry-after");
    const asked = retryAfterMs(header, clock.now());
    if (asked === undefined) return backoffMs(sends, limits, random);
    if (asked > limits.maxRetryAfterMs) return undefined;
    return asked + Math.round(random.fraction() * limits.firstDelayMs);
  }
}

async function send(
  request: PipelineRequest,
  next: (request: PipelineRequest) => Promise<PipelineResponse>,
): Promise<Ending> {
  try {
    const response = await next(request);
    if (response.status === 429) return { outcome: "refused", response };
    return { outcome: isUnknownOutcome(response.status) ? "unknown" : "done", response };
  } catch (error) {
    if (!(error instanceof HttpFailure)) return { outcome: "done", error };
    return { outcome: wasNeverSent(error) ? "neverSent" : "unknown", error };
  }
}

function settled(ending: Ending): PipelineResponse {
  if (ending.response === undefined) throw ending.error;
  return ending.response;
}
