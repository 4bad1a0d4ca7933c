import { badRequest, errorCodes } from "./errors.ts";

/** A request to the Web API, apart from HTTP itself, so that a batch can hold many. */
export interface WebApiRequest {
  readonly method: string;
  /** Below the Web API's root, without a leading slash: `accounts(…)?$select=name`. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer, apart from HTTP itself. */
export interface WebApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a client asks for in its Prefer headers. */
export interface Preferences {
  readonly representation: boolean;
  readonly trackChanges: boolean;
  readonly annotations: readonly string[];
  readonly maxPageSize: number | undefined;
  readonly continueOnError: boolean;
}

/** Reads the Prefer header. */
export function readPreferences(header: string | undefined): Preferences {
  const text = header ?? "";
  const pageSize = /odata\.maxpagesize\s*=\s*"?(\d+)/i.exec(text)?.[1];
  const annotations = /odata\.include-annotations\s*=\s*(?:"([^"]*)"|([^,;\s]+))/i.exec(text);
  return {
    representation: /(?:^|[,;\s])return=representation/i.test(text),
    trackChanges: /odata\.track-changes/i.test(text),
    annotations: (annotations?.[1] ?? annotations?.[2] ?? "").split(",").filter(Boolean),
    maxPageSize: pageSize === undefined ? undefined : Number(pageSize),
    continueOnError: /odata\.continue-on-error(?!\s*=\s*false)/i.test(text),
  };
}

/** The path and the query options of a request; names of options keep their `$`. */
export interface Target {
  readonly path: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Splits a target and decodes both halves. */
export function parseTarget(target: string): Target {
  const question = target.indexOf("?");
  const rawPath = question < 0 ? target : target.slice(0, question);
  const options = new Map<string, string>();
  if (question >= 0) {
    for (const part of target
      .slice(question + 1)
      .split("&")
      .filter(Boolean)) {
      const equals = part.indexOf("=");
      const name = decode(equals < 0 ? part : part.slice(0, equals));
      options.set(name, equals < 0 ? "" : decode(part.slice(equals + 1)));
    }
  }
  return { path: decode(rawPath), options };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw badRequest(errorCodes.invalidQuery, "The URL is not validly encoded.");
  }
}

/** The JSON object in a body. */
export function parseBody(body: string): Readonly<Record<string, unknown>> {
  const parsed = parseJson(body);
  if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) {
    throw badRequest(
      errorCodes.unknownProperty,
      "Error identified in Payload provided by the user: the body must be a JSON object.",
    );
  }
  return parsed as Readonly<Record<string, unknown>>;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw badRequest(
      errorCodes.unknownProperty,
      "Error identified in Payload provided by the user: the body is not valid JSON.",
    );
  }
}
