// How Odoo's double imports rows: texts are converted by type, and an external id makes one record.
import { OdooError, type Records, type Row, type Value } from "./odoo-double-records-suite.ts";

/** A value that the import can't convert: told in its answer, not as an error. */
class Unfit extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

function converted(records: Records, model: string, column: string, value: Value): [string, Value] {
  const [name = "", part] = column.split("/");
  const found = records.fields[model]?.[name];
  if (!found) throw new OdooError("builtins.KeyError", `'${name}'`);
  if (!value) return [name, false];
  if (found.type === "boolean") {
    if (typeof value !== "string") {
      throw new OdooError("builtins.AttributeError", "'bool' object has no attribute 'lower'");
    }
    return [name, value === "1"];
  }
  if (found.type === "many2one" && part !== ".id") {
    throw new Unfit(name, `No matching record found for name '${String(value)}'`);
  }
  if (found.type === "selection" && !found.selection?.some(([each]) => each === value)) {
    throw new Unfit(name, `Value '${String(value)}' not found in selection field`);
  }
  return [name, value];
}

function loadRow(records: Records, model: string, values: Row, external: string, context: Row) {
  const [module = "", name = ""] = external.split(".");
  const known = [...(records.tables["ir.model.data"]?.values() ?? [])].find(
    (row) => row.module === module && row.name === name,
  );
  const id = Number(known?.res_id);
  if (known && records.tables[model]?.has(id)) {
    const isKept = context.mode === "update" && known.noupdate === true;
    if (!isKept) records.update(model, [id], values);
    return id;
  }
  if (known) records.tables["ir.model.data"]?.delete(Number(known.id));
  const made = records.insert(model, values);
  const mark = { module, name, res_id: made, noupdate: context.noupdate === true };
  records.insert("ir.model.data", mark);
  return made;
}

/** Odoo's `load`: rows with an external id each. */
export function loadRows(
  records: Records,
  model: string,
  names: readonly string[],
  rows: readonly Value[][],
  context: Row,
): Value {
  try {
    const ids = rows.map((row) => {
      const cells = names.map((name, index) => [name, row[index]] as const);
      const external = String(cells.find(([name]) => name === "id")?.[1]);
      const own = cells.filter(([name]) => name !== "id");
      const values = own.map(([name, value]) => converted(records, model, name, value));
      return loadRow(records, model, Object.fromEntries(values), external, context);
    });
    return { ids, messages: [], nextrow: 0 };
  } catch (error) {
    if (error instanceof OdooError && error.data.name !== "builtins.ValueError") throw error;
    const { field, message } = error as Unfit;
    return { ids: false, messages: [{ type: "error", record: 0, field, message }], nextrow: 0 };
  }
}
