import { closeOpportunity } from "./close-opportunity.ts";
import { type DataverseContext, writeSession } from "./context.ts";
import { DataverseError, errorBody } from "./errors.ts";
import type { Model } from "./model.ts";
import type { WebApiRequest, WebApiResponse } from "./request.ts";
import { parseTarget } from "./request.ts";
import { jsonResponse, readResource, writeResource } from "./resources.ts";
import type { WriteSession } from "./write.ts";

/** Answers one request to the Web API; never rejects with a DataverseError. */
export async function answer(
  context: DataverseContext,
  model: Model,
  request: WebApiRequest,
): Promise<WebApiResponse> {
  try {
    if (request.method === "GET") return await read(context, model, request);
    return await context.database.transaction((transaction) =>
      write(context, writeSession(context, transaction, model), request),
    );
  } catch (error) {
    if (error instanceof DataverseError) return errorResponse(error);
    throw error;
  }
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
  return readResource(context, context.database, model, request);
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
  return writeResource(context, session, request);
}
