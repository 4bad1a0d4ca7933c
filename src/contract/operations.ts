import type { Edition } from "./field.ts";

/** How prominently a designer shows a parameter. */
export type Visibility = "none" | "important" | "advanced" | "internal";

/** A parameter beside the body. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly type: "string" | "integer" | "boolean";
  readonly format?: "int32";
  readonly title?: string;
  readonly description: string;
  readonly required: boolean;
  readonly visibility: Visibility;
  readonly default?: string;
}

/** The bodies that an operation can take or answer. */
export type BodyName =
  | "Referral"
  | "ReferralList"
  | "PatchOperations"
  | "DealRegistrationPatch"
  | "DealRegistrationUpdate"
  | "Error";

/** What an operation takes as its body. */
export interface OperationBody {
  readonly name: string;
  readonly description: string;
  readonly is: BodyName;
  /** How many of the parameters stand before it in a definition. */
  readonly at: number;
}

/** One answer of an operation. */
export interface OperationResponse {
  readonly status: number;
  readonly description: string;
  readonly body?: BodyName;
}

/** One of the connector's actions. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  /** Below `basePath`; slashes at the end are part of it. */
  readonly path: string;
  readonly edition: Edition;
  /** True where a later edition advises against it. */
  readonly deprecated: boolean;
  readonly parameters: readonly Parameter[];
  readonly body?: OperationBody;
  readonly responses: readonly OperationResponse[];
}

/** The host of the API. */
export const host = "api.partner.microsoft.com";

/** The path that all operations lie below. */
export const basePath = "/v1.0/engagements";

/** The connector's own limit: calls per connection and sliding period. */
export const callLimit = { calls: 100, periodMs: 60_000 } as const;

const defaultCallerId = "60858c1b-2062-40ad-b42c-996b6b5b047d";

const id = (description: string): Parameter => ({
  name: "id",
  in: "path",
  type: "string",
  title: "Referral ID",
  description,
  required: true,
  visibility: "none",
});

const correlationId: Parameter = {
  name: "MS-CorrelationId",
  in: "header",
  type: "string",
  title: "Correlation ID",
  description: "The unique identifier to track the request",
  required: false,
  visibility: "important",
};

const contentType: Parameter = {
  name: "content-type",
  in: "header",
  type: "string",
  description: "Content type of the request",
  required: true,
  visibility: "internal",
  default: "application/json",
};

const callerId: Parameter = {
  name: "X-Caller-Id",
  in: "header",
  type: "string",
  description: "Optional, ID to identify the caller - Power Automate",
  required: false,
  visibility: "internal",
  default: defaultCallerId,
};

const ifMatch: Parameter = {
  name: "if-match",
  in: "header",
  type: "string",
  title: "Used for if match header from the client",
  description: "Used for if match header from the client.",
  required: true,
  visibility: "none",
};

const query = (
  name: string,
  type: Parameter["type"],
  title: string,
  description: string,
): Parameter => ({
  name,
  in: "query",
  type,
  title,
  description,
  required: false,
  visibility: "advanced",
  ...(type === "integer" ? { format: "int32" } : {}),
});

const listQuery: readonly Parameter[] = [
  query("$expand", "string", "Expand Query", "Expands related entities inline (default = none)."),
  query(
    "$filter",
    "string",
    "Filter Query",
    "An ODATA filter query to restrict the entries returned " +
      "(e.g. stringColumn eq 'string' OR numberColumn lt 123).",
  ),
  query(
    "$select",
    "string",
    "Select Query",
    "An ODATA select query to display which properties to include in the response.",
  ),
  query(
    "$orderby",
    "string",
    "Order By",
    "An ODATA orderBy query for specifying the order of entries.",
  ),
  query("$top", "integer", "Top Count", "Total number of entries to retrieve (default = all)."),
  query("$skip", "integer", "Skip Count", "The number of entries to skip (default = 0)."),
  query("$count", "boolean", "Count", "Includes a count of the matching results in the response."),
];

const failures: readonly OperationResponse[] = [
  { status: 400, description: "Bad Request", body: "Error" },
  { status: 401, description: "Unauthorized", body: "Error" },
  { status: 403, description: "Forbidden", body: "Error" },
  { status: 404, description: "Not Found", body: "Error" },
  { status: 500, description: "Internal Server Error", body: "Error" },
];

const answersReferral: readonly OperationResponse[] = [
  { status: 200, description: "OK", body: "Referral" },
  ...failures,
];

const answersNothing: readonly OperationResponse[] = [
  { status: 204, description: "No Content" },
  ...failures,
];

/** The five actions of the specification, and the two for deal registrations. */
export const operations = [
  {
    operationId: "CreateReferral",
    summary: "Create a referral",
    description: "Create a referral",
    method: "POST",
    path: "/referrals",
    edition: "specification",
    deprecated: false,
    parameters: [correlationId, callerId],
    body: { name: "Referral", description: "The entity to post", is: "Referral", at: 0 },
    responses: answersReferral,
  },
  {
    operationId: "GetReferralById",
    summary: "Get a referral by Id",
    description: "Get a referral matching the given identifier",
    method: "GET",
    path: "/referrals/{id}",
    edition: "specification",
    deprecated: false,
    parameters: [id("Identifier of the referral."), contentType, correlationId, callerId],
    responses: answersReferral,
  },
  {
    operationId: "GetAllReferrals",
    summary: "Get all referrals",
    description: "Get all referrals",
    method: "GET",
    path: "/referrals",
    edition: "specification",
    deprecated: false,
    parameters: [
      ...listQuery,
      contentType,
      { ...correlationId, description: "The unique identifier to track the request." },
      callerId,
    ],
    responses: [{ status: 200, description: "OK", body: "ReferralList" }, ...failures],
  },
  {
    operationId: "UpdateReferralById",
    summary: "Update a referral by Id",
    description: "Updates the referral matching the given referral identifier",
    method: "PUT",
    path: "/referrals/{id}",
    edition: "specification",
    deprecated: true,
    parameters: [
      id("The unique id for this referral."),
      ifMatch,
      contentType,
      correlationId,
      callerId,
    ],
    body: { name: "odataReferral", description: "The whole referral", is: "Referral", at: 1 },
    responses: answersReferral,
  },
  {
    operationId: "PatchReferralById",
    summary: "Update specific fields in a referral by Id",
    description: "Updates the referral matching the given referral identifier for specific fields",
    method: "PATCH",
    path: "/referrals/{id}",
    edition: "specification",
    deprecated: false,
    parameters: [id("The unique id for this referral"), contentType, correlationId, callerId],
    body: {
      name: "Referral",
      description: "Update Referral Details",
      is: "PatchOperations",
      at: 4,
    },
    responses: answersNothing,
  },
  {
    operationId: "CreateDealRegistrationByReferralId",
    summary: "Create a referral deal registration",
    description: "Registers the deal of the referral matching the given referral identifier",
    method: "PATCH",
    path: "/referrals/{id}/",
    edition: "current",
    deprecated: false,
    parameters: [id("The unique id for this referral"), contentType, correlationId, callerId],
    body: {
      name: "Referral",
      description: "Referral deal registration",
      is: "DealRegistrationPatch",
      at: 4,
    },
    responses: answersNothing,
  },
  {
    operationId: "PatchDealRegistrationByReferralId",
    summary: "Update deal registration in a referral by Id",
    description: "Updates the deal registration of the referral matching the given identifier",
    method: "PATCH",
    path: "/referrals/{id}//",
    edition: "current",
    deprecated: false,
    parameters: [id("The unique id for this referral"), contentType, correlationId, callerId],
    body: {
      name: "Referral",
      description: "Update referral's deal registration details",
      is: "DealRegistrationUpdate",
      at: 4,
    },
    responses: answersNothing,
  },
] as const satisfies readonly Operation[];

/** The name of an operation. */
export type OperationId = (typeof operations)[number]["operationId"];
