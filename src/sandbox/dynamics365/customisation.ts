import type { Queryable, Transaction } from "../../storage/port.ts";
import type { AlternateKey, Attribute, Model, Option, Table } from "./model.ts";
import { readSetting, writeSetting } from "./store.ts";
import { standardTables } from "./tables.ts";

/** What has been added to the standard tables, by table name; stored as it is. */
export interface Customisation {
  readonly tables: readonly Table[];
  readonly attributes: Readonly<Record<string, readonly Attribute[]>>;
  readonly keys: Readonly<Record<string, readonly AlternateKey[]>>;
  readonly statusReasons: Readonly<Record<string, readonly Option[]>>;
  /** Tables for which change tracking was turned on. */
  readonly tracked?: readonly string[];
  /** The version at which a table's definition last changed: older delta tokens are expired. */
  readonly changedAt?: Readonly<Record<string, number>>;
}

const settingName = "customisation";
const none: Customisation = { tables: [], attributes: {}, keys: {}, statusReasons: {} };

/** What has been added so far. */
export async function readCustomisation(database: Queryable): Promise<Customisation> {
  return ((await readSetting(database, settingName)) as Customisation | undefined) ?? none;
}

/** Stores what has been added. */
export async function writeCustomisation(
  transaction: Transaction,
  customisation: Customisation,
): Promise<void> {
  await writeSetting(transaction, settingName, customisation);
}

/** The standard tables with everything that was added to them. */
export function customisedModel(customisation: Customisation): Model {
  const tables = [...standardTables, ...customisation.tables].map((table): Table => {
    const added = customisation.attributes[table.name] ?? [];
    const attributes: Record<string, Attribute> = { ...table.attributes };
    for (const attribute of added) attributes[attribute.name] = attribute;
    const reasons = customisation.statusReasons[table.name] ?? [];
    const status = attributes.statuscode;
    if (status) {
      attributes.statuscode = { ...status, options: [...(status.options ?? []), ...reasons] };
    }
    return {
      ...table,
      attributes,
      keys: [...table.keys, ...(customisation.keys[table.name] ?? [])],
      changeTracking: table.changeTracking || (customisation.tracked ?? []).includes(table.name),
      definitionVersion: customisation.changedAt?.[table.name] ?? 0,
    };
  });
  return new Map(tables.map((table) => [table.name, table]));
}
