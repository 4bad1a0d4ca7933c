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
    readonly innerError: {
      readonly remedy: string;
      readonly position?: number;
      readonly problems?: readonly Problem[];
      readonly "request-id"?: string;
      readonly "client-request-id"?: string;
    };
  };
}

/** The most characters of a message on the wire. */
export const longestMessage = 1024;

const clip = (message: string): string =>
  message.length <= longestMessage
    ? message
    : `${message.slice(0, longestMessage - 1).toWellFormed()}…`;

/** The body that tells of an error. What isn't a ReferralsError is a bug: nothing of it is told. */
export function errorBody(error: unknown): ErrorBody {
  const told = error instanceof ReferralsError ? error : new ReferralsError("generalException");
  const { code, target, position, problems, requestId, clientRequestId } = told;
  return {
    error: {
      code: told.foreignCode ?? errorEntry(code).wireCode ?? code,
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

const isBag = (value: unknown): value is Bag =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A property's value, whatever the case of its name (`name` is in lower case). */
const find = (from: unknown, name: string): unknown => {
  if (!isBag(from)) return undefined;
  if (Object.hasOwn(from, name)) return from[name];
  const key = Object.keys(from).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : from[key];
};

const findText = (from: unknown, name: string): string | undefined => {
  const value = find(from, name);
  return typeof value === "string" && value !== "" ? value : undefined;
};

function parsed(body: unknown): unknown {
  if (typeof body !== "string") return body;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const codeOnWire = new Map<string, ErrorCode>(
  (Object.keys(errorTable) as ErrorCode[]).map((code) => [
    (errorEntry(code).wireCode ?? code).toLowerCase(),
    code,
  ]),
);

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
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
  502: "serviceNotAvailable",
  503: "serviceNotAvailable",
  504: "serviceNotAvailable",
};

function codeFor(status: number): ErrorCode {
  const code = codeOfStatus[status];
  if (code) return code;
  if (status >= 500) return "generalException";
  return status >= 400 ? "invalidRequest" : "invalidAnswer";
}

const transientStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/**
 * The milliseconds that a Retry-After header asks to wait: its seconds, or the time from `fromMs`
 * to its date. That date is the server's, so `fromMs` is best the answer's own Date.
 */
export function retryAfterMs(
  header: string | undefined,
  fromMs: number | undefined,
): number | undefined {
  const value = header?.trim() ?? "";
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  // Date.parse takes too much for a date: to it, "-5" is a day in 2001.
  const until = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(until) || fromMs === undefined ? undefined : Math.max(0, until - fromMs);
}

function waitOf(
  headers: Readonly<Record<string, string | undefined>>,
  nowMs: number | undefined,
): number | undefined {
  const stated = Date.parse(findText(headers, "date") ?? "");
  return retryAfterMs(findText(headers, "retry-after"), Number.isNaN(stated) ? nowMs : stated);
}

const isProblem = (value: unknown): value is Problem =>
  ["pointer", "reason", "remedy"].every((name) => typeof find(value, name) === "string");

const defined = <T extends object>(details: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/**
 * The error that an HTTP answer tells of. Header names may have any case; the body is text or
 * parsed JSON of any shape. Decides by status and code, never by message: a code that the table
 * doesn't know gives the status's own code, and stays readable as `foreignCode`.
 */
export function errorFromResponse(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  body: unknown,
  nowMs?: number,
): ReferralsError {
  const whole = parsed(body);
  const outer = find(whole, "error");
  // OAuth answers {"error": "invalid_grant"}, gateways {"statusCode", "message"} without "error".
  const error = isBag(outer) ? outer : whole;
  const inner = find(error, "innererror");
  const given = find(error, "code") ?? outer;
  const wire = typeof given === "string" || typeof given === "number" ? String(given) : "";
  const known = codeOnWire.get(wire.toLowerCase());
  const code = known ?? codeFor(status);
  const position = find(inner, "position");
  const problems = find(inner, "problems");
  return new ReferralsError(
    code,
    defined({
      message: clip(findText(error, "message") ?? errorEntry(code).sentence),
      status,
      retryable: transientStatuses.has(status),
      target: findText(error, "target"),
      position: typeof position === "number" ? position : undefined,
      requestId: findText(headers, "request-id") ?? findText(inner, "request-id"),
      clientRequestId:
        findText(headers, "client-request-id") ?? findText(inner, "client-request-id"),
      retryAfterMs: waitOf(headers, nowMs),
      problems: Array.isArray(problems) ? problems.filter(isProblem) : undefined,
      foreignCode: known || wire === "" ? undefined : wire,
    }) as ConstructorParameters<typeof ReferralsError>[1],
  );
}
