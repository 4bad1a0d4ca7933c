import { type DataverseContext, writeSession } from "./context.ts";
import { badRequest, DataverseError, errorCodes } from "./errors.ts";
import type { Model } from "./model.ts";
import { type BatchAnswer, type ChangesetRequest, formatBatch, parseBatch } from "./multipart.ts";
import { readPreferences, type WebApiRequest, type WebApiResponse } from "./request.ts";

/** The most requests that a batch may hold. */
export const maxBatchRequests = 1000;

/** How the requests of a batch are carried out. */
export interface BatchExecution {
  /** Answers one request on its own; refusals are answers. */
  one(request: WebApiRequest): Promise<WebApiResponse>;
  /** Carries out one write in an open transaction; refusals are thrown. */
  write(session: ReturnType<typeof writeSession>, request: WebApiRequest): Promise<WebApiResponse>;
  refusal(error: DataverseError): WebApiResponse;
}

/** Puts the rows that earlier requests made in the place of `$1`, `$2`, … */
function withReferences(request: WebApiRequest, rows: ReadonlyMap<string, string>): WebApiRequest {
  const replace = (text: string): string =>
    text.replace(/(^|")\$(\w+)(?=$|["/])/g, (whole, before: string, id: string) => {
      if (/^(?:ref|batch|count)$/.test(id)) return whole;
      const url = rows.get(id);
      if (url === undefined) {
        throw badRequest(
          errorCodes.invalidQuery,
          `Content-ID Reference: '$${id}' does not exist in the batch context.`,
        );
      }
      return before + url;
    });
  return { ...request, target: replace(request.target), body: replace(request.body) };
}

async function answerChangeset(
  context: DataverseContext,
  model: Model,
  requests: readonly ChangesetRequest[],
  execution: BatchExecution,
): Promise<BatchAnswer> {
  try {
    const responses = await context.database.transaction(async (transaction) => {
      const session = writeSession(context, transaction, model);
      const rows = new Map<string, string>();
      const done: { contentId: string | undefined; response: WebApiResponse }[] = [];
      for (const { contentId, request } of requests) {
        if (request.method === "GET") {
          throw badRequest(errorCodes.invalidQuery, "GET isn't allowed in a change set.");
        }
        const response = await execution.write(session, withReferences(request, rows));
        const url = response.headers["odata-entityid"];
        if (contentId !== undefined && url !== undefined) {
          rows.set(contentId, url.slice(context.rootUrl.length + 1));
        }
        done.push({ contentId, response });
      }
      return done;
    });
    return { kind: "changeset", responses };
  } catch (error) {
    if (error instanceof DataverseError) {
      return { kind: "response", response: execution.refusal(error) };
    }
    throw error;
  }
}

/**
 * Carries out a batch: in order, stopping at the first error unless the client prefers to
 * continue.
 */
export async function answerBatch(
  context: DataverseContext,
  model: Model,
  request: WebApiRequest,
  execution: BatchExecution,
): Promise<WebApiResponse> {
  const parts = parseBatch(request);
  const count = parts.reduce(
    (sum, part) => sum + (part.kind === "request" ? 1 : part.requests.length),
    0,
  );
  if (count > maxBatchRequests) {
    throw badRequest(
      errorCodes.invalidArgument,
      `The batch holds ${count} requests; at most ${maxBatchRequests} are allowed.`,
    );
  }
  const { continueOnError } = readPreferences(request.headers.prefer);
  const answers: BatchAnswer[] = [];
  let status = 200;
  for (const part of parts) {
    const answer: BatchAnswer =
      part.kind === "request"
        ? { kind: "response", response: await answerSingle(part.request, execution) }
        : await answerChangeset(context, model, part.requests, execution);
    answers.push(answer);
    if (answer.kind === "response" && answer.response.status >= 400 && !continueOnError) {
      status = answer.response.status;
      break;
    }
  }
  const id = context.random.uuid();
  return {
    status,
    headers: {
      "content-type": `multipart/mixed; boundary=batchresponse_${id}`,
      "odata-version": "4.0",
    },
    body: formatBatch(answers, id),
  };
}

async function answerSingle(
  request: WebApiRequest,
  execution: BatchExecution,
): Promise<WebApiResponse> {
  if (request.target === "$batch") {
    return execution.refusal(
      badRequest(errorCodes.invalidQuery, "A batch can't contain another batch."),
    );
  }
  return execution.one(request);
}
