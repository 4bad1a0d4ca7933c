import { withoutValues } from "../adapting/refusal.ts";
import { CrmError, type OperationOptions } from "../port.ts";
import type { OdooFacts } from "./mapping.ts";
import type { OdooCall, OdooRow, OdooValue } from "./transport.ts";

/** Begins the external ids of what the connector makes. */
export const ourModule = "partner_referrals";

/**
 * The external id of a referral's deal. Odoo keeps external ids in a table with a unique index, in
 * the transaction that makes the record.
 */
export function dealExternalId(key: string): string {
  // Odoo allows no spaces, and a full stop would end the module's name.
  const name = key.replace(/[^\w-]/g, (each) => `~${each.codePointAt(0)?.toString(16) ?? ""}~`);
  return `${ourModule}.deal_${name}`;
}

const asText = new Set(["char", "text", "html", "date", "datetime", "selection"]);
const asNumber = new Set(["integer", "float", "monetary"]);

/** A column of an import and its value; undefined where an import can't carry it. */
function columnOf(name: string, value: OdooValue, type = ""): [string, OdooValue] | undefined {
  if (type === "boolean") return [name, value === true ? "1" : "0"];
  if (type === "many2one") return [`${name}/.id`, value];
  return asText.has(type) || asNumber.has(type) ? [name, value] : undefined;
}

interface Loaded {
  readonly ids: readonly number[] | false;
  readonly messages: readonly {
    readonly type: string;
    readonly message: string;
    readonly field?: string;
  }[];
}

async function refusalOf(
  call: OdooCall,
  { messages }: Loaded,
  sent: OdooRow,
  options: OperationOptions,
): Promise<CrmError> {
  const [first] = messages;
  const sentence = withoutValues(first?.message ?? "no reason given", sent);
  // Two at once: one of them was rolled back whole, and finds the other's deal when it is repeated.
  if (/could not serialize|deadlock detected/i.test(sentence)) {
    return new CrmError("unavailable", "Odoo's database is busy");
  }
  const named = { raise_exception: false };
  const may = await call("crm.lead", "check_access_rights", ["create"], options, named);
  if (may !== true) return new CrmError("unauthorized", `Odoo refuses the user: ${sentence}`);
  const field = first?.field?.split("/")[0];
  return new CrmError("invalid", `Odoo refuses: ${sentence}`, field ? { field } : {});
}

/**
 * Makes the deal of a key, unless the key has one: then nothing is changed, however late the call
 * arrives. Gives the deal's id. It is an import of one row with an external id that must not be
 * updated; what an import can't carry is written after it. Errors: CrmError.
 */
export async function createOnce(
  call: OdooCall,
  key: string,
  row: OdooRow,
  types: OdooFacts["types"],
  options: OperationOptions,
): Promise<number> {
  const columns: [string, OdooValue][] = [["id", dealExternalId(key)]];
  const rest: Record<string, OdooValue> = {};
  for (const [name, value] of Object.entries(row)) {
    const column = columnOf(name, value, types[name]?.type);
    if (column === undefined) rest[name] = value;
    else if (value !== false || types[name]?.type === "boolean") columns.push(column);
  }
  const names = columns.map(([name]) => name);
  const values = columns.map(([, value]) => value);
  // An import reads moments in the user's time zone unless told.
  const context = { mode: "update", noupdate: true, active_test: false, tz: "UTC" };
  const answer = await call("crm.lead", "load", [names, [values]], options, { context });
  const loaded = answer as unknown as Loaded;
  const id = loaded.ids === false ? undefined : loaded.ids[0];
  if (id === undefined) throw await refusalOf(call, loaded, row, options);
  if (Object.keys(rest).length > 0) await call("crm.lead", "write", [[id], rest], options);
  return id;
}
