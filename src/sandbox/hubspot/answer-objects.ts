import { linkedIds, linkNamed } from "./associations.ts";
import { kindOf, type ObjectKind } from "./definitions.ts";
import { badRequest, HubSpotError, notFound } from "./errors.ts";
import {
  archiveObject,
  createObject,
  findObject,
  objectByProperty,
  shownObject,
  updateObject,
} from "./objects.ts";
import { objectsOf, type Portal, type StoredObject } from "./portal.ts";
import { answerSearch } from "./search.ts";

/** A call of a user. */
export interface HubSpotCall {
  readonly portal: Portal;
  readonly userId: string;
  readonly method: string;
  readonly options: URLSearchParams;
  readonly body: unknown;
}

/** An answer; a body of undefined is none. */
export interface HubSpotResponse {
  readonly status: number;
  readonly body?: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const maxInputs = 100;

/** The JSON object in a body. Errors: 400. */
export function objectBody(body: unknown): Record<string, unknown> {
  if (body !== null && typeof body === "object" && !Array.isArray(body)) {
    return body as Record<string, unknown>;
  }
  throw badRequest("Invalid input JSON: an object is expected");
}

/** The inputs of a batch. Errors: 400. */
export function inputsOf(body: unknown): readonly Record<string, unknown>[] {
  const { inputs } = objectBody(body);
  if (!Array.isArray(inputs)) throw badRequest("inputs must be a list");
  if (inputs.length > maxInputs) {
    throw badRequest(`The maximum batch size is ${maxInputs}; ${inputs.length} were given`);
  }
  return inputs.map(objectBody);
}

function completed({ portal }: HubSpotCall, results: readonly unknown[]) {
  const at = new Date(portal.clock.now()).toISOString();
  return { status: "COMPLETE", results, startedAt: at, completedAt: at };
}

const linkNames: Readonly<Record<ObjectKind, string>> = {
  deals: "deal",
  companies: "company",
  contacts: "contact",
};

function withAssociations(
  { options, portal }: HubSpotCall,
  kind: ObjectKind,
  object: StoredObject,
  shown: Json,
): Json {
  const wanted = listed(options, "associations");
  if (wanted.length === 0) return shown;
  const associations: Record<string, Json> = {};
  for (const name of wanted) {
    const to = kindOf(name);
    if (!to) throw badRequest(`Unable to infer object type from: ${name}`);
    const ids = linkedIds(portal, kind, object.id, to);
    if (ids.length === 0) continue;
    const type = `${linkNames[kind]}_to_${linkNames[to]}`;
    associations[to] = { results: ids.map((id) => ({ id, type })) };
  }
  return Object.keys(associations).length === 0 ? shown : { ...shown, associations };
}

/** The names in an option, which clients repeat or separate by commas. */
function listed(options: URLSearchParams, name = "properties"): readonly string[] {
  return options
    .getAll(name)
    .flatMap((value) => value.split(","))
    .filter(Boolean);
}

function listObjects(call: HubSpotCall, kind: ObjectKind): HubSpotResponse {
  const { options, portal } = call;
  const limit = Number(options.get("limit") ?? 10);
  if (!(limit >= 1 && limit <= maxInputs)) throw badRequest("limit must be 1 to 100");
  const archived = options.get("archived") === "true";
  const after = Number(options.get("after") ?? 0);
  const all = objectsOf(portal, kind)
    .filter((object) => object.archived === archived && Number(object.id) > after)
    .sort((left, right) => Number(left.id) - Number(right.id));
  const page = all.slice(0, limit);
  const last = page[page.length - 1];
  const results = page.map((object) => shownObject(kind, object, listed(options)));
  const paging = all.length > limit ? { paging: { next: { after: last?.id } } } : {};
  return { status: 200, body: { results, ...paging } };
}

function answerBatch(call: HubSpotCall, kind: ObjectKind, verb: string): HubSpotResponse {
  const { portal, userId } = call;
  const inputs = inputsOf(call.body);
  const { idProperty, properties } = objectBody(call.body);
  const shown = (properties ?? []) as readonly string[];
  const wholeOf = (object: StoredObject) =>
    shownObject(kind, object, Object.keys(object.properties));
  switch (verb) {
    case "read": {
      const key = typeof idProperty === "string" ? idProperty : undefined;
      const found = inputs.flatMap(({ id }): readonly StoredObject[] => {
        try {
          return [findObject(portal, kind, String(id), key)];
        } catch (error) {
          if (error instanceof HubSpotError && error.status === 404) return [];
          throw error;
        }
      });
      const results = found.map((object) => shownObject(kind, object, shown));
      const missing = inputs.length - found.length;
      if (missing === 0) return { status: 200, body: completed(call, results) };
      const errors = [{ status: "error", category: "OBJECT_NOT_FOUND", message: "not found" }];
      return { status: 207, body: { ...completed(call, results), numErrors: missing, errors } };
    }
    case "create": {
      const made = inputs.map((input) => {
        const object = createObject(portal, kind, userId, input.properties);
        linkNamed(portal, kind, object.id, input.associations);
        return wholeOf(object);
      });
      return { status: 201, body: completed(call, made) };
    }
    case "update": {
      const changed = inputs.map(({ id, properties: values }) =>
        updateObject(portal, kind, userId, findObject(portal, kind, String(id)), values),
      );
      return { status: 200, body: completed(call, changed.map(wholeOf)) };
    }
    case "upsert":
      return {
        status: 200,
        body: completed(
          call,
          inputs.map((input) => upsert(call, kind, input)),
        ),
      };
    case "archive":
      for (const { id } of inputs) archiveObject(portal, kind, userId, String(id));
      return { status: 204 };
    default:
      throw notFound();
  }
}

function upsert(call: HubSpotCall, kind: ObjectKind, input: Record<string, unknown>) {
  const { portal, userId } = call;
  const { id, idProperty, properties } = input;
  if (typeof idProperty !== "string") throw badRequest("idProperty is required for an upsert");
  const present = objectByProperty(portal, kind, idProperty, String(id));
  const values = { ...objectBody(properties ?? {}), [idProperty]: String(id) };
  const object = present
    ? updateObject(portal, kind, userId, present, values)
    : createObject(portal, kind, userId, values);
  return { ...shownObject(kind, object, Object.keys(object.properties)), new: !present };
}

function answerOne(call: HubSpotCall, kind: ObjectKind, key: string): HubSpotResponse {
  const { options, portal, userId } = call;
  const idProperty = options.get("idProperty") ?? undefined;
  switch (call.method) {
    case "GET": {
      const archived = options.get("archived") === "true";
      const object = findObject(portal, kind, key, idProperty, archived);
      const shown = shownObject(kind, object, listed(options));
      return { status: 200, body: withAssociations(call, kind, object, shown) };
    }
    case "PATCH": {
      const { properties } = objectBody(call.body);
      const present = findObject(portal, kind, key, idProperty);
      const object = updateObject(portal, kind, userId, present, properties);
      const names = Object.keys(objectBody(properties ?? {}));
      return { status: 200, body: shownObject(kind, object, names) };
    }
    case "DELETE":
      archiveObject(portal, kind, userId, key);
      return { status: 204 };
    default:
      throw new HubSpotError(405, "METHOD_NOT_ALLOWED", "HTTP 405 Method Not Allowed");
  }
}

/** Answers what lies below `/crm/v3/objects/{kind}`. Errors: HubSpotError. */
export function answerObjects(call: HubSpotCall, path: readonly string[]): HubSpotResponse {
  const [name = "", second, third] = path;
  const kind = kindOf(name);
  if (!kind) throw badRequest(`Unable to infer object type from: ${name}`);
  const { method, portal, userId } = call;
  if (second === undefined) {
    if (method === "GET") return listObjects(call, kind);
    const { associations, properties } = objectBody(call.body);
    const object = createObject(portal, kind, userId, properties);
    linkNamed(portal, kind, object.id, associations);
    return { status: 201, body: shownObject(kind, object, Object.keys(object.properties)) };
  }
  if (second === "search" && method === "POST") {
    return { status: 200, body: answerSearch(portal, kind, objectBody(call.body)) };
  }
  if (second === "batch" && third !== undefined && method === "POST") {
    return answerBatch(call, kind, third);
  }
  return answerOne(call, kind, second);
}
