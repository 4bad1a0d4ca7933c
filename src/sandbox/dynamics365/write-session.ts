import type { Random } from "../../runtime/index.ts";
import type { Transaction } from "../../storage/port.ts";
import { lookupProperty, type Model, type Table } from "./model.ts";
import type { Document } from "./store.ts";

/** Behind a lookup's property: the name of the table that it points to. */
export const lookupTypeSuffix = "@Microsoft.Dynamics.CRM.lookuplogicalname";

/**
 * What a unit of work needs: one open transaction, the tables, the time, chance, and who is
 * calling.
 */
export interface WriteSession {
  readonly transaction: Transaction;
  readonly model: Model;
  readonly nowMs: number;
  readonly random: Random;
  readonly userId: string;
}

/** A row's values of its table's alternate keys; a key with an empty column has none. */
export function alternateKeyValues(table: Table, document: Document): Record<string, string> {
  const values: Record<string, string> = {};
  for (const key of table.keys) {
    const parts = key.attributes.map((name) => document[name] ?? document[lookupProperty(name)]);
    if (parts.every((part) => part !== null && part !== undefined)) {
      values[key.name] = JSON.stringify(parts).toLowerCase();
    }
  }
  return values;
}
