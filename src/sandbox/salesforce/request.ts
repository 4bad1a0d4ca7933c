import { badRequest } from "./errors.ts";

/** A request to the REST API, apart from HTTP itself, so that a composite can hold many. */
export interface RestRequest {
  readonly method: string;
  /** With the query string: `/services/data/v62.0/query?q=…`. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON body, or undefined. */
  readonly body: unknown;
}

/** An answer; a body of undefined is none. */
export interface RestResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A path below the version, in decoded segments, and the query options. */
export interface Address {
  /** `/services/data/v62.0`. */
  readonly versionPath: string;
  readonly segments: readonly string[];
  readonly options: URLSearchParams;
}

const addressPattern = /^(\/services\/data\/v\d\d\.0)(?:\/|$)([^?]*)/;

/** Splits an address; undefined where it doesn't lie below a version. */
export function parseAddress(url: string): Address | undefined {
  const [, versionPath, path = ""] = addressPattern.exec(url) ?? [];
  if (versionPath === undefined) return undefined;
  const question = url.indexOf("?");
  const segments = path.split("/").filter((segment) => segment !== "");
  return {
    versionPath,
    segments: segments.map((segment) => decodeURIComponent(segment)),
    options: new URLSearchParams(question < 0 ? "" : url.slice(question + 1)),
  };
}

/** The JSON object in a body. Errors: JSON_PARSER_ERROR. */
export function objectBody(body: unknown): Readonly<Record<string, unknown>> {
  if (body !== null && typeof body === "object" && !Array.isArray(body)) {
    return body as Readonly<Record<string, unknown>>;
  }
  throw badRequest("JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object");
}
