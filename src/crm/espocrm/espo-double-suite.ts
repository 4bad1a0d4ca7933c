// A protocol double for tests: it speaks EspoCRM 8's REST API with the habits that the adapter
// must bear: whole seconds, concurrency control that has to be switched on, a 409 of two meanings,
// validation by field, phone numbers spelt its own way. Each was seen on a running 8.4.2.
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

const translated = (label: string, data: Row): string =>
  JSON.stringify({ messageTranslation: { label, scope: null, data } });

const invalid = (entity: string, field: string, type: string): Refusal =>
  new Refusal(
    400,
    `Field validation failure; entityType: ${entity}, field: ${field}, type: ${type}.`,
    translated("validationFailure", { field, type }),
  );

interface FieldDefinition {
  type: string;
  required?: boolean;
  maxLength?: number;
  options?: string[];
  pattern?: string;
}

const pattern = "[^<>=]+";

const definitions: Record<string, Record<string, FieldDefinition>> = {
  Opportunity: {
    name: { type: "varchar", required: true, pattern, maxLength: 255 },
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
  },
  Account: { name: { type: "varchar", required: true, pattern, maxLength: 249 } },
  Contact: { lastName: { type: "varchar", required: true, maxLength: 100 } },
};

const currencyList = ["EUR", "GBP", "USD"];
const mostRows = 200;
/** What a web server before Espo takes of an address. */
const longestTarget = 8190;

/** A running double. */
export interface EspoDouble {
  readonly url: string;
  readonly apiKey: string;
  readonly administrator: { readonly user: string; readonly password: string };
  setKey(key: string): void;
  /** Adds the index that lets a referral have one deal. */
  makeKeysUnique(): void;
  setHidden(id: string, isHidden: boolean): void;
  close(): Promise<void>;
}

const stamp = (): string => new Date().toISOString().slice(0, 19).replace("T", " ");

class Instance {
  readonly definitions = structuredClone(definitions);
  readonly tables: Record<string, Map<string, Row>> = {
    Opportunity: new Map(),
    Account: new Map(),
    Contact: new Map(),
  };
  readonly labels: Record<string, { label: unknown; translatedOptions: unknown }> = {};
  readonly hidden = new Set<string>();
  isVersioned = false;
  /** True with the index that a server's administrator can add. */
  hasUniqueKeys = false;
  #count = 0;

  table(entity: string): Map<string, Row> {
    const found = this.tables[entity];
    if (!found) throw new Refusal(404, "no such entity");
    return found;
  }

  row(entity: string, id: string): Row {
    const row = this.table(entity).get(id);
    if (!row) throw new Refusal(404, `Record ${id} does not exist.`);
    if (this.hidden.has(id)) throw new Refusal(403, "No 'read' access.");
    return row;
  }

  #check(entity: string, row: Row): void {
    const fields = this.definitions[entity] ?? {};
    for (const [name, { maxLength, options, pattern, required }] of Object.entries(fields)) {
      const value = row[name] ?? null;
      if (value === null || value === "") {
        if (required) throw invalid(entity, name, "required");
        continue;
      }
      if (options && !options.includes(String(value))) throw invalid(entity, name, "valid");
      if (maxLength && String(value).length > maxLength) throw invalid(entity, name, "maxLength");
      if (pattern && !new RegExp(`^${pattern}$`, "s").test(String(value)))
        throw invalid(entity, name, "pattern");
    }
    if (entity !== "Opportunity") return;
    // An amount without a currency counts as none.
    const { amountCurrency } = row;
    if (!amountCurrency) throw invalid(entity, "amount", "required");
    if (!currencyList.includes(String(amountCurrency)))
      throw invalid(entity, "amount", "validCurrency");
  }

  /** Whom a person or a deal is to be linked with must be there. */
  #checkLinks(entity: string, { accountId, contactsIds }: Row): void {
    const wanted: [string, unknown][] = ((contactsIds ?? []) as unknown[]).map((id) => [
      "Contact",
      id,
    ]);
    if (accountId) wanted.push(["Account", accountId]);
    for (const [foreignEntityType, id] of wanted) {
      if (this.table(foreignEntityType).has(String(id))) continue;
      const body = translated("cannotRelateNonExisting", { foreignEntityType });
      throw new Refusal(403, `Can't relate with non-existing record. entity type: ${entity}`, body);
    }
  }

  /** Numbers that begin with a plus are kept without blanks; other ones aren't taken. */
  #sanitized(values: Row): Row {
    const { phoneNumber } = values;
    if (typeof phoneNumber !== "string") return values;
    if (!phoneNumber.startsWith("+")) throw invalid("Contact", "phoneNumber", "valid");
    return { ...values, phoneNumber: phoneNumber.replace(/[^+\d]/g, "") };
  }

  /** Only what the write changes is compared, and only where the row has a number. */
  #checkVersion(before: Row, values: Row, version: string): void {
    const { versionNumber = null } = before;
    if (versionNumber === null || String(versionNumber) === version) return;
    const differing = Object.entries(values).filter(([name, value]) => before[name] !== value);
    if (differing.length > 0) throw new Refusal(409, "modified", JSON.stringify({ versionNumber }));
  }

  create(entity: string, values: Row, skipsDuplicateCheck: boolean): Row {
    const twin = (row: Row): boolean =>
      row.name !== undefined && row.name === values.name && entity === "Account";
    if (!skipsDuplicateCheck && [...this.table(entity).values()].some(twin)) {
      throw new Refusal(409, "duplicate", "[]");
    }
    const { cPartnerReferral: key } = values;
    const isTaken = (row: Row): boolean => key !== undefined && row.cPartnerReferral === key;
    if (this.hasUniqueKeys && [...this.table(entity).values()].some(isTaken)) {
      throw new Refusal(500, "Internal Server Error");
    }
    this.#count += 1;
    const mixed = String((this.#count * 7919) % 9973).padStart(6, "0");
    const own = {
      id: `5e${mixed}${String(this.#count).padStart(9, "0")}`,
      createdAt: stamp(),
      ...(this.isVersioned && entity === "Opportunity" ? { versionNumber: 1 } : {}),
    };
    const isDeal = entity === "Opportunity";
    // An amount of 0 is given no currency.
    const currency = values.amount ? { amountCurrency: "USD" } : {};
    const base = isDeal ? { stage: "Prospecting", contactsIds: [], ...currency } : {};
    return this.#save(entity, { ...base, ...this.#sanitized(values), ...own });
  }

  update(entity: string, id: string, values: Row, version: string | undefined): Row {
    const before = this.row(entity, id);
    const isCounted = this.isVersioned && entity === "Opportunity";
    if (isCounted && version !== undefined) this.#checkVersion(before, values, version);
    const number = isCounted ? { versionNumber: Number(before.versionNumber ?? 0) + 1 } : {};
    return this.#save(entity, { ...before, ...this.#sanitized(values), ...number });
  }

  #save(entity: string, row: Row): Row {
    this.#check(entity, row);
    this.#checkLinks(entity, row);
    const after: Row = { ...row, modifiedAt: stamp(), modifiedByName: "Sync" };
    this.table(entity).set(String(after.id), after);
    return after;
  }

  list(entity: string, query: URLSearchParams): Row[] {
    const maxSize = Number(query.get("maxSize") ?? 20);
    if (maxSize > mostRows) {
      throw new Refusal(403, `Max size should not exceed ${mostRows}. Use offset and limit.`);
    }
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
        // As on PostgreSQL: only e-mail addresses are equal whatever their case.
        const plain = (text: string): string =>
          attribute === "emailAddress" ? text.toLowerCase() : text;
        if (type === "equals") return plain(value) === plain(wanted);
        if (type === "like") {
          return value.toLowerCase() === wanted.replace(/\\(.)/g, "$1").toLowerCase();
        }
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
      .slice(0, maxSize);
  }

  metadata(key: string): unknown {
    if (key !== "entityDefs.Opportunity") return null;
    return {
      fields: this.definitions.Opportunity,
      ...(this.isVersioned ? { optimisticConcurrencyControl: true } : {}),
    };
  }

  words(): unknown {
    const labels = Object.entries(this.labels).map(([name, { label }]) => [name, label]);
    const options = Object.entries(this.labels).map(([name, { translatedOptions }]) => [
      name,
      translatedOptions,
    ]);
    return {
      Opportunity: { fields: Object.fromEntries(labels), options: Object.fromEntries(options) },
    };
  }

  administer(path: readonly string[], body: Row): unknown {
    if (path[0] === "EntityManager") {
      // Deals that are there get a number with their next change.
      this.isVersioned = body.optimisticConcurrencyControl === true;
      return true;
    }
    const { label, name, translatedOptions, ...facts } = body as Row & { name: string };
    const plain = String(name ?? path[3]);
    // Espo puts a letter before the name of a custom field itself.
    const full =
      path[3] === undefined ? `c${plain.charAt(0).toUpperCase()}${plain.slice(1)}` : path[3];
    this.labels[full] = { label, translatedOptions };
    this.definitions.Opportunity = {
      ...this.definitions.Opportunity,
      [full]: facts as unknown as FieldDefinition,
    };
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
    return instance.metadata(url.searchParams.get("key") ?? "");
  }
  if (entity === "I18n") return instance.words();
  if (entity === "Settings") return { currencyList, phoneNumberInternational: true };
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
      return instance.create(entity, body, request.headers["x-skip-duplicate-check"] === "true");
    case "PUT":
      return instance.update(entity, id ?? "", body, version?.toString());
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
      if ((request.url ?? "").length > longestTarget) throw new Refusal(414, "URI Too Long");
      if (!isAdmin && request.headers["x-api-key"] !== key) throw new Refusal(401, "");
      const shown = answer(instance, request, isAdmin, body);
      // What is null is an empty body.
      response.end(shown === null ? "" : JSON.stringify(shown));
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
    makeKeysUnique: () => {
      instance.hasUniqueKeys = true;
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
