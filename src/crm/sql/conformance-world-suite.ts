import { openDatabase } from "../../storage/index.ts";
import type { Database, Row, SqlValue } from "../../storage/port.ts";
import type { ConformanceFields, ConformanceWorld, Mishap } from "../conformance/world.ts";
import type { CrmAdapter, CrmFields } from "../port.ts";
import { createSqlAdapter } from "./index.ts";
import type { SqlLayout } from "./layout.ts";
import { toColumn } from "./mapping.ts";
import { quoted, stampTexts } from "./statements.ts";

/** A home-grown CRM: where its database is, how it is made, and where its deals stand. */
export interface SqlWorldKind {
  open(): Promise<{ readonly url: string; drop(): Promise<void> }>;
  readonly schema: readonly string[];
  readonly layout: SqlLayout;
  /** False where a trigger sets the stamp. */
  readonly setsStamp?: boolean;
}

/** The stages that a trial table's CHECK allows. */
export const trialStages = "'waiting', 'open', 'won', 'lost'";

/** Where the deals of a trial database stand. */
export const trialLayout: SqlLayout = {
  table: "deals",
  id: "id",
  stamp: "changed_at",
  stampKind: "seconds",
  key: "referral_id",
  accounts: {
    table: "customers",
    id: "id",
    link: "customer_id",
    name: "name",
    postalCode: "zip",
    country: "country",
  },
  lists: {
    solutions: { table: "deal_solutions", deal: "deal_id", key: "code", columns: ["code", "name"] },
  },
};

const fields: ConformanceFields = {
  name: "title",
  amount: "amount",
  notes: { field: "notes", maxLength: 2000 },
  date: "closes_on",
  picklist: { field: "help", valid: "QuotesOrLicensing", invalid: "Nothing" },
  status: { field: "status", open: "open", waiting: "waiting", won: "won", lost: "lost" },
  account: { name: "account.name", postalCode: "account.zip", country: "account.country" },
  children: { field: "solutions", key: "code", name: "name" },
};

const carried = [
  "title",
  "amount",
  "notes",
  "closes_on",
  "help",
  "status",
  "account.name",
  "account.zip",
  "account.country",
  "solutions",
];

function failure(code: string): Error {
  return Object.assign(new Error("the connection is gone"), { code });
}

/** A database whose connection fails on request. */
class FaultyDatabase implements Database {
  readonly #inner: Database;
  calls = 0;
  #pending: { readonly kind: Mishap["kind"]; after: number } | undefined;

  constructor(inner: Database) {
    this.#inner = inner;
  }

  get dialect() {
    return this.#inner.dialect;
  }

  readonly backup = undefined;

  arrange(mishap: Mishap, after = 0): void {
    this.#pending = { kind: mishap.kind, after };
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    this.calls += 1;
    const pending = this.#pending;
    if (pending && pending.after > 0) pending.after -= 1;
    else this.#pending = undefined;
    const kind = this.#pending ? undefined : pending?.kind;
    if (kind === "lost-before") throw failure("ECONNREFUSED");
    if (kind === "broken") throw failure("57P01");
    const result = await work();
    if (kind !== undefined) throw failure("ECONNRESET");
    return result;
  }

  all(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#call(() => this.#inner.all(sql, values));
  }

  get(sql: string, values?: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#call(() => this.#inner.get(sql, values));
  }

  transaction<T>(work: Parameters<Database["transaction"]>[0]): Promise<T> {
    return this.#call(() => this.#inner.transaction(work)) as Promise<T>;
  }

  iterate: Database["iterate"] = () => {
    throw new Error("the adapter iterates nothing");
  };

  scan: Database["scan"] = () => {
    throw new Error("the adapter scans nothing");
  };

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Opens a database of its own, with the adapter and people in it. */
export async function openSqlWorld(kind: SqlWorldKind): Promise<ConformanceWorld> {
  const { layout, setsStamp = true } = kind;
  const { drop, url } = await kind.open();
  const inner = await openDatabase(url);
  const people = await openDatabase(url);
  await people.transaction(async (transaction) => {
    for (const statement of kind.schema) await transaction.run(statement);
  });
  const database = new FaultyDatabase(inner);
  const adapterWith = (pageSize: number): CrmAdapter =>
    createSqlAdapter({
      open: async () => database,
      layout,
      fields: carried,
      setsStamp,
      pageSize,
      overlapMs: 2000,
    });
  const now = setsStamp ? { [layout.stamp]: stampTexts[inner.dialect][layout.stampKind].now } : {};
  let made = 0;
  const run = (sql: string, values: readonly SqlValue[]): Promise<number> =>
    people.transaction((transaction) => transaction.run(sql, values));
  return {
    adapter: adapterWith(500),
    fields,
    mishaps: ["lost-before", "lost-after", "timeout", "broken"],
    missingIds: ["00000000-0000-4000-8000-ffffffffffff", "no-such-id", "'", "999999", "01"],
    withPageSize: adapterWith,
    callCount: () => database.calls,
    arrange: (mishap, after) => database.arrange(mishap, after),
    createAsPerson: async (values: CrmFields) => {
      made += 1;
      const mine = { status: "open", amount: 0, ...values, [layout.key]: `by hand ${made}` };
      const names = [...Object.keys(mine), ...Object.keys(now)].map(quoted).join(", ");
      const marks = [...Object.keys(mine).map(() => "?"), ...Object.values(now)].join(", ");
      const sql = `INSERT INTO ${quoted(layout.table)} (${names}) VALUES (${marks})`;
      await run(sql, Object.values(mine).map(toColumn));
      const find =
        `SELECT ${quoted(layout.id)} AS id FROM ${quoted(layout.table)} ` +
        `WHERE ${quoted(layout.key)} = ?`;
      return String((await people.get(find, [`by hand ${made}`]))?.id);
    },
    editAsPerson: async (id, values) => {
      const raw = Object.entries(now).map(([name, text]) => `${quoted(name)} = ${text}`);
      const sets = [...Object.keys(values).map((name) => `${quoted(name)} = ?`), ...raw].join(", ");
      const sql = `UPDATE ${quoted(layout.table)} SET ${sets} WHERE ${quoted(layout.id)} = ?`;
      await run(sql, [...Object.values(values).map(toColumn), id]);
    },
    deleteAsPerson: async (id) => {
      const where = `WHERE ${quoted(layout.id)} = ?`;
      if (layout.deleted === undefined) {
        await run(`DELETE FROM ${quoted(layout.table)} ${where}`, [id]);
        return;
      }
      const raw = Object.entries(now).map(([name, text]) => `, ${quoted(name)} = ${text}`);
      const mark = `${quoted(layout.deleted)} = ?${raw.join("")}`;
      await run(`UPDATE ${quoted(layout.table)} SET ${mark} ${where}`, [1, id]);
    },
    count: async (what, value) => {
      const { accounts, key, table } = layout;
      const [from, column] =
        what === "deal" ? [table, key] : [accounts?.table ?? "", accounts?.name ?? ""];
      const sql = `SELECT COUNT(*) AS n FROM ${quoted(from)} WHERE ${quoted(column)} = ?`;
      return Number((await people.get(sql, [value]))?.n);
    },
    advance: () => {},
    close: async () => {
      await inner.close();
      await people.close();
      await drop();
    },
  };
}
