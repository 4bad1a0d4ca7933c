// A protocol double for tests: it speaks EspoCRM 8's REST API with the habits that the adapter
// must bear
// (whole seconds, concurrency control that has to be switched on, a 409 of two meanings,
// validation by field).
// It isn't EspoCRM: test/real-crm runs the same kit against a running one.
import { createServer, type IncomingMessage } from "node:http";

type Row = Record<string, unknown>;

class Refusal extends Error {
  readonly status: number;
  readonly body: string;
  constructor(status: number, reason: string, body = "") {
    super(reason);
    this.status = status;
    this.body = body;
  }
}

const invalid = (field: string, type: string): Refusal =>
  new Refusal(
    400,
    "validationFailure",
    JSON.stringify({
      messageTranslation: { label: "validationFailure", scope: null, data: { field, type } },
    }),
  );

interface FieldDefinition {
  type: string;
  required?: boolean;
  maxLength?: number;
  options?: string[];
  pattern?: string;
}

const definitions: Record<string, FieldDefinition> = {
  name: { type: "varchar", required: true, pattern: "[^<>=]+", maxLength: 255 },
  amount: { type: "currency", required: true },
  closeDate: { type: "date", required: true },
  description: { type: "text" },
  account: { type: "link" },
  contacts: { type: "linkMultiple" },
  stage: {
    type: "enum",
    options: [
      "Prospecting",
      "Qualification",
      "Proposal",
      "Negotiation",
      "Closed Won",
      "Closed Lost",
    ],
  },
};

/** A running double. */
export interface EspoDouble {
  readonly url: string;
  readonly apiKey: string;
  readonly administrator: { readonly user: string; readonly password: string };
  setKey(key: string): void;
  setHidden(id: string, isHidden: boolean): void;
  close(): Promise<void>;
}

const stamp = (): string => new Date().toISOString().slice(0, 19).replace("T", " ");

class Instance {
  readonly fields = structuredClone(definitions);
  readonly tables: Record<string, Map<string, Row>> = {
    Opportunity: new Map(),
    Account: new Map(),
    Contact: new Map(),
  };
  readonly hidden = new Set<string>();
  isVersioned = false;
  #count = 0;

  table(entity: string): Map<string, Row> {
    const found = this.tables[entity];
    if (!found) throw new Refusal(404, "no such entity");
    return found;
  }

  row(entity: string, id: string): Row {
    const row = this.table(entity).get(id);
    if (!row || this.hidden.has(id)) throw new Refusal(404, "Record not found");
    return row;
  }

  #check(entity: string, row: Row): void {
    if (entity !== "Opportunity") return;
    for (const [name, { maxLength, options, pattern, required }] of Object.entries(this.fields)) {
      const value = row[name] ?? null;
      if (value === null || value === "") {
        if (required) throw invalid(name, "required");
        continue;
      }
      if (options && !options.includes(String(value))) throw invalid(name, "valid");
      if (maxLength && String(value).length > maxLength) throw invalid(name, "maxLength");
      if (pattern && !new RegExp(`^${pattern}$`, "s").test(String(value)))
        throw invalid(name, "pattern");
    }
  }

  save(entity: string, id: string | undefined, values: Row, version?: string): Row {
    const before = id === undefined ? {} : this.row(entity, id);
    if (id !== undefined && this.isVersioned && entity === "Opportunity" && version !== undefined) {
      if (String(before.versionNumber) !== version) throw new Refusal(409, "modified", "{}");
    }
    const base =
      id === undefined && entity === "Opportunity"
        ? { stage: "Prospecting", amountCurrency: "USD" }
        : {};
    const after: Row = { ...base, ...before, ...values };
    this.#check(entity, after);
    if (id === undefined) {
      this.#count += 1;
      const mixed = String((this.#count * 7919) % 9973).padStart(6, "0");
      after.id = `5e${mixed}${String(this.#count).padStart(9, "0")}`;
      after.createdAt = stamp();
    }
    after.modifiedAt = stamp();
    after.modifiedByName = "Sync";
    if (this.isVersioned) after.versionNumber = Number(after.versionNumber ?? 0) + 1;
    this.table(entity).set(String(after.id), after);
    return after;
  }

  list(entity: string, query: URLSearchParams): Row[] {
    const conditions: { type: string; attribute: string; values: string[] }[] = [];
    for (let index = 0; query.has(`where[${index}][type]`); index += 1) {
      const [type = "", attribute = ""] = ["type", "attribute"].map(
        (part) => query.get(`where[${index}][${part}]`) ?? "",
      );
      const one = query.get(`where[${index}][value]`);
      const values = one === null ? query.getAll(`where[${index}][value][]`) : [one];
      conditions.push({ type, attribute, values });
    }
    const holds = (row: Row): boolean =>
      conditions.every(({ attribute, type, values }) => {
        const value = String(row[attribute] ?? "");
        const [wanted = ""] = values;
        if (type === "equals") return value.toLowerCase() === wanted.toLowerCase();
        if (type === "in") return values.includes(value);
        if (type === "greaterThanOrEquals") return value >= wanted;
        if (type === "greaterThan") return value > wanted;
        throw new Refusal(400, `Bad where item type ${type}`);
      });
    const by = query.get("orderBy") ?? "createdAt";
    const way = query.get("order") === "desc" ? -1 : 1;
    return [...this.table(entity).values()]
      .filter((row) => !this.hidden.has(String(row.id)) && holds(row))
      .sort((left, right) => (String(left[by]) < String(right[by]) ? -way : way))
      .slice(0, Number(query.get("maxSize") ?? 20));
  }

  administer(path: readonly string[], body: Row): unknown {
    if (path[0] === "EntityManager") {
      this.isVersioned = body.optimisticConcurrencyControl === true;
      for (const row of this.table("Opportunity").values()) row.versionNumber = 1;
      return true;
    }
    const { name, ...facts } = body as Row & { name: string };
    const plain = String(name ?? path[3]);
    // Espo puts a letter before the name of a custom field itself.
    const full =
      path[3] === undefined ? `c${plain.charAt(0).toUpperCase()}${plain.slice(1)}` : path[3];
    this.fields[full] = facts as unknown as FieldDefinition;
    return true;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Row> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : JSON.parse(text);
}

const rights = { create: "yes", read: "all", edit: "all", delete: "all" };

function answer(
  instance: Instance,
  request: IncomingMessage,
  isAdmin: boolean,
  body: Row,
): unknown {
  const url = new URL(request.url ?? "", "http://double");
  const path = url.pathname.replace("/api/v1/", "").split("/").map(decodeURIComponent);
  const [entity = "", id] = path;
  if (entity === "Admin" || entity === "EntityManager") {
    if (!isAdmin) throw new Refusal(403, "no administrator");
    return instance.administer(path, body);
  }
  if (entity === "Metadata") {
    return url.searchParams.get("key")?.endsWith("fields")
      ? instance.fields
      : instance.isVersioned || null;
  }
  if (entity === "Settings") return { currencyList: ["EUR", "GBP", "USD"] };
  if (entity === "App") {
    const table = { Opportunity: rights, Account: rights, Contact: rights };
    return { user: { userName: "sync" }, acl: { table } };
  }
  const version = request.headers["x-version-number"];
  switch (request.method) {
    case "GET":
      return id === undefined
        ? { total: -1, list: instance.list(entity, url.searchParams) }
        : instance.row(entity, id);
    case "POST":
      return instance.save(entity, undefined, body);
    case "PUT":
      return instance.save(entity, id, body, typeof version === "string" ? version : undefined);
    default:
      instance.row(entity, id ?? "");
      return instance.table(entity).delete(id ?? "");
  }
}

/** Starts a double on loopback. */
export async function startEspoDouble(): Promise<EspoDouble> {
  const instance = new Instance();
  const administrator = { user: "admin", password: "the administrator's" };
  let key = "the key of the sync";
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const login = `${administrator.user}:${administrator.password}`;
    const isAdmin = request.headers["espo-authorization"] === btoa(login);
    response.setHeader("content-type", "application/json");
    try {
      if (!isAdmin && request.headers["x-api-key"] !== key) throw new Refusal(401, "");
      response.end(JSON.stringify(answer(instance, request, isAdmin, body)));
    } catch (error) {
      const refusal = error as Refusal;
      response.writeHead(refusal.status ?? 500, { "x-status-reason": refusal.message });
      response.end(refusal.body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    apiKey: key,
    administrator,
    setKey: (changed) => {
      key = changed;
    },
    setHidden: (id, isHidden) => {
      if (isHidden) instance.hidden.add(id);
      else instance.hidden.delete(id);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
