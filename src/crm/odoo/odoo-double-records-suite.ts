// The records of Odoo's double, with the habits of its database layer.
import { type Field, models } from "./odoo-double-models-suite.ts";

/** Anything that travels. */
export type Value = unknown;
/** A record as the double keeps it. */
export type Row = Record<string, Value>;

/** A refusal by its Python name. */
export class OdooError extends Error {
  readonly data: { readonly name: string; readonly message: string };
  constructor(name: string, message: string) {
    super(message);
    this.data = { name, message };
  }
}

/** The records of one server. */
export class Records {
  readonly fields: Record<string, Record<string, Field>> = structuredClone(models);
  readonly tables: Record<string, Map<number, Row>> = {};
  readonly hidden = new Set<number>();
  readonly forbidden = new Set<string>();
  /** What was saved since it was last asked. */
  saved: { readonly model: string; readonly id: number }[] = [];
  #nextId = 1;

  constructor() {
    for (const name of Object.keys(this.fields)) this.tables[name] = new Map();
    const euro = this.insert("res.currency", { name: "EUR" });
    const company = this.insert("res.company", { name: "Our company", currency_id: euro });
    this.insert("res.users", { name: "Sync", company_id: company });
    for (const model of Object.keys(models)) this.insert("ir.model", { model });
    for (const [code, name] of [
      ["DE", "Germany"],
      ["FR", "France"],
    ] as const) {
      this.insert("res.country", { code, name });
    }
    for (const [sequence, name] of ["New", "Qualified", "Won"].entries()) {
      this.insert("crm.stage", { name, sequence: sequence + 1, is_won: name === "Won" });
    }
  }

  insert(model: string, values: Row): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.tables[model]?.set(id, { id });
    try {
      this.update(model, [id], { ...this.#defaults(model), ...values });
    } catch (error) {
      this.tables[model]?.delete(id);
      throw error;
    }
    return id;
  }

  #defaults(model: string): Row {
    if (model !== "crm.lead") return model === "res.partner" ? { active: true } : {};
    const stages = [...(this.tables["crm.stage"]?.values() ?? [])];
    const [stage] = stages.sort((one, other) => Number(one.sequence) - Number(other.sequence));
    const currency = [...(this.tables["res.currency"]?.keys() ?? [])][0];
    return { active: true, stage_id: stage?.id ?? false, company_currency: currency };
  }

  update(model: string, ids: readonly number[], values: Row): void {
    const known = this.fields[model] ?? {};
    for (const [name, value] of Object.entries(values)) {
      const found = known[name];
      if (!found && name !== "active")
        throw new OdooError("builtins.ValueError", `Invalid field '${name}' on model '${model}'`);
      if (found?.selection && value && !found.selection.some(([each]) => each === value)) {
        throw new OdooError(
          "builtins.ValueError",
          `Wrong value for ${model}.${name}: '${String(value)}'`,
        );
      }
    }
    for (const id of ids) {
      const row = this.tables[model]?.get(id);
      if (!row || this.hidden.has(id))
        throw new OdooError(
          "odoo.exceptions.MissingError",
          "Record does not exist or has been deleted.",
        );
      for (const [name, value] of Object.entries(values)) {
        const isSet = known[name]?.type === "many2many";
        row[name] = isSet ? (value as [number, number, number[]][])[0]?.[2] : value;
        if (known[name]?.type === "boolean") row[name] = value === true;
      }
      // Kept in microseconds, shown in seconds.
      row.write_date = Date.now();
      this.saved.push({ model, id });
    }
  }

  #shown(model: string, row: Row, name: string): Value {
    const found = this.fields[model]?.[name];
    const value = row[name];
    if (name === "write_date")
      return new Date(Number(value)).toISOString().slice(0, 19).replace("T", " ");
    if (name === "write_uid") return [2, "Sync"];
    if (found?.type === "many2one") {
      const target = this.tables[found.relation ?? ""]?.get(Number(value));
      return target ? [target.id, target.name] : false;
    }
    if (found?.type === "many2many") return value ?? [];
    if (found?.type === "boolean" || name === "active") return value === true;
    return value === undefined || value === null || value === ""
      ? found?.type === "monetary"
        ? 0
        : false
      : value;
  }

  #values(model: string, row: Row, path: string): readonly Value[] {
    const [first = "", ...rest] = path.split(".");
    if (rest.length === 0) return [row[first] ?? false];
    const { relation = "" } = this.fields[model]?.[first] ?? {};
    const ids = Array.isArray(row[first]) ? (row[first] as number[]) : [Number(row[first])];
    return ids.flatMap((id) => {
      const target = this.tables[relation]?.get(id);
      return target ? this.#values(relation, target, rest.join(".")) : [];
    });
  }

  #holds(model: string, row: Row, [path, operator, wanted]: [string, string, Value]): boolean {
    const isMoment = path.endsWith("write_date");
    const bound = isMoment ? Date.parse(`${String(wanted).replace(" ", "T")}Z`) : wanted;
    return this.#values(model, row, path).some((value) => {
      if (operator === "=") return value === bound;
      if (operator === "in") return (bound as Value[]).includes(value);
      if (operator === ">=") return Number(value) >= Number(bound);
      if (operator === ">") return Number(value) > Number(bound);
      const pattern = String(bound).replaceAll(/\\(.)/g, "$1").toLowerCase();
      if (operator === "=ilike") return String(value).toLowerCase() === pattern;
      throw new OdooError("builtins.ValueError", `Invalid operator ${operator}`);
    });
  }

  #matches(model: string, row: Row, domain: readonly Value[]): boolean {
    const left = [...domain];
    const next = (): boolean => {
      const term = left.shift();
      if (term === "|") {
        const [one, other] = [next(), next()];
        return one || other;
      }
      return this.#holds(model, row, term as [string, string, Value]);
    };
    let matches = true;
    while (left.length > 0) matches = next() && matches;
    return matches;
  }

  search(model: string, domain: readonly Value[], named: Row): readonly Row[] {
    const { active_test = true } = (named.context ?? {}) as Row;
    const rows = [...(this.tables[model]?.values() ?? [])].filter(
      (row) =>
        !this.hidden.has(Number(row.id)) &&
        (active_test === false || row.active !== false) &&
        this.#matches(model, row, domain),
    );
    const [by = "id", way = "asc"] =
      String(named.order ?? "id asc")
        .split(",")[0]
        ?.split(" ") ?? [];
    rows.sort((one, other) => (Number(one[by]) - Number(other[by])) * (way === "desc" ? -1 : 1));
    return rows.slice(0, typeof named.limit === "number" ? named.limit : undefined);
  }

  show(model: string, rows: readonly Row[], names: readonly string[]): readonly Row[] {
    const unknown = names.find(
      (name) => !(name in (this.fields[model] ?? {})) && name !== "active",
    );
    if (unknown)
      throw new OdooError("builtins.ValueError", `Invalid field '${unknown}' on model '${model}'`);
    return rows.map((row) => ({
      id: row.id,
      ...Object.fromEntries(names.map((name) => [name, this.#shown(model, row, name)])),
    }));
  }
}
