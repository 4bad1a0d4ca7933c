/**
 * One HTTP request with a text body: everything that the outside systems need, and cheap to
 * simulate.
 */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /**
   * Milliseconds until the call fails with `timeout`; the outcome on the other side is then
   * unknown.
   */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Header names are in lower case; several values of one name are joined with ", ". */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends one request, follows no redirect, and resolves on any status. Rejects with HttpFailure or
 * the abort reason.
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * No answer arrived. `timeout` and `connection-lost`: the request may have been carried out.
 * `unreachable`: it was never sent.
 */
export class HttpFailure extends Error {
  readonly kind: "timeout" | "connection-lost" | "unreachable";

  constructor(kind: HttpFailure["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HttpFailure";
    this.kind = kind;
  }
}

const neverSentCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const defaultTimeoutMs = 30_000;

function failureOf(error: unknown, url: URL): unknown {
  const cause =
    error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  const code = typeof cause?.code === "string" ? cause.code : "";
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new HttpFailure("timeout", `no answer from ${url.host} in time`, { cause: error });
  }
  if (error instanceof TypeError) {
    const kind = neverSentCodes.has(code) ? "unreachable" : "connection-lost";
    return new HttpFailure(kind, `no answer from ${url.host} (${code || "connection failed"})`, {
      cause: error,
    });
  }
  return error;
}

/** Http over the platform's fetch. */
export const fetchHttp: Http = async (request) => {
  const url = new URL(request.url);
  const timeout = AbortSignal.timeout(request.timeoutMs ?? defaultTimeoutMs);
  try {
    const response = await fetch(url, {
      method: request.method,
      headers: request.headers,
      redirect: "manual",
      signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  } catch (error) {
    throw failureOf(error, url);
  }
};
