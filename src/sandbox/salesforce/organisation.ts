import type { Clock, Random } from "../../runtime/index.ts";
import type { Mishaps } from "../mishaps.ts";
import type { RowStore, RowValues } from "../row-store.ts";
import { newId } from "./salesforce-id.ts";
import { type Field, type SalesforceObject, Schema } from "./schema.ts";
import { standardCurrencies, standardObjects, standardStages } from "./standard-objects.ts";

/** What a custom field or object looks like where it is stored. */
export interface Customisation {
  readonly objects: readonly SalesforceObject[];
  readonly fields: readonly {
    readonly object: string;
    readonly field: Field;
    readonly childRelationship?: string;
  }[];
}

/** An emulated organisation: its objects, rows, users and the time. */
export interface Organisation {
  readonly store: RowStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly mishaps: Mishaps;
  /** False: one currency only, and no field CurrencyIsoCode anywhere. */
  readonly multiCurrency: boolean;
  /** Rows in an answer to a query, where the client asks for no other number. */
  readonly queryPageSize: number;
  schema(): Schema;
  customise(change: Customisation): void;
  /** The id of a user, by name. */
  userId(name: string): string;
}

/** Who calls, and what the caller's permissions show. */
export interface Caller {
  readonly organisation: Organisation;
  readonly userId: string;
  /** Custom fields, as `Object.Field`, and custom objects that permission sets grant. */
  readonly grants: ReadonlySet<string>;
}

const customisationKind = "Customisation";

/** A moment as Salesforce writes it: whole seconds, with zeros where milliseconds would stand. */
export function stampOf(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().replace("Z", "+0000");
}

function withoutCurrencies(objects: readonly SalesforceObject[]): readonly SalesforceObject[] {
  return objects
    .filter(({ name }) => name !== "CurrencyType")
    .map((object) => ({
      ...object,
      fields: object.fields.filter(({ name }) => name !== "CurrencyIsoCode"),
    }));
}

/** A row that the system makes, with what every row has. */
export function systemRow(
  organisation: Organisation,
  object: string,
  values: RowValues,
  userId?: string,
): string {
  const definition = organisation.schema().object(object);
  if (!definition) throw new RangeError(`there is no object ${object}`);
  const id = newId(definition.prefix, organisation.random);
  const stamp = stampOf(organisation.clock.now());
  const by = userId ?? id;
  organisation.store.put(object, id, {
    Id: id,
    IsDeleted: false,
    CreatedDate: stamp,
    CreatedById: by,
    LastModifiedDate: stamp,
    LastModifiedById: by,
    SystemModstamp: stamp,
    ...values,
  });
  return id;
}

function addBasics(organisation: Organisation, users: readonly string[]): void {
  const { store } = organisation;
  for (const name of users) {
    if (store.all("User").some((row) => row.Name === name)) continue;
    const username = `${name.toLowerCase().replaceAll(" ", ".")}@sandbox.example`;
    systemRow(organisation, "User", { Name: name, Username: username });
  }
  if (store.all("OpportunityStage").length > 0) return;
  for (const [index, { name, isClosed, isWon }] of standardStages.entries()) {
    systemRow(organisation, "OpportunityStage", {
      MasterLabel: name,
      ApiName: name,
      IsActive: true,
      IsClosed: isClosed,
      IsWon: isWon,
      SortOrder: index + 1,
    });
  }
  if (!organisation.multiCurrency) return;
  for (const [index, code] of standardCurrencies.entries()) {
    const values = { IsoCode: code, IsActive: true, IsCorporate: index === 0 };
    systemRow(organisation, "CurrencyType", values);
  }
}

/** Adds a stage, as an administrator does on the page of opportunity stages. */
export function addStage(organisation: Organisation, name: string): void {
  const { store } = organisation;
  if (store.all("OpportunityStage").some((row) => row.MasterLabel === name)) return;
  const SortOrder = store.all("OpportunityStage").length + 1;
  const values = { MasterLabel: name, ApiName: name, IsActive: true, SortOrder };
  systemRow(organisation, "OpportunityStage", { ...values, IsClosed: false, IsWon: false });
}

/** Opens an organisation over a store, and fills an empty one with what every one has. */
export function openOrganisation(
  options: Omit<Organisation, "schema" | "customise" | "userId"> & {
    readonly users: readonly string[];
  },
): Organisation {
  const { store, multiCurrency } = options;
  const base = multiCurrency ? standardObjects : withoutCurrencies(standardObjects);
  const stored = (): Customisation =>
    (store.get(customisationKind, "all") as unknown as Customisation | undefined) ?? {
      objects: [],
      fields: [],
    };
  const build = (): Schema => {
    const { objects, fields } = stored();
    const schema = new Schema([...base, ...objects]);
    for (const { object, field, childRelationship } of fields) {
      schema.addField(object, field, childRelationship);
    }
    return schema;
  };
  let schema = build();
  const organisation: Organisation = {
    ...options,
    schema: () => schema,
    customise: ({ objects, fields }) => {
      const before = stored();
      store.put(customisationKind, "all", {
        objects: [...before.objects, ...objects],
        fields: [...before.fields, ...fields],
      });
      schema = build();
    },
    userId: (name) => String(store.all("User").find((row) => row.Name === name)?.Id),
  };
  store.change(() => addBasics(organisation, options.users));
  return organisation;
}

/** Who calls, with what the permission sets that are assigned to them grant. */
export function callerOf(organisation: Organisation, userName: string): Caller {
  const { store } = organisation;
  const userId = organisation.userId(userName);
  const assigned = new Set(
    store
      .all("PermissionSetAssignment")
      .filter((row) => row.AssigneeId === userId && !row.IsDeleted)
      .map((row) => row.PermissionSetId),
  );
  const grants = store
    .all("PermissionSet")
    .filter((row) => assigned.has(row.Id))
    .flatMap((row) => (row.Grants ?? []) as readonly string[]);
  return { organisation, userId, grants: new Set(grants) };
}

/** True where the caller sees a field: standard ones always, custom ones by permission. */
export function seesField({ grants }: Caller, object: SalesforceObject, field: Field): boolean {
  if (!field.custom || field.masterDetail || field.required) return true;
  return grants.has(`${object.name}.${field.name}`);
}

/** The object, where the caller sees it. */
export function visibleObject(caller: Caller, name: string): SalesforceObject | undefined {
  const object = caller.organisation.schema().object(name);
  if (!object) return undefined;
  return !object.custom || caller.grants.has(object.name) ? object : undefined;
}
