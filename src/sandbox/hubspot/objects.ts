import { modifiedProperty, type ObjectKind } from "./definitions.ts";
import { badRequest, HubSpotError, invalidProperties, notFound } from "./errors.ts";
import {
  definitionsOf,
  nextId,
  objectById,
  objectsOf,
  type Portal,
  type StoredObject,
  saveObject,
  stagesOf,
} from "./portal.ts";
import { readProperties } from "./values.ts";

type Values = Readonly<Record<string, string | null>>;

/** What follows from a deal's stage. */
function derived(portal: Portal, kind: ObjectKind, values: Values): Values {
  if (kind !== "deals") return values;
  const found = stagesOf(portal).find(({ id }) => id === values.dealstage);
  const isClosed = found?.metadata.isClosed === "true";
  const isWon = isClosed && found?.metadata.probability === "1.0";
  return { ...values, hs_is_closed: String(isClosed), hs_is_closed_won: String(isWon) };
}

function refuseTaken(portal: Portal, kind: ObjectKind, id: string, values: Values): void {
  for (const { hasUniqueValue, name } of definitionsOf(portal, kind)) {
    const value = values[name];
    if (!hasUniqueValue || typeof value !== "string") continue;
    const other = objectsOf(portal, kind).find(
      (each) => !each.archived && each.id !== id && each.properties[name] === value,
    );
    if (!other) continue;
    if (kind === "contacts" && name === "email") {
      const message = `Contact already exists. Existing ID: ${other.id}`;
      throw new HubSpotError(409, "CONFLICT", message);
    }
    throw invalidProperties([
      {
        name,
        error: "CONFLICTING_UNIQUE_VALUE",
        message: `${name} must be unique; another record has that value: ${value}`,
      },
    ]);
  }
}

function save(
  portal: Portal,
  kind: ObjectKind,
  userId: string,
  object: Pick<StoredObject, "id" | "createdAt"> & { readonly properties: Values },
  archivedAt?: string,
): StoredObject {
  const now = new Date(portal.clock.now()).toISOString();
  refuseTaken(portal, kind, object.id, archivedAt === undefined ? object.properties : {});
  const properties = {
    ...derived(portal, kind, object.properties),
    [modifiedProperty(kind)]: now,
    hs_updated_by_user_id: userId,
  };
  saveObject(portal, kind, {
    id: object.id,
    createdAt: object.createdAt,
    updatedAt: now,
    properties,
    archived: archivedAt !== undefined,
    ...(archivedAt === undefined ? {} : { archivedAt }),
  });
  return objectById(portal, kind, object.id) as StoredObject;
}

/** Makes an object. Errors: HubSpotError. */
export function createObject(
  portal: Portal,
  kind: ObjectKind,
  userId: string,
  properties: unknown,
): StoredObject {
  const values = readProperties(portal, kind, properties ?? {});
  if (kind === "deals" && values.dealstage == null) {
    throw invalidProperties([
      { name: "dealstage", error: "REQUIRED_FIELD", message: "dealstage must be set" },
    ]);
  }
  const id = nextId(portal);
  const createdAt = new Date(portal.clock.now()).toISOString();
  const defaults: Record<string, string | null> =
    kind === "deals" ? { pipeline: "default", deal_currency_code: "USD" } : {};
  return save(portal, kind, userId, {
    id,
    createdAt,
    properties: { ...defaults, createdate: createdAt, hs_object_id: id, ...values },
  });
}

/** An object by its id or by a unique property. Errors: 404. */
export function findObject(
  portal: Portal,
  kind: ObjectKind,
  key: string,
  idProperty?: string,
  archived = false,
): StoredObject {
  const found =
    idProperty === undefined || idProperty === "hs_object_id"
      ? objectById(portal, kind, key)
      : objectByProperty(portal, kind, idProperty, key);
  if (found && found.archived === archived && !portal.mishaps.isHidden(found.id)) return found;
  throw notFound();
}

/** An object by a unique property, without regard to case for e-mail addresses. */
export function objectByProperty(
  portal: Portal,
  kind: ObjectKind,
  idProperty: string,
  key: string,
): StoredObject | undefined {
  const definition = definitionsOf(portal, kind).find(({ name }) => name === idProperty);
  if (!definition?.hasUniqueValue) {
    throw badRequest(`"${idProperty}" isn't a property with unique values`);
  }
  const wanted = idProperty === "email" ? key.trim().toLowerCase() : key;
  return objectsOf(portal, kind).find(
    (each) => !each.archived && each.properties[idProperty] === wanted,
  );
}

/** Changes properties; the last write wins, whatever it was based on. Errors: HubSpotError. */
export function updateObject(
  portal: Portal,
  kind: ObjectKind,
  userId: string,
  present: StoredObject,
  properties: unknown,
): StoredObject {
  const values = readProperties(portal, kind, properties ?? {});
  const { createdAt, id } = present;
  return save(portal, kind, userId, {
    id,
    createdAt,
    properties: { ...present.properties, ...values },
  });
}

/** Archives an object; doing it again, or to nothing, succeeds as well. */
export function archiveObject(portal: Portal, kind: ObjectKind, userId: string, id: string): void {
  const present = objectById(portal, kind, id);
  if (!present || present.archived) return;
  save(portal, kind, userId, present, new Date(portal.clock.now()).toISOString());
}

/** Properties that an answer shows where the caller names none. */
const defaultShown: Readonly<Record<ObjectKind, readonly string[]>> = {
  deals: ["amount", "closedate", "dealname", "dealstage", "pipeline"],
  companies: ["domain", "name"],
  contacts: ["email", "firstname", "lastname"],
};

/** An object as answers show it: every value is a text or null. */
export function shownObject(
  kind: ObjectKind,
  object: Omit<StoredObject, "indexed">,
  wanted?: readonly string[],
) {
  const always = ["createdate", modifiedProperty(kind), "hs_object_id"];
  const names = [...new Set([...(wanted?.length ? wanted : defaultShown[kind]), ...always])];
  const { archived, archivedAt, createdAt, id, properties, updatedAt } = object;
  return {
    id,
    properties: Object.fromEntries(names.map((name) => [name, properties[name] ?? null])),
    createdAt,
    updatedAt,
    archived,
    ...(archivedAt === undefined ? {} : { archivedAt }),
  };
}
