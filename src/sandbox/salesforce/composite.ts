import { badRequest, SalesforceError } from "./errors.ts";
import type { Caller } from "./organisation.ts";
import { objectBody, parseAddress, type RestRequest, type RestResponse } from "./request.ts";

const maxSubrequests = 25;
const maxQueriesAndCollections = 5;
const inheritedHeaders = ["accept", "authorization", "content-type"];
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

interface Subrequest {
  readonly method: string;
  readonly url: string;
  readonly referenceId: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

interface Subresponse {
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}

/** Answers one request; refusals are answers. */
export type AnswerOne = (request: RestRequest, isWithinAllOrNone: boolean) => RestResponse;

function invalid(message: string): SalesforceError {
  return badRequest("JSON_PARSER_ERROR", message);
}

function readSubrequest(entry: unknown): Subrequest {
  const { body, httpHeaders = {}, method, referenceId, url } = objectBody(entry);
  if (typeof method !== "string" || !methods.includes(method)) {
    throw invalid(`Invalid method: ${String(method)}`);
  }
  if (typeof referenceId !== "string" || !/^[A-Za-z]\w*$/.test(referenceId)) {
    throw invalid(
      "The referenceId must start with a letter and hold letters, digits and underscores only.",
    );
  }
  if (typeof url !== "string" || !url.startsWith("/services/data/")) {
    throw invalid(`Invalid url: ${String(url)}`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(objectBody(httpHeaders))) {
    if (inheritedHeaders.includes(name.toLowerCase())) {
      throw invalid(`The header ${name} can't be given in a subrequest.`);
    }
    headers[name.toLowerCase()] = String(value);
  }
  return { method, url, referenceId, body, headers };
}

function isQueryOrCollection({ url }: Subrequest): boolean {
  const [first, second] = parseAddress(url)?.segments ?? [];
  return (
    first === "query" || first === "queryAll" || (first === "composite" && second === "sobjects")
  );
}

function refuseUnsupported(subrequest: Subrequest): void {
  const [first] = parseAddress(subrequest.url)?.segments ?? [];
  if (first === "sobjects" || isQueryOrCollection(subrequest)) return;
  throw invalid(`The resource ${subrequest.url} isn't supported in a composite request.`);
}

function readRequest(body: unknown): { allOrNone: boolean; subrequests: readonly Subrequest[] } {
  const { allOrNone = false, compositeRequest } = objectBody(body);
  if (!Array.isArray(compositeRequest)) throw invalid("Missing compositeRequest");
  if (compositeRequest.length > maxSubrequests) {
    throw badRequest("LIMIT_EXCEEDED", `The limit of ${maxSubrequests} subrequests is exceeded.`);
  }
  const subrequests = compositeRequest.map(readSubrequest);
  if (subrequests.filter(isQueryOrCollection).length > maxQueriesAndCollections) {
    throw badRequest(
      "LIMIT_EXCEEDED",
      `The limit of ${maxQueriesAndCollections} queries and collections is exceeded.`,
    );
  }
  if (new Set(subrequests.map((each) => each.referenceId)).size < subrequests.length) {
    throw invalid("A referenceId is used more than once.");
  }
  for (const subrequest of subrequests) refuseUnsupported(subrequest);
  return { allOrNone: allOrNone === true, subrequests };
}

const referencePattern = /@\{(\w+)((?:\.\w+|\[\d+\])*)\}/g;

/** Puts earlier answers where `@{ref.id}` stands. Errors: what can't be found. */
function withReferences(text: string, answers: ReadonlyMap<string, unknown>): string {
  return text.replaceAll(referencePattern, (whole, name: string, path: string) => {
    if (!answers.has(name)) {
      throw badRequest("PROCESSING_HALTED", `Invalid reference specified. No value for ${whole}`);
    }
    let value = answers.get(name);
    for (const step of path.match(/\w+/g) ?? []) {
      value = (value as Readonly<Record<string, unknown>> | undefined)?.[step];
    }
    if (typeof value !== "string" && typeof value !== "number") {
      throw badRequest("PROCESSING_HALTED", `Invalid reference specified. No value for ${whole}`);
    }
    return String(value);
  });
}

const halted = [
  {
    errorCode: "PROCESSING_HALTED",
    message:
      "The transaction was rolled back since another operation in the same transaction " +
      "failed.",
  },
];

/** Thrown to undo the whole; carries what went wrong and where. */
class Halted extends Error {
  readonly failed: Subresponse;

  constructor(failed: Subresponse) {
    super("halted");
    this.failed = failed;
  }
}

function hasFailures(response: RestResponse): boolean {
  if (response.status >= 300) return true;
  const { body } = response;
  return (
    Array.isArray(body) && body.some((entry: { success?: unknown }) => entry.success === false)
  );
}

function runOne(
  subrequest: Subrequest,
  answers: ReadonlyMap<string, unknown>,
  answer: AnswerOne,
  allOrNone: boolean,
): RestResponse {
  const { body, headers, method, url } = subrequest;
  const resolvedBody: unknown =
    body === undefined ? undefined : JSON.parse(withReferences(JSON.stringify(body), answers));
  const resolvedUrl = withReferences(url, answers);
  return answer({ method, url: resolvedUrl, headers, body: resolvedBody }, allOrNone);
}

function runAll(
  subrequests: readonly Subrequest[],
  answer: AnswerOne,
  allOrNone: boolean,
): readonly Subresponse[] {
  const answers = new Map<string, unknown>();
  return subrequests.map((subrequest) => {
    const { referenceId } = subrequest;
    let response: RestResponse;
    try {
      response = runOne(subrequest, answers, answer, allOrNone);
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error;
      const body = [{ errorCode: error.errorCode, message: error.message }];
      response = { status: error.status, body };
    }
    const { body = null, headers = {}, status } = response;
    const subresponse = { body, httpHeaders: headers, httpStatusCode: status, referenceId };
    if (status < 300) answers.set(referenceId, body);
    if (allOrNone && hasFailures(response)) throw new Halted(subresponse);
    return subresponse;
  });
}

/** Answers `composite`: up to 25 requests in one call, in order. Errors: SalesforceError, 400. */
export function answerComposite(
  caller: Caller,
  request: RestRequest,
  answer: AnswerOne,
): RestResponse {
  const { allOrNone, subrequests } = readRequest(request.body);
  try {
    const compositeResponse = caller.organisation.store.change(() =>
      runAll(subrequests, answer, allOrNone),
    );
    return { status: 200, body: { compositeResponse } };
  } catch (error) {
    if (!(error instanceof Halted)) throw error;
    const { failed } = error;
    const compositeResponse = subrequests.map(({ referenceId }) =>
      referenceId === failed.referenceId
        ? failed
        : { body: halted, httpHeaders: {}, httpStatusCode: 400, referenceId },
    );
    return { status: 200, body: { compositeResponse } };
  }
}
