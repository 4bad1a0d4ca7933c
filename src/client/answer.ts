import {
  errorFromResponse,
  type Problem,
  type Referral,
  ReferralsError,
  validateReferral,
} from "../contract/index.ts";
import { type Clock, HttpFailure } from "../runtime/index.ts";
import type { ListPage, StoredReferral, UnreadableReferral } from "./port.ts";
import { isUnknownOutcome } from "./retry.ts";
import type { Answer, Call, Transport } from "./transport.ts";

/** True for a write that nothing protects from happening twice. */
function isUnprotectedWrite(call: Call): boolean {
  if (call.method === "GET") return false;
  const ifMatch = call.headers?.["if-match"];
  return call.method === "POST" || ifMatch === undefined || ifMatch === "*";
}

/**
 * Sends a call and answers whatever its status is, or throws a ReferralsError where no answer came.
 * A write that nothing protects from happening twice throws `outcomeUnknown` where nobody can say
 * whether it was carried out.
 */
export async function answerOf(transport: Transport, call: Call): Promise<Answer> {
  const clientRequestId = transport.random.uuid();
  try {
    return await transport.send(call, clientRequestId);
  } catch (error) {
    throw error instanceof HttpFailure ? errorOfFailure(call, error, clientRequestId) : error;
  }
}

/** Throws the typed error of an answer that isn't a success. */
export function requireSuccess(call: Call, answer: Answer, clock: Clock): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw errorOfAnswer(call, answer, clock);
}

/** Sends a call and answers with a 2xx, or throws a ReferralsError. */
export async function sendExpectingSuccess(transport: Transport, call: Call): Promise<Answer> {
  return requireSuccess(call, await answerOf(transport, call), transport.clock);
}

function errorOfFailure(call: Call, failure: HttpFailure, clientRequestId: string): ReferralsError {
  const message = `Partner Center could not be reached: ${failure.message}`;
  const details = { message, cause: failure, clientRequestId };
  if (failure.kind === "unreachable") return new ReferralsError("unreachable", details);
  return new ReferralsError(isUnprotectedWrite(call) ? "outcomeUnknown" : "timeout", details);
}

/** The typed error of an answer that isn't a success. */
function errorOfAnswer(call: Call, answer: Answer, clock: Clock): ReferralsError {
  const error = errorFromResponse(
    answer.status,
    { "client-request-id": answer.clientRequestId, ...answer.headers() },
    answer.body,
    clock.now(),
  );
  if (!isUnprotectedWrite(call) || !isUnknownOutcome(answer.status)) return error;
  return new ReferralsError("outcomeUnknown", {
    message: `${error.message} Whether the change was made is unknown.`,
    status: answer.status,
    ...idsOf(answer),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    cause: error,
  });
}

function idsOf(answer: Answer): { readonly requestId?: string; readonly clientRequestId: string } {
  const requestId = answer.header("request-id");
  const clientRequestId = answer.header("client-request-id") ?? answer.clientRequestId;
  return { clientRequestId, ...(requestId === undefined ? {} : { requestId }) };
}

/**
 * An answer of 2xx that can't be understood: nothing of ours is wrong, and repeating won't help.
 */
export function invalidAnswer(answer: Answer, message: string): ReferralsError {
  return new ReferralsError("invalidAnswer", { message, retryable: false, ...idsOf(answer) });
}

/** The JSON of an answer. */
export function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw invalidAnswer(answer, `the answer (status ${answer.status}) is not JSON`);
  }
}

/** The one referral that an answer holds. */
export function storedReferralOf(answer: Answer): StoredReferral {
  const referral = referralOf(answer, jsonOf(answer));
  // The document's own eTag comes first: headers were seen to lose the quotes on the way through
  // proxies.
  const eTag = referral.eTag ?? answer.header("etag");
  if (typeof eTag !== "string" || eTag === "") {
    throw invalidAnswer(answer, "the answer holds a referral without an eTag");
  }
  return { referral, eTag };
}

function referralOf(answer: Answer, document: unknown): Referral {
  const result = validateReferral(document, "read");
  if (result.ok) return result.referral;
  throw invalidAnswer(answer, `the answer is not a referral: ${firstOf(result.problems)}`);
}

const firstOf = ([first]: readonly Problem[]): string => `${first?.pointer} ${first?.reason}`;

/** The error of a list that holds items which can't be read; no value of theirs is in it. */
export function unreadableError([first, ...others]: readonly UnreadableReferral[]): ReferralsError {
  const which = first?.id === undefined ? "A referral" : `Referral ${first.id}`;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return new ReferralsError("invalidAnswer", {
    message: `${which} of the list can't be read: ${firstOf(first?.problems ?? [])}${more}`,
    retryable: false,
  });
}

const idIn = (document: unknown): string | undefined => {
  const { id } = (document ?? {}) as { readonly id?: unknown };
  return typeof id === "string" ? id : undefined;
};

/** The items of a list, read one by one: what is wrong with one of them concerns no other. */
function itemsOf(documents: readonly unknown[]): Pick<ListPage, "referrals" | "unreadable"> {
  const referrals: Referral[] = [];
  const unreadable: UnreadableReferral[] = [];
  for (const document of documents) {
    const result = validateReferral(document, "read");
    const id = idIn(document);
    if (result.ok) referrals.push(result.referral);
    else unreadable.push({ ...(id && { id }), document, problems: result.problems });
  }
  return { referrals, ...(unreadable.length > 0 && { unreadable }) };
}

/** The page of a list that an answer holds. */
export function listPageOf(answer: Answer): ListPage {
  const document = jsonOf(answer);
  const fields = (typeof document === "object" && document !== null ? document : {}) as {
    readonly value?: unknown;
    readonly "@odata.nextLink"?: unknown;
    readonly "@odata.count"?: unknown;
  };
  if (!Array.isArray(fields.value)) {
    throw invalidAnswer(answer, 'the answer is not a list: "value" is missing');
  }
  const nextLink = fields["@odata.nextLink"];
  const count = fields["@odata.count"];
  return {
    ...itemsOf(fields.value),
    ...(typeof nextLink === "string" && nextLink !== "" ? { nextLink } : {}),
    ...(typeof count === "number" ? { count } : {}),
  };
}
