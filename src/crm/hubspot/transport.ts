import type { Clock, Http, HttpRequest, HttpResponse } from "../../runtime/index.ts";
import { retryAfterMs, sendOnce, withoutValues } from "../adapting/refusal.ts";
import type { GetToken } from "../adapting/token-source.ts";
import { CrmError, type OperationOptions } from "../port.ts";
import { Pace } from "./pace.ts";

/** How an account is reached. */
export interface TransportOptions {
  readonly http: Http;
  /** `https://api.hubapi.com` unless told. */
  readonly baseUrl?: string;
  readonly getToken: GetToken;
  readonly timeoutMs?: number;
  /** Waits instead of passing the account's limits; without it every call goes out at once. */
  readonly pace?: {
    readonly clock: Clock;
    /** What the account allows this app in ten seconds: 190, or 100 on lower tiers. */
    readonly callsPerTenSeconds: number;
  };
}

/** One call of the API. */
export interface HubSpotCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the root: `crm/v3/objects/deals`. */
  readonly target: string;
  readonly body?: unknown;
  /** Statuses to hand back instead of throwing. */
  readonly accept?: readonly number[];
  /** True for a POST that changes nothing. */
  readonly isRead?: boolean;
  /** The port's name of a property that is refused. */
  readonly nameField?: (property: string) => string;
}

/** Sends calls; rejects with CrmError on every refusal that isn't accepted. */
export type Transport = (call: HubSpotCall, options: OperationOptions) => Promise<HttpResponse>;

const defaultTimeoutMs = 60_000;
/** Other apps of the account search too: it allows five a second to all of them. */
const searchLimit = { calls: 4, windowMs: 1_000 };
/** The rest is for the app's other processes, a setup or a doctor. */
const usedShare = 0.95;
const defaultBaseUrl = "https://api.hubapi.com";

interface Problem {
  readonly category: string;
  readonly message: string;
  readonly policyName: string;
  /** The property that a value didn't fit, and why. */
  readonly property?: string;
  readonly reason?: string;
}

/** What a refusal's body says. */
export function problemIn(body: string): Problem {
  let parsed: Readonly<Record<string, unknown>> = {};
  try {
    parsed = JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    // A proxy's page in place of HubSpot's answer.
  }
  const message = String(parsed.message ?? "");
  const list = /were not valid: (\[.*\])/s.exec(message)?.[1];
  const named = list === undefined ? [] : propertyProblems(list);
  const [first] = named;
  return {
    category: String(parsed.category ?? ""),
    policyName: String(parsed.policyName ?? ""),
    message: first ? `${first.name}: ${first.message}` : message,
    ...(first ? { property: first.name, reason: first.error } : {}),
  };
}

interface PropertyProblem {
  readonly name: string;
  readonly error: string;
  readonly message: string;
}

function propertyProblems(list: string): readonly PropertyProblem[] {
  try {
    return JSON.parse(list) as readonly PropertyProblem[];
  } catch {
    return [];
  }
}

/** HubSpot seldom names a time to wait; the policy tells how long it counts. */
const policyWaitMs: Readonly<Record<string, number>> = {
  SECONDLY: 1000,
  TEN_SECONDLY_ROLLING: 10_000,
  DAILY: 3_600_000,
};

function errorOf(response: HttpResponse, call: HubSpotCall): CrmError {
  const { status } = response;
  const problem = problemIn(response.body);
  const sentence = withoutValues(problem.message, call.body) || "no reason given";
  const category = problem.reason ?? problem.category;
  const text = `HubSpot answered ${status}${category ? ` (${category})` : ""}: ${sentence}`;
  const told = retryAfterMs(response);
  const isWrite = call.method !== "GET" && !call.isRead;
  switch (status) {
    case 401:
    case 403:
      return new CrmError("unauthorized", text);
    case 404:
      return new CrmError("not-found", text);
    case 409:
      return new CrmError("conflict", text);
    case 423:
    case 477:
      return new CrmError("unavailable", text, told === undefined ? {} : { retryAfterMs: told });
    case 429: {
      const wait = told ?? policyWaitMs[problem.policyName] ?? policyWaitMs.TEN_SECONDLY_ROLLING;
      return new CrmError("throttled", text, wait === undefined ? {} : { retryAfterMs: wait });
    }
    default: {
      if (status >= 500) {
        const wait = told === undefined ? {} : { retryAfterMs: told };
        return new CrmError("unavailable", text, { ...wait, outcomeUnknown: isWrite });
      }
      const { property } = problem;
      const field = property === undefined ? undefined : (call.nameField?.(property) ?? property);
      return new CrmError("invalid", text, field === undefined ? {} : { field });
    }
  }
}

type Send = (request: HttpRequest, isWrite: boolean) => Promise<HttpResponse>;

function createSend({ http, pace }: TransportOptions): Send {
  const send: Send = (request, isWrite) => sendOnce(http, request, { crm: "HubSpot", isWrite });
  if (!pace) return send;
  const { callsPerTenSeconds, clock } = pace;
  const calls = Math.max(1, Math.floor(callsPerTenSeconds * usedShare));
  const all = new Pace(clock, { calls, windowMs: 10_000 });
  const searches = new Pace(clock, searchLimit);
  return (request, isWrite) => {
    const { signal, url } = request;
    const paced = () => all.run(() => send(request, isWrite), signal);
    return url.endsWith("/search") ? searches.run(paced, signal) : paced();
  };
}

/**
 * Creates the one thin layer between the adapter and the wire: token, headers, errors; no hidden
 * repeats of a write.
 */
export function createTransport(options: TransportOptions): Transport {
  const root = (options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, "");
  const send = createSend(options);
  const attempt = (
    call: HubSpotCall,
    token: string,
    operation: OperationOptions,
  ): Promise<HttpResponse> => {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const request: HttpRequest = {
      method: call.method,
      url: `${root}/${call.target}`,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      ...(body === undefined ? {} : { body }),
      ...(operation.signal === undefined ? {} : { signal: operation.signal }),
    };
    return send(request, call.method !== "GET" && !call.isRead);
  };
  return async (call, operation) => {
    const signal = operation.signal === undefined ? {} : { signal: operation.signal };
    const token = await options.getToken(signal);
    let response = await attempt(call, token, operation);
    if (response.status === 401) {
      // A refused token means that nothing was done, so one repeat with a fresh one is safe.
      const renewed = await options.getToken({ ...signal, rejected: token });
      if (renewed !== token) response = await attempt(call, renewed, operation);
    }
    if (response.status < 300 || call.accept?.includes(response.status)) return response;
    throw errorOf(response, call);
  };
}
