// A protocol double for tests: it speaks Odoo's JSON-RPC with the habits of Odoo 17 that the
// adapter must bear
// (errors with status 200, `false` for nothing, whole seconds in answers and finer ones in
// comparisons,
// archived rows hidden). It isn't Odoo: test/real-crm runs the same kit against a running one.
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type Field, field, models } from "./odoo-double-models-suite.ts";

type Value = unknown;
type Row = Record<string, Value>;

class OdooError extends Error {
  readonly data: { readonly name: string; readonly message: string };
  constructor(name: string, message: string) {
    super(message);
    this.data = { name, message };
  }
}

/** A running double. */
export interface OdooDouble {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly key: string;
  setKey(key: string): void;
  /** The integration user loses sight of a deal, or gets it back. */
  setHidden(id: number, isHidden: boolean): void;
  close(): Promise<void>;
}

/** The records of one server. */
class Records {
  readonly fields: Record<string, Record<string, Field>> = structuredClone(models);
  readonly tables: Record<string, Map<number, Row>> = {};
  readonly hidden = new Set<number>();
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

type Method = (records: Records, model: string, args: Value[], named: Row) => Value;
const idsOf = (value: Value): number[] => (Array.isArray(value) ? value : [value]) as number[];

function makeField(records: Records, values: Row): number {
  const model = String(records.tables["ir.model"]?.get(Number(values.model_id))?.model);
  const selection = (values.selection_ids as [number, number, Row][] | undefined)?.map(
    ([, , each]) => [String(each.value), String(each.name)] as const,
  );
  const more = {
    ...(selection ? { selection } : {}),
    ...(values.relation ? { relation: String(values.relation) } : {}),
  };
  const known = records.fields[model];
  if (known)
    known[String(values.name)] = field(
      String(values.ttype),
      String(values.field_description),
      more,
    );
  return 1;
}

const methods: Record<string, Method> = {
  search: (records, model, [domain], named) =>
    records.search(model, domain as Value[], named).map(({ id }) => id),
  search_count: (records, model, [domain], named) =>
    records.search(model, domain as Value[], named).length,
  search_read: (records, model, [domain, names], named) =>
    records.show(model, records.search(model, domain as Value[], named), names as string[]),
  read: (records, model, [ids, names]) =>
    records.show(
      model,
      records.search(model, [["id", "in", idsOf(ids)]], { context: { active_test: false } }),
      names as string[],
    ),
  fields_get: (records, model) => records.fields[model],
  check_access_rights: () => true,
  create: (records, model, [values]) => {
    if (model !== "ir.model.fields") return records.insert(model, values as Row);
    return makeField(records, (Array.isArray(values) ? values[0] : values) as Row);
  },
  write: (records, model, [ids, values]) => {
    records.update(model, idsOf(ids), values as Row);
    return true;
  },
  unlink: (records, model, [ids]) => {
    for (const id of idsOf(ids)) records.tables[model]?.delete(id);
    return true;
  },
  load: (records, model, [, rows]) => {
    for (const [external, name, sequence] of rows as [string, string, string][]) {
      const [module = "", key = ""] = external.split(".");
      const id = records.insert(model, { name, sequence: Number(sequence) });
      records.insert("ir.model.data", { module, name: key, res_id: id });
    }
    return { ids: [1], messages: [] };
  },
  action_set_won: (records, model, [ids]) => {
    const won = records.search("crm.stage", [["is_won", "=", true]], {})[0];
    records.update(model, idsOf(ids), { stage_id: won?.id, active: true, probability: 100 });
    return true;
  },
  action_set_lost: (records, model, [ids]) => {
    records.update(model, idsOf(ids), { active: false, probability: 0 });
    return true;
  },
  toggle_active: (records, model, [ids]) => {
    for (const id of idsOf(ids)) {
      const row = records.tables[model]?.get(id);
      records.update(model, [id], { active: row?.active === false });
    }
    return true;
  },
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Starts a double on loopback. */
export async function startOdooDouble(): Promise<OdooDouble> {
  const records = new Records();
  let key = "the key of the sync";
  const answer = (params: { service: string; method: string; args: Value[] }): Value => {
    const { args, method, service } = params;
    if (service === "common" && method === "authenticate") return args[2] === key ? 2 : false;
    const [, , given, model = "", name = "", positional = [], named = {}] = args as [
      string,
      number,
      string,
      string?,
      string?,
      Value[]?,
      Row?,
    ];
    if (given !== key) throw new OdooError("odoo.exceptions.AccessDenied", "Access Denied");
    const called = methods[name];
    if (!called) throw new OdooError("builtins.AttributeError", `no method ${name}`);
    return called(records, model, positional, named);
  };
  const server: Server = createServer(async (request, response) => {
    const { params } = JSON.parse(await bodyOf(request));
    response.setHeader("content-type", "application/json");
    try {
      const result = answer(params);
      response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result }));
    } catch (error) {
      const { data, message } = error as OdooError;
      response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: 200, message, data } }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    database: "double",
    user: "sync",
    key,
    setKey: (changed) => {
      key = changed;
    },
    setHidden: (id, isHidden) => {
      if (isHidden) records.hidden.add(id);
      else records.hidden.delete(id);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
