import type { HubSpotCall, HubSpotResponse } from "./answer-objects.ts";
import { answerObjects, inputsOf, objectBody } from "./answer-objects.ts";
import { associationTypeId, link, linkedIds, unlink } from "./associations.ts";
import { kindOf, type ObjectKind, type PropertyDefinition } from "./definitions.ts";
import { badRequest, HubSpotError, notFound } from "./errors.ts";
import { addProperty, addStage, definitionsOf, nextId, stagesOf } from "./portal.ts";

function wantKind(name: string | undefined): ObjectKind {
  const kind = kindOf(name ?? "");
  if (kind) return kind;
  throw badRequest(`Unable to infer object type from: ${name}`);
}

const fieldTypes: Readonly<Record<PropertyDefinition["type"], readonly string[]>> = {
  string: ["text", "textarea", "phonenumber", "html", "file"],
  number: ["number"],
  date: ["date"],
  datetime: ["date"],
  enumeration: ["select", "radio", "checkbox", "booleancheckbox"],
  bool: ["booleancheckbox"],
};

function createProperty(call: HubSpotCall, kind: ObjectKind): HubSpotResponse {
  const { fieldType, groupName, hasUniqueValue, label, name, options, type } = objectBody(
    call.body,
  ) as Partial<PropertyDefinition>;
  if (!name || !/^[a-z][a-z0-9_]*$/.test(name) || !label || !groupName || !type || !fieldType) {
    throw badRequest("Invalid input JSON: name, label, groupName, type and fieldType are required");
  }
  if (!fieldTypes[type]?.includes(fieldType)) {
    throw badRequest(`fieldType ${fieldType} doesn't fit the type ${type}`);
  }
  if ((type === "enumeration" || type === "bool") && !options?.length) {
    throw badRequest(`A property of type ${type} needs options`);
  }
  const taken = definitionsOf(call.portal, kind).some((each) => each.name === name);
  if (taken) {
    throw new HubSpotError(
      409,
      "OBJECT_ALREADY_EXISTS",
      `A property named '${name}' already exists.`,
    );
  }
  const definition: PropertyDefinition = {
    name,
    label,
    type,
    fieldType,
    groupName,
    options: options ?? [],
    hasUniqueValue: hasUniqueValue ?? false,
    hubspotDefined: false,
    readOnlyValue: false,
  };
  addProperty(call.portal, kind, definition);
  return { status: 201, body: shownProperty(definition) };
}

function shownProperty({ readOnlyValue, ...definition }: PropertyDefinition) {
  return {
    ...definition,
    description: "",
    displayOrder: -1,
    calculated: false,
    externalOptions: false,
    hidden: false,
    formField: false,
    archived: false,
    modificationMetadata: { archivable: true, readOnlyDefinition: false, readOnlyValue },
  };
}

function answerProperties(call: HubSpotCall, [name, property]: readonly string[]): HubSpotResponse {
  const kind = wantKind(name);
  if (call.method === "POST") return createProperty(call, kind);
  const definitions = definitionsOf(call.portal, kind);
  if (property === undefined) {
    return { status: 200, body: { results: definitions.map(shownProperty) } };
  }
  const found = definitions.find((each) => each.name === property);
  if (!found) throw notFound(`Property ${property} does not exist`);
  return { status: 200, body: shownProperty(found) };
}

function answerPipelines(call: HubSpotCall, path: readonly string[]): HubSpotResponse {
  const [name, pipelineId, rest] = path;
  if (wantKind(name) !== "deals") throw badRequest(`${name} have no pipelines here`);
  const { portal } = call;
  if (rest === "stages" && call.method === "POST") {
    if (pipelineId !== "default") throw notFound();
    const { displayOrder, label, metadata } = objectBody(call.body);
    const probability = (metadata as { probability?: unknown } | undefined)?.probability;
    if (typeof label !== "string" || typeof displayOrder !== "number") {
      throw badRequest("Invalid input JSON: label and displayOrder are required");
    }
    if (!/^(?:0\.\d|1\.0)$/.test(String(probability))) {
      throw badRequest("metadata.probability must be 0.0 to 1.0 in steps of a tenth");
    }
    const isClosed = String(probability === "0.0" || probability === "1.0");
    const metadataTexts = { probability: String(probability), isClosed };
    const stage = { id: nextId(portal), label, displayOrder, metadata: metadataTexts };
    addStage(portal, stage);
    return { status: 201, body: stage };
  }
  const stages = stagesOf(portal).map((stage) => ({ ...stage, archived: false }));
  const pipeline = {
    id: "default",
    label: "Sales Pipeline",
    displayOrder: 0,
    archived: false,
    stages,
  };
  if (pipelineId === undefined) return { status: 200, body: { results: [pipeline] } };
  if (pipelineId !== "default") throw notFound();
  return { status: 200, body: pipeline };
}

function answerAssociations(call: HubSpotCall, path: readonly string[]): HubSpotResponse {
  const { portal } = call;
  const [fromName, toName, batch, verb, more] = path;
  const from = wantKind(fromName);
  const to = wantKind(toName);
  if (batch !== "batch") throw notFound();
  const inputs = inputsOf(call.body);
  const idOf = (value: unknown): string => String((value as { id?: unknown } | undefined)?.id);
  if (verb === "read") {
    const typeId = associationTypeId(from, to);
    const associationType = [{ category: "HUBSPOT_DEFINED", typeId, label: null }];
    const results = inputs
      .map(({ id }) => ({
        from: { id: String(id) },
        to: linkedIds(portal, from, String(id), to).map((toObjectId) => ({
          toObjectId: Number(toObjectId),
          associationTypes: associationType,
        })),
      }))
      .filter((result) => result.to.length > 0);
    return { status: 200, body: { status: "COMPLETE", results } };
  }
  if (verb === "associate" && more === "default") {
    for (const input of inputs) link(portal, from, idOf(input.from), to, idOf(input.to));
    return { status: 200, body: { status: "COMPLETE", results: [] } };
  }
  if (verb === "archive") {
    for (const input of inputs) {
      for (const target of (input.to ?? []) as readonly unknown[]) {
        unlink(portal, from, idOf(input.from), to, idOf(target));
      }
    }
    return { status: 204 };
  }
  throw notFound();
}

/** Answers a call by its path. Errors: HubSpotError. */
export function answer(call: HubSpotCall, path: readonly string[]): HubSpotResponse {
  const [area, version, resource, ...rest] = path;
  if (area === "account-info") {
    const body = { portalId: 62_515, accountType: "STANDARD", timeZone: "US/Eastern" };
    return { status: 200, body };
  }
  if (area !== "crm") throw notFound();
  const key = `${version}/${resource}`;
  switch (key) {
    case "v3/objects":
      return answerObjects(call, rest);
    case "v3/properties":
      return answerProperties(call, rest);
    case "v3/pipelines":
      return answerPipelines(call, rest);
    case "v4/associations":
      return answerAssociations(call, rest);
    default:
      throw notFound();
  }
}
