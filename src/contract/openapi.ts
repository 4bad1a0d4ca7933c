import { apiHeaders } from "./api-headers.ts";
import { longestMessage } from "./error-response.ts";
import { errorTable } from "./errors.ts";
import { type JsonSchema, recordSchemas, requiredFields } from "./json-schema.ts";
import {
  type BodyName,
  basePath,
  host,
  type Operation,
  type OperationResponse,
  operations,
  type Parameter,
} from "./operations.ts";
import { patchPaths } from "./patch-paths.ts";

const schemaBase = "#/components/schemas/";
const reference = (name: string): JsonSchema => ({ $ref: `${schemaBase}${name}` });

/** A pattern that a path of the allow-list matches, any index included. */
const pathPattern = (path: string): string =>
  `^${path.replaceAll("*", "(0|[1-9]\\d*)").replaceAll(".", "\\.")}$`;

function patchSchema(paths: readonly string[], ops: readonly string[]): JsonSchema {
  const hasIndex = paths.some((path) => path.includes("*"));
  return {
    type: "array",
    minItems: 1,
    items: {
      type: "object",
      required: ["path", "value"],
      properties: {
        op: { type: "string", enum: ops, default: ops[0], description: "What the operation does" },
        path: {
          type: "string",
          description: "JSON Pointer to the field",
          ...(hasIndex ? { pattern: paths.map(pathPattern).join("|") } : { enum: paths }),
        },
        value: { description: "The new value" },
      },
    },
  };
}

const allPaths = patchPaths.map(({ path }) => path);
const registration = "/registrations/";

const errorSchema: JsonSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string", "x-extensible-enum": Object.keys(errorTable) },
        message: { type: "string", maxLength: longestMessage },
        target: { type: "string" },
        innerError: { type: "object", additionalProperties: true },
      },
    },
  },
};

const listSchema: JsonSchema = {
  type: "object",
  required: ["value"],
  properties: {
    "@odata.context": { type: "string", title: "ODataContext" },
    "@odata.count": { type: "integer", title: "ODataCount" },
    "@odata.nextLink": { type: "string", title: "Address of the next page" },
    value: { type: "array", items: reference("Referral") },
  },
};

const schemas = (): Readonly<Record<string, JsonSchema>> => ({
  ...recordSchemas(schemaBase),
  NewReferral: { allOf: [reference("Referral"), { required: requiredFields }] },
  ReferralList: listSchema,
  PatchOperations: patchSchema(
    allPaths.filter((path) => !path.startsWith(registration)),
    ["replace", "add"],
  ),
  DealRegistrationPatch: patchSchema([`${registration}-`], ["add"]),
  DealRegistrationUpdate: patchSchema(
    allPaths.filter((path) => path.startsWith(`${registration}*`)),
    ["replace", "add"],
  ),
  Error: errorSchema,
});

const parameterOf = (parameter: Parameter): JsonSchema => ({
  name: parameter.name,
  in: parameter.in,
  required: parameter.required,
  description: parameter.description,
  schema: {
    type: parameter.type,
    ...(parameter.format ? { format: parameter.format } : {}),
    ...(parameter.title ? { title: parameter.title } : {}),
  },
});

/** OpenAPI names a body's type by its content, so a parameter for it would be ignored. */
const isParameter = ({ name }: Parameter): boolean => name !== "content-type";

const content = (name: string): JsonSchema => ({
  "application/json": { schema: reference(name) },
});

const headersOf = ({ status, body }: OperationResponse): JsonSchema => {
  const text = { schema: { type: "string" } };
  return {
    "request-id": text,
    "client-request-id": text,
    ...(status < 300 && body === "Referral" ? { ETag: text } : {}),
  };
};

const responseOf = (response: OperationResponse): JsonSchema => ({
  description: response.description,
  headers: headersOf(response),
  ...(response.body ? { content: content(response.body) } : {}),
});

const bodyNameOf = ({ operationId, body }: Operation): string | undefined => {
  const name: BodyName | undefined = body?.is;
  return operationId === "CreateReferral" ? "NewReferral" : name;
};

function operationOf(operation: Operation): JsonSchema {
  const { operationId, summary, description, deprecated, method, responses } = operation;
  const body = bodyNameOf(operation);
  const parameters = [...operation.parameters, ...(apiHeaders[operationId] ?? [])];
  // With `Prefer: return=representation` a PATCH answers the referral.
  const all: readonly OperationResponse[] =
    method === "PATCH"
      ? [{ status: 200, description: "OK", body: "Referral" }, ...responses]
      : responses;
  return {
    operationId,
    summary,
    description,
    ...(deprecated ? { deprecated } : {}),
    parameters: parameters.filter(isParameter).map(parameterOf),
    ...(body ? { requestBody: { required: true, content: content(body) } } : {}),
    responses: Object.fromEntries(
      all.map((response) => [String(response.status), responseOf(response)]),
    ),
  };
}

function paths(): Readonly<Record<string, JsonSchema>> {
  const byPath: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const item = byPath[operation.path] ?? {};
    byPath[operation.path] = item;
    item[operation.method.toLowerCase()] = operationOf(operation);
  }
  return byPath;
}

/** The API as an OpenAPI 3.1 document, for the server at `serverUrl` (default: Microsoft's own). */
export function openApiDocument(options: { readonly serverUrl?: string } = {}): JsonSchema {
  return {
    openapi: "3.1.1",
    info: {
      title: "Partner Center Referrals",
      version: "1.0",
      description: "Referrals between partners and Microsoft: create, read, update, register.",
    },
    servers: [{ url: options.serverUrl ?? `https://${host}${basePath}` }],
    security: [{ bearer: [] }],
    paths: paths(),
    components: {
      schemas: schemas(),
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
}
