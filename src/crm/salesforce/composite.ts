import type { CrmError, OperationOptions } from "../port.ts";
import { errorOfAnswer, problemIn, type Transport } from "./transport.ts";

/** One request within a composite; later ones can name its answer as `@{name.id}`. */
export interface Subrequest {
  readonly name: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the version; `@{…}` stands as it is. */
  readonly target: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answers of a composite, by the names of its requests. */
export interface CompositeAnswers {
  body(name: string): unknown;
  /** Salesforce's own clock when it answered, in milliseconds since 1970. */
  readonly serverTimeMs: number;
}

/** What went wrong within a composite, and in which of its requests. */
export class CompositeRefusal extends Error {
  readonly subrequest: Subrequest;
  readonly body: unknown;
  readonly error: CrmError;

  constructor(subrequest: Subrequest, body: unknown, error: CrmError) {
    super(error.message, { cause: error });
    this.name = "CompositeRefusal";
    this.subrequest = subrequest;
    this.body = body;
    this.error = error;
  }

  get errorCode(): string {
    return problemIn(this.body).errorCode;
  }
}

interface Subresponse {
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}

function isRefused({ body, httpStatusCode }: Subresponse): boolean {
  if (httpStatusCode >= 300) return true;
  return (
    Array.isArray(body) && body.some((entry: { success?: unknown }) => entry.success === false)
  );
}

/**
 * The one that failed by itself; the others were only rolled back with it.
 */
function firstRefused(responses: readonly Subresponse[]): Subresponse | undefined {
  const refused = responses.filter(isRefused);
  return (
    refused.find(({ body }) => problemIn(body).errorCode !== "PROCESSING_HALTED") ?? refused[0]
  );
}

/** Milliseconds since 1970 in a Date header. */
export function serverTimeOf(headers: Readonly<Record<string, string>>): number {
  return Date.parse(headers.date ?? "");
}

/**
 * Sends requests as one call: all of it happens, or none. Errors: CompositeRefusal for one of the
 * requests, CrmError for the call.
 */
export async function sendComposite(
  send: Transport,
  subrequests: readonly Subrequest[],
  options: OperationOptions,
  nameField?: (subrequest: Subrequest, field: string) => string,
): Promise<CompositeAnswers> {
  const isRead = subrequests.every(({ method }) => method === "GET");
  const response = await send(
    {
      method: "POST",
      target: "composite",
      isRead,
      body: {
        allOrNone: true,
        collateSubrequests: false,
        compositeRequest: subrequests.map(({ body, headers, method, name, target }) => ({
          method,
          url: `${send.versionPath}/${target}`,
          referenceId: name,
          ...(headers === undefined ? {} : { httpHeaders: headers }),
          ...(body === undefined ? {} : { body }),
        })),
      },
    },
    options,
  );
  const { compositeResponse } = JSON.parse(response.body) as {
    compositeResponse: readonly Subresponse[];
  };
  const refused = firstRefused(compositeResponse);
  const subrequest = subrequests.find(({ name }) => name === refused?.referenceId);
  if (refused && subrequest) {
    const error = errorOfAnswer(
      { status: Math.max(refused.httpStatusCode, 400), headers: refused.httpHeaders },
      refused.body,
      {
        isWrite: false,
        sent: subrequest.body,
        ...(nameField ? { nameField: (field) => nameField(subrequest, field) } : {}),
      },
    );
    throw new CompositeRefusal(subrequest, refused.body, error);
  }
  const bodies = new Map(compositeResponse.map(({ body, referenceId }) => [referenceId, body]));
  return { body: (name) => bodies.get(name), serverTimeMs: serverTimeOf(response.headers) };
}

/** A query within a composite. */
export function querySubrequest(
  name: string,
  soql: string,
  kind: "query" | "queryAll" = "query",
): Subrequest {
  // References stand as they are, whatever is encoded around them.
  const encoded = soql
    .split(/(@\{[^}]*\})/)
    .map((part) => (part.startsWith("@{") ? part : encodeURIComponent(part)))
    .join("");
  return { name, method: "GET", target: `${kind}?q=${encoded}` };
}
