import { answerBatch } from "./batch.ts";
import { closeOpportunity } from "./close-opportunity.ts";
import { type DataverseContext, writeSession } from "./context.ts";
import type { Environment } from "./environment.ts";
import { badRequest, DataverseError, errorBody, errorCodes } from "./errors.ts";
import type { Model } from "./model.ts";
import { qualifyLead } from "./qualify-lead.ts";
import { readDefinitions } from "./read-definitions.ts";
import { parseTarget, type WebApiRequest, type WebApiResponse } from "./request.ts";
import { jsonResponse, readResource, writeResource } from "./resources.ts";
import { writeDefinitions } from "./write-definitions.ts";
import type { WriteSession } from "./write-session.ts";

const definitionPaths =
  /^(?:EntityDefinitions|RelationshipDefinitions|InsertStatusValue|PublishAllXml)\b/;

/** Answers one request to the Web API; refusals are answers. */
export async function answer(
  environment: Environment,
  context: DataverseContext,
  request: WebApiRequest,
): Promise<WebApiResponse> {
  const model = environment.model();
  try {
    refuseOtherContent(request);
    if (request.method === "GET") return await read(context, model, request);
    if (request.method === "POST" && request.target === "$batch") {
      return await answerBatch(context, model, request, {
        one: (inner) => answer(environment, context, inner),
        write: (session, inner) => write(context, session, inner),
        refusal: errorResponse,
      });
    }
    const response = await context.database.transaction((transaction) =>
      write(context, writeSession(context, transaction, model), request),
    );
    if (definitionPaths.test(request.target)) await environment.reload();
    return response;
  } catch (error) {
    if (error instanceof DataverseError) return errorResponse(error);
    throw error;
  }
}

/** A JSON body must say that it is one; what else arrives would be misread. */
function refuseOtherContent({ body, headers, target }: WebApiRequest): void {
  const expected = target === "$batch" ? /^multipart\/mixed\b/i : /^application\/json\b/i;
  if (body === "" || expected.test(headers["content-type"] ?? "")) return;
  throw badRequest(
    errorCodes.unknownProperty,
    "A request with JSON data must include a Content-Type header with a value of application/json.",
  );
}

/** A refusal as an answer. */
export function errorResponse(error: DataverseError): WebApiResponse {
  return {
    status: error.status,
    headers: {
      "content-type": "application/json; odata.metadata=minimal",
      "odata-version": "4.0",
      ...(error.retryAfterSeconds === undefined
        ? {}
        : { "retry-after": String(error.retryAfterSeconds) }),
    },
    body: errorBody(error),
  };
}

async function read(
  context: DataverseContext,
  model: Model,
  request: WebApiRequest,
): Promise<WebApiResponse> {
  const { path } = parseTarget(request.target);
  if (path === "WhoAmI" || path === "WhoAmI()") {
    return jsonResponse(200, {
      "@odata.context": `${context.rootUrl}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
      BusinessUnitId: context.businessUnitId,
      UserId: context.userId,
      OrganizationId: context.organizationId,
    });
  }
  return (
    readDefinitions(context, model, request) ??
    readResource(context, context.database, model, request)
  );
}

async function write(
  context: DataverseContext,
  session: WriteSession,
  request: WebApiRequest,
): Promise<WebApiResponse> {
  const { path } = parseTarget(request.target);
  if (path === "WinOpportunity" || path === "LoseOpportunity") {
    return closeOpportunity(session, path, request);
  }
  return (
    (await qualifyLead(context, session, request)) ??
    (await writeDefinitions(context, session, request)) ??
    writeResource(context, session, request)
  );
}
