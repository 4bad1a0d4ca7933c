import { type ErrorCode, errorTable } from "./errors.ts";
import type { Problem } from "./problem.ts";
import { errorEntry, ReferralsError } from "./referrals-error.ts";

/** The body of every refusal. */
export interface ErrorBody {
  readonly error: {
    readonly code: string;
    /** At most 1024 characters. */
    readonly message: string;
    readonly target?: string;
    readonly innerError?: {
      readonly position?: number;
      readonly remedy?: string;
      readonly problems?: readonly Problem[];
      readonly "request-id"?: string;
      readonly "client-request-id"?: string;
    };
  };
}

/** The most characters of a message on the wire. */
export const longestMessage = 1024;

const clip = (message: string): string =>
  message.length <= longestMessage ? message : `${message.slice(0, longestMessage - 1)}…`;

/** The body that tells of an error. What isn't a ReferralsError is a bug, and nothing of it is told. */
export function errorBody(error: unknown): ErrorBody {
  const told = error instanceof ReferralsError ? error : new ReferralsError("generalException");
  const { code, target, position, problems, requestId, clientRequestId } = told;
  return {
    error: {
      code: errorEntry(code)?.wireCode ?? code,
      message: clip(told.message),
      ...(target === undefined ? {} : { target }),
      innerError: {
        remedy: told.remedy,
        ...(position === undefined ? {} : { position }),
        ...(problems === undefined ? {} : { problems }),
        ...(requestId === undefined ? {} : { "request-id": requestId }),
        ...(clientRequestId === undefined ? {} : { "client-request-id": clientRequestId }),
      },
    },
  };
}

type Bag = Readonly<Record<string, unknown>>;

const bag = (value: unknown): Bag =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Bag) : {};

/** A property's value, whatever the case of its name. */
const find = (from: Bag, name: string): unknown => {
  if (Object.hasOwn(from, name)) return from[name];
  const key = Object.keys(from).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : from[key];
};

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

function parsedBody(body: unknown): Bag {
  if (typeof body !== "string") return bag(body);
  try {
    return bag(JSON.parse(body));
  } catch {
    return {};
  }
}

const nameByWireCode = new Map(
  Object.entries(errorTable).map(([name, entry]) => [
    ("wireCode" in entry ? entry.wireCode : name).toLowerCase(),
    name as ErrorCode,
  ]),
);

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: "invalidRequest",
  401: "unauthenticated",
  403: "accessDenied",
  404: "itemNotFound",
  405: "methodNotAllowed",
  408: "timeout",
  412: "preconditionFailed",
  413: "payloadTooLarge",
  415: "unsupportedMediaType",
  428: "preconditionRequired",
  429: "tooManyRequests",
  503: "serviceNotAvailable",
  504: "serviceNotAvailable",
};

const codeForStatus = (status: number): ErrorCode =>
  codeByStatus[status] ??
  (status >= 400 && status < 500
    ? "invalidRequest"
    : status < 400
      ? "invalidAnswer"
      : "generalException");

/** Milliseconds to wait by a Retry-After header (seconds or an HTTP date), given the time now. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const value = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const date = /[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

const isProblem = (value: unknown): value is Problem =>
  ["pointer", "reason", "remedy"].every((name) => typeof bag(value)[name] === "string");

const transientStatus = (status: number): boolean => status === 429 || status >= 500;

/**
 * The error that an HTTP answer tells of. Decides by status and code, never by message; a body of any other shape gives the
 * status's own code.
 */
export function errorFromResponse(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  body: unknown,
  nowMs = 0,
): ReferralsError {
  const whole = parsedBody(body);
  const outer = find(whole, "error");
  // An OAuth server answers {"error": "invalid_grant", "error_description"}; a gateway {"statusCode", "message"}.
  const error = typeof outer === "object" ? bag(outer) : whole;
  const inner = bag(find(error, "innererror"));
  const rawCode = find(error, "code") ?? outer;
  const wire = typeof rawCode === "number" ? String(rawCode) : textOf(rawCode);
  const named = wire === undefined ? undefined : nameByWireCode.get(wire.toLowerCase());
  const code = named ?? wire ?? codeForStatus(status);
  const known = errorEntry(code) ?? errorTable[codeForStatus(status)];
  const problems = find(inner, "problems");
  const position = find(inner, "position");
  const target = textOf(find(error, "target"));
  const requestId = textOf(find(headers, "request-id")) ?? textOf(find(inner, "request-id"));
  const clientRequestId =
    textOf(find(headers, "client-request-id")) ?? textOf(find(inner, "client-request-id"));
  const wait = retryAfterMs(textOf(find(headers, "retry-after")), nowMs);
  return new ReferralsError(code, {
    message: clip(textOf(find(error, "message")) ?? known.sentence),
    status,
    retryable: transientStatus(status) || (known.retryable && status >= 500),
    ...(target === undefined ? {} : { target }),
    ...(typeof position === "number" ? { position } : {}),
    ...(requestId === undefined ? {} : { requestId }),
    ...(clientRequestId === undefined ? {} : { clientRequestId }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(Array.isArray(problems) ? { problems: problems.filter(isProblem) } : {}),
  });
}
