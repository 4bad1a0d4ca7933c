import type { Http, HttpRequest, HttpResponse } from "../../runtime/index.ts";
import { retryAfterMs, sendOnce, withoutValues } from "../adapting/refusal.ts";
import type { GetToken } from "../adapting/token-source.ts";
import { CrmError, type OperationOptions } from "../port.ts";

/** How an organisation is reached. */
export interface TransportOptions {
  readonly http: Http;
  /** `https://contoso.my.salesforce.com`. */
  readonly instanceUrl: string;
  /** The version of the API; `62.0` unless told. */
  readonly apiVersion?: string;
  readonly getToken: GetToken;
  readonly timeoutMs?: number;
}

/** One call of the REST API. */
export interface RestCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the version (`query?q=…`), or an address that Salesforce gave. */
  readonly target: string;
  readonly body?: unknown;
  /** Statuses to hand back instead of throwing. */
  readonly accept?: readonly number[];
  /** True for a POST that changes nothing. */
  readonly isRead?: boolean;
}

/** Sends calls; rejects with CrmError on every refusal that isn't accepted. */
export interface Transport {
  (call: RestCall, options: OperationOptions): Promise<HttpResponse>;
  /** `/services/data/v62.0`. */
  readonly versionPath: string;
  readonly instanceUrl: string;
  /** Salesforce's clock at its last answer, in milliseconds since 1970. */
  lastServerTimeMs(): number | undefined;
}

/** One entry of a refusal's body. */
export interface SalesforceProblem {
  readonly errorCode: string;
  readonly message: string;
  readonly fields: readonly string[];
}

const defaultTimeoutMs = 60_000;
const defaultVersion = "62.0";

/** The first problem in a refusal's body; of a collection's, too. */
export function problemIn(body: unknown): SalesforceProblem {
  const entries = Array.isArray(body) ? (body as readonly unknown[]) : [body];
  const problems = entries.flatMap((entry): readonly Readonly<Record<string, unknown>>[] => {
    if (entry === null || typeof entry !== "object") return [];
    const { errors } = entry as { errors?: unknown };
    return Array.isArray(errors) ? errors : [entry as Readonly<Record<string, unknown>>];
  });
  const codeOf = (problem: Readonly<Record<string, unknown>>): string =>
    String(problem.errorCode ?? problem.statusCode ?? "");
  // Of records that failed together, the one that failed by itself tells why.
  const first =
    problems.find((problem) => codeOf(problem) !== "ALL_OR_NONE_OPERATION_ROLLED_BACK") ??
    problems[0];
  const fields = Array.isArray(first?.fields) ? first.fields.map(String) : [];
  return { errorCode: first ? codeOf(first) : "", message: String(first?.message ?? ""), fields };
}

/** Salesforce names no time to wait; these are what its documentation suggests. */
const waitMs = { day: 15 * 60_000, concurrent: 10_000 } as const;

function limitWaitMs({ message }: SalesforceProblem): number {
  return /concurrent/i.test(message) ? waitMs.concurrent : waitMs.day;
}

const goneCodes = new Set(["ENTITY_IS_DELETED", "NOT_FOUND"]);
const rightCodes = new Set([
  "INSUFFICIENT_ACCESS",
  "INSUFFICIENT_ACCESS_OR_READONLY",
  "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
  "INVALID_SESSION_ID",
]);
/** Nothing was done, and the same may succeed later. */
const passingCodes = new Set(["UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE"]);

/** What a refusal is told with. */
export interface RefusalContext {
  readonly isWrite: boolean;
  readonly sent: unknown;
  /** The port's name of a field of Salesforce's. */
  readonly nameField?: (field: string) => string;
}

/** The error that an answer of this status stands for. */
export function errorOfAnswer(
  response: Pick<HttpResponse, "status" | "headers">,
  body: unknown,
  context: RefusalContext,
): CrmError {
  const { status } = response;
  const problem = problemIn(body);
  const { errorCode, fields, message } = problem;
  const sentence = withoutValues(message, context.sent) || "no reason given";
  const text = `Salesforce answered ${status}${errorCode ? ` (${errorCode})` : ""}: ${sentence}`;
  const told = retryAfterMs(response as HttpResponse);
  if (errorCode === "REQUEST_LIMIT_EXCEEDED") {
    return new CrmError("throttled", text, { retryAfterMs: told ?? limitWaitMs(problem) });
  }
  const wait = told === undefined ? {} : { retryAfterMs: told };
  if (status === 429) return new CrmError("throttled", text, wait);
  if (status === 412) return new CrmError("conflict", text);
  if (status === 401 || status === 403 || rightCodes.has(errorCode)) {
    return new CrmError("unauthorized", text);
  }
  if (goneCodes.has(errorCode) || status === 404) return new CrmError("not-found", text);
  if (passingCodes.has(errorCode)) return new CrmError("unavailable", text, wait);
  if (status >= 500) {
    return new CrmError("unavailable", text, { ...wait, outcomeUnknown: context.isWrite });
  }
  const [field] = fields;
  const name = field === undefined ? undefined : (context.nameField?.(field) ?? field);
  return new CrmError("invalid", text, name === undefined ? {} : { field: name });
}

/** The JSON in a body; undefined where it is none. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Creates the one thin layer between the adapter and the wire: token, headers, errors; no hidden
 * repeats of a write.
 */
export function createTransport(options: TransportOptions): Transport {
  const instanceUrl = options.instanceUrl.replace(/\/+$/, "");
  const versionPath = `/services/data/v${options.apiVersion ?? defaultVersion}`;
  let serverTimeMs: number | undefined;
  const attempt = async (
    call: RestCall,
    token: string,
    operation: OperationOptions,
  ): Promise<HttpResponse> => {
    const path = call.target.startsWith("/") ? call.target : `${versionPath}/${call.target}`;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const request: HttpRequest = {
      method: call.method,
      // A link is followed only below our own instance: it carries our session.
      url: instanceUrl + path,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      ...(body === undefined ? {} : { body }),
      ...(operation.signal === undefined ? {} : { signal: operation.signal }),
    };
    const isWrite = call.method !== "GET" && !call.isRead;
    const response = await sendOnce(options.http, request, { crm: "Salesforce", isWrite });
    const date = Date.parse(response.headers.date ?? "");
    if (Number.isFinite(date)) serverTimeMs = date;
    return response;
  };
  const send = async (call: RestCall, operation: OperationOptions): Promise<HttpResponse> => {
    const signal = operation.signal === undefined ? {} : { signal: operation.signal };
    const token = await options.getToken(signal);
    let response = await attempt(call, token, operation);
    if (response.status === 401) {
      // A refused session means that nothing was done, so one repeat with a fresh one is safe.
      const renewed = await options.getToken({ ...signal, rejected: token });
      if (renewed !== token) response = await attempt(call, renewed, operation);
    }
    if (response.status < 300 || call.accept?.includes(response.status)) return response;
    const isWrite = call.method !== "GET" && !call.isRead;
    throw errorOfAnswer(response, jsonOf(response.body), { isWrite, sent: call.body });
  };
  return Object.assign(send, { versionPath, instanceUrl, lastServerTimeMs: () => serverTimeMs });
}
