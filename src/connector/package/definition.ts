import {
  actionParameters,
  basePath,
  listDefinition,
  host as microsoftHost,
  type Operation,
  type OperationBody,
  operations,
  type Parameter,
  patchPaths,
  referralTypeName,
} from "../../contract/index.ts";
import type { ConnectorEdition, ConnectorProfile } from "./editions.ts";
import { type ConnectorMetadata, connectorMetadata } from "./metadata.ts";
import { oauthAddresses } from "./oauth-addresses.ts";
import { referralSchema, registrationSchema, type SwaggerObject } from "./record-schema.ts";
import { triggerPathItems } from "./trigger-paths.ts";

/** Which definition is wanted. */
export interface DefinitionOptions {
  readonly edition?: ConnectorEdition;
  readonly profile?: ConnectorProfile;
  /** The gateway's host; with the profile microsoft, another cloud's API. */
  readonly host?: string;
  /** `https`, unless a gateway is tried on a developer's machine. */
  readonly scheme?: "https" | "http";
  readonly metadata?: ConnectorMetadata;
}

const contracts = referralTypeName.slice(0, referralTypeName.lastIndexOf("."));
const bodyTypes: Readonly<Record<OperationBody["is"], string>> = {
  Referral: referralTypeName,
  ReferralList: "",
  PatchOperations: `${contracts}.UpdateReferralDetails`,
  DealRegistrationPatch: `${contracts}.DealRegistration`,
  DealRegistrationUpdate: `${contracts}.UpdateDealRegistration`,
  Error: "",
};
const reference = (name: string): SwaggerObject => ({ $ref: `#/definitions/${name}` });

const registrations = "/registrations/";
const allPaths = patchPaths.map(({ path }) => path);
const referralPaths = allPaths.filter((path) => !path.startsWith(registrations));
// The actions for registrations are about the first one: a list of paths can't hold any index.
const registrationPaths = allPaths
  .filter((path) => path.startsWith(`${registrations}*`))
  .map((path) => path.replaceAll("*", "0"));

/** The properties of a patch operation as a form shows them. */
function patchItem(paths: readonly string[], pathDescription?: string): SwaggerObject {
  const ops = ["replace", "add"];
  const rows = new Map(actionParameters("PatchReferralById").map((row) => [row.key, row]));
  const about = (key: string): SwaggerObject => {
    const row = rows.get(key);
    return { title: row?.title, description: row?.description, "x-ms-summary": row?.title };
  };
  return {
    type: "object",
    properties: {
      op: { ...about("op"), type: "string", default: ops[0], enum: ops },
      path: {
        ...about("path"),
        ...(pathDescription === undefined ? {} : { description: pathDescription }),
        type: "string",
        enum: paths.toSorted(),
      },
      value: about("value"),
    },
  };
}

function registrationItem(): SwaggerObject {
  const path = `${registrations}-`;
  return {
    type: "object",
    properties: {
      op: {
        title: "Operation",
        description: "What the operation does",
        type: "string",
        default: "add",
        enum: ["add"],
      },
      path: {
        title: "Path",
        description: "Path location in the referral document",
        type: "string",
        default: path,
        enum: [path],
      },
      value: { title: "Value", description: "The deal registration", ...registrationSchema() },
    },
  };
}

const listOf = (description: string, items: SwaggerObject): SwaggerObject => ({
  description,
  type: "array",
  items,
});

function definitions(edition: ConnectorEdition): Readonly<Record<string, SwaggerObject>> {
  return {
    [referralTypeName]: referralSchema(edition),
    [bodyTypes.PatchOperations]: listOf("Update Referral Details", patchItem(referralPaths)),
    ...(edition === "specification"
      ? {}
      : {
          [bodyTypes.DealRegistrationPatch]: listOf(
            "Referral deal registration",
            registrationItem(),
          ),
          [bodyTypes.DealRegistrationUpdate]: listOf(
            "Update referral's deal registration details",
            patchItem(
              registrationPaths,
              "Path to a field of the first deal registration, e.g. " +
                "/registrations/0/contract/startDateTime",
            ),
          ),
        }),
  };
}

function listSchema(profile: ConnectorProfile): SwaggerObject {
  const properties = listDefinition.map(({ title, path, type, description }) => {
    if (path === "value") return [path, { type: "array", items: reference(referralTypeName) }];
    const format = type === "integer" ? { format: "int32" } : {};
    return [path, { title, description, type, ...format }];
  });
  const nextLink = {
    title: "Next Page",
    description: "Address of the next page, where the gateway passes pages on.",
    type: "string",
  };
  return {
    type: "object",
    properties: {
      ...Object.fromEntries(properties),
      ...(profile === "gateway" ? { "@odata.nextLink": nextLink } : {}),
    },
  };
}

/** The gateway takes a condition on PATCH too, which Microsoft's connector can't send. */
const ifMatchOfPatch: Parameter = {
  name: "If-Match",
  in: "header",
  type: "string",
  title: "If-Match",
  description: "The eTag that must still be current; without it the last write wins.",
  required: false,
  visibility: "advanced",
};

function parameterOf(parameter: Parameter): SwaggerObject {
  const { name, type, format, title, description, required, visibility } = parameter;
  return {
    name,
    in: parameter.in,
    required,
    type,
    ...(format ? { format } : {}),
    description,
    ...(parameter.default === undefined ? {} : { default: parameter.default }),
    ...(title === undefined ? {} : { "x-ms-summary": title }),
    ...(visibility === "none" ? {} : { "x-ms-visibility": visibility }),
  };
}

const bodyOf = ({ name, description, is }: OperationBody): SwaggerObject => ({
  name,
  in: "body",
  required: true,
  description,
  schema: reference(bodyTypes[is]),
});

function parametersOf(operation: Operation, profile: ConnectorProfile): readonly SwaggerObject[] {
  const { parameters, body, method } = operation;
  const all =
    profile === "gateway" && method === "PATCH" ? [...parameters, ifMatchOfPatch] : parameters;
  const written = all.map(parameterOf);
  return body ? written.toSpliced(body.at, 0, bodyOf(body)) : written;
}

function responsesOf(operation: Operation, profile: ConnectorProfile): SwaggerObject {
  const limit = { status: 429, description: "Too Many Requests" };
  const all: Operation["responses"] =
    profile === "gateway" ? [...operation.responses, limit] : operation.responses;
  // The rules of certification want schemas of successes only.
  const schemas: Readonly<Record<string, SwaggerObject>> = {
    Referral: reference(referralTypeName),
    ReferralList: listSchema(profile),
  };
  return Object.fromEntries(
    all.map(({ status, description, body }) => {
      const schema = body === undefined ? undefined : schemas[body];
      return [String(status), { description, ...(schema ? { schema } : {}) }];
    }),
  );
}

function operationOf(
  operation: Operation,
  edition: ConnectorEdition,
  profile: ConnectorProfile,
): SwaggerObject {
  // Flagged as deprecated, the action would be hidden from new flows, and some fields have no
  // other.
  const note = operation.deprecated && edition === "current" ? " (deprecated)" : "";
  return {
    operationId: operation.operationId,
    summary: `${operation.summary}${note}`,
    description: `${operation.description}${note}`,
    deprecated: false,
    tags: ["Referrals"],
    parameters: parametersOf(operation, profile),
    responses: responsesOf(operation, profile),
  };
}

function actionPathItems(edition: ConnectorEdition, profile: ConnectorProfile) {
  const items: Record<string, Record<string, SwaggerObject>> = {};
  for (const operation of operations) {
    if (edition === "specification" && operation.edition !== edition) continue;
    const item = items[operation.path] ?? {};
    items[operation.path] = item;
    item[operation.method.toLowerCase()] = operationOf(operation, edition, profile);
  }
  return items;
}

/** The connector's definition, Swagger 2.0 with Power Platform's extensions. */
export function connectorDefinition(options: DefinitionOptions = {}): SwaggerObject {
  const { edition = "specification", profile = "microsoft", scheme = "https" } = options;
  const { metadata = connectorMetadata, host = microsoftHost } = options;
  const { authorizationUrl, tokenUrl, scope } = oauthAddresses(profile, `${scheme}://${host}`);
  return {
    swagger: "2.0",
    info: {
      title: metadata.title,
      description: metadata.description,
      version: metadata.version,
      contact: metadata.contact,
      "x-ms-api-annotation": { status: metadata.status },
    },
    host,
    // Ends in a slash like Microsoft's own, whose paths begin with one: callers send both.
    basePath: `${basePath}/`,
    schemes: [scheme],
    consumes: ["application/json"],
    produces: ["application/json"],
    paths: {
      ...actionPathItems(edition, profile),
      ...(profile === "gateway" ? triggerPathItems() : {}),
    },
    definitions: definitions(edition),
    securityDefinitions: {
      oauth2_auth: {
        type: "oauth2",
        flow: "accessCode",
        authorizationUrl,
        tokenUrl,
        scopes: { [scope]: scope },
      },
    },
    security: [{ oauth2_auth: [scope] }],
    tags: [{ name: "Referrals" }, ...(profile === "gateway" ? [{ name: "Triggers" }] : [])],
    "x-ms-connector-metadata": [
      { propertyName: "Website", propertyValue: metadata.website },
      { propertyName: "Privacy policy", propertyValue: metadata.privacyPolicy },
      { propertyName: "Categories", propertyValue: metadata.categories.join(";") },
    ],
  };
}
