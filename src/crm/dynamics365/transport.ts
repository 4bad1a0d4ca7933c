import type { Http, HttpResponse } from "../../runtime/index.ts";
import { HttpFailure } from "../../runtime/index.ts";
import type { GetToken } from "../adapting/token-source.ts";
import { CrmError, type OperationOptions } from "../port.ts";

/** How a Dataverse environment is reached. */
export interface TransportOptions {
  readonly http: Http;
  /** The Web API's root: `https://contoso.crm.dynamics.com/api/data/v9.2`. */
  readonly rootUrl: string;
  readonly getToken: GetToken;
  readonly timeoutMs?: number;
}

/** One call of the Web API. */
export interface WebApiCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE" | "PUT";
  /** Below the root, or a link that Dataverse gave. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Statuses to hand back instead of throwing. */
  readonly accept?: readonly number[];
  /** True for a POST that changes nothing. */
  readonly isRead?: boolean;
}

/** Sends calls; rejects with CrmError on every refusal that isn't accepted. */
export type Transport = (call: WebApiCall, options: OperationOptions) => Promise<HttpResponse>;

const defaultTimeoutMs = 60_000;
const maxMessageLength = 500;

interface ErrorBody {
  readonly code: string;
  readonly message: string;
}

/** The code and the sentence in an error's body; empty where it has none. */
export function readErrorBody(body: string): ErrorBody {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    return { code: String(error?.code ?? ""), message: String(error?.message ?? "") };
  } catch {
    return { code: "", message: "" };
  }
}

const secondMs = 1000;

/** The column that a refusal is about, where its sentence names one. */
function columnOf(message: string): string | undefined {
  return (
    /length of the '(\w+)' attribute/.exec(message)?.[1] ??
    /of '(\w+)' on record/.exec(message)?.[1] ??
    /property '(\w+)' does not exist/.exec(message)?.[1] ??
    /Required field '(\w+)'/.exec(message)?.[1]
  );
}

/** Retry-After in milliseconds; Dataverse sends seconds. */
function retryAfterMs(response: HttpResponse): number | undefined {
  const seconds = Number(response.headers["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.max(0, seconds) * secondMs : undefined;
}

const duplicateKeyCode = "0x80040237";
const duplicateRuleCode = "0x80040333";
const shortestSecret = 3;

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length >= shortestSecret ? [value] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(textsIn);
}

/** A sentence of Dataverse's without the values that were sent: an error carries none. */
function withoutValues(message: string, bodies: readonly string[]): string {
  const values = bodies
    .filter((body) => body.startsWith("{"))
    .flatMap((body) => textsIn(JSON.parse(body)));
  return values.reduce((text, value) => text.replaceAll(value, "…"), message);
}

/** The error that an answer stands for; `bodies` are those that were sent. */
export function errorOfResponse(
  response: HttpResponse,
  isWrite: boolean,
  bodies: readonly string[] = [],
): CrmError {
  const { code, message: sentence } = readErrorBody(response.body);
  const message = withoutValues(sentence, bodies);
  const text = `Dataverse answered ${response.status}${code ? ` (${code})` : ""}: ${
    message.slice(0, maxMessageLength) || "no reason given"
  }`;
  const wait = retryAfterMs(response);
  const details = wait === undefined ? {} : { retryAfterMs: wait };
  const field = columnOf(message);
  switch (response.status) {
    case 401:
    case 403:
      return new CrmError("unauthorized", text);
    case 404:
      return new CrmError("not-found", text);
    case 412:
      // Another row holds the key already: reading again and repeating would never end.
      return new CrmError(code === duplicateKeyCode ? "invalid" : "conflict", text);
    case 429:
      return new CrmError("throttled", text, details);
    default:
      // A duplicate detection rule refuses with a server error, though nothing is broken.
      if (code === duplicateRuleCode) return new CrmError("invalid", text);
      return response.status >= 500
        ? new CrmError("unavailable", text, { ...details, outcomeUnknown: isWrite })
        : new CrmError("invalid", text, field === undefined ? {} : { field });
  }
}

function errorOfFailure(failure: HttpFailure, isWrite: boolean): CrmError {
  return new CrmError("unavailable", `Dataverse could not be reached: ${failure.message}`, {
    outcomeUnknown: isWrite && failure.kind !== "unreachable",
    cause: failure,
  });
}

const standardHeaders = {
  accept: "application/json",
  "odata-version": "4.0",
  "odata-maxversion": "4.0",
};

/**
 * Creates the one thin layer between the adapter and the wire: token, headers, errors; no hidden
 * repeats of a write.
 */
export function createTransport(transport: TransportOptions): Transport {
  const root = transport.rootUrl.replace(/\/+$/, "");
  const urlOf = (target: string): string => {
    if (!/^https?:/.test(target)) return `${root}/${target}`;
    // A link is followed only to the environment that we were configured with: it carries our
    // token.
    if (new URL(target).origin !== new URL(root).origin) {
      throw new CrmError("invalid", "Dataverse gave a link to another host; it isn't followed");
    }
    return target;
  };
  const attempt = async (
    call: WebApiCall,
    options: OperationOptions,
    token: string,
  ): Promise<HttpResponse> =>
    transport.http({
      method: call.method,
      url: urlOf(call.target),
      headers: {
        ...standardHeaders,
        authorization: `Bearer ${token}`,
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
        ...call.headers,
      },
      timeoutMs: transport.timeoutMs ?? defaultTimeoutMs,
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  return async (call, options) => {
    const isWrite = call.method !== "GET" && !call.isRead;
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    try {
      const token = await transport.getToken(signal);
      let response = await attempt(call, options, token);
      if (response.status === 401) {
        // A refused token means that nothing was done, so one repeat with a fresh token is safe.
        const renewed = await transport.getToken({ ...signal, rejected: token });
        if (renewed !== token) response = await attempt(call, options, renewed);
      }
      const accepted = response.status < 400 || call.accept?.includes(response.status);
      if (accepted) return response;
      throw errorOfResponse(response, isWrite, call.body === undefined ? [] : [call.body]);
    } catch (error) {
      throw error instanceof HttpFailure ? errorOfFailure(error, isWrite) : error;
    }
  };
}
