import type { Clock, Random } from "../../runtime/index.ts";
import { type Database, migrate } from "../../storage/index.ts";
import type { Mishaps } from "../mishaps.ts";
import { connectorCustomisation } from "./connector-columns.ts";
import { type DataverseContext, writeSession } from "./context.ts";
import { customisedModel, readCustomisation, writeCustomisation } from "./customisation.ts";
import type { Model } from "./model.ts";
import {
  type Document,
  readSetting,
  rowsAfter,
  type StoredRow,
  storeMigrations,
  writeSetting,
} from "./store.ts";
import { customTableColumns } from "./tables.ts";
import { createRow } from "./write.ts";

/** What an environment is opened with. */
export interface EnvironmentOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly mishaps: Mishaps;
  readonly maxPageSize: number;
  readonly keyIndexDelayMs: number;
  /** True: the connector's columns, key and tables are there from the start. */
  readonly prepared: boolean;
  /** Names of the users that can call. */
  readonly users: readonly string[];
}

/** An organisation's database with its tables, users and currencies; what is stored stays. */
export interface Environment {
  /** The tables as they are now. */
  model(): Model;
  /** Reads the tables anew after a change of metadata. */
  reload(): Promise<void>;
  context(user: string, rootUrl: string): DataverseContext;
  /** Writes rows as the system does, without a call. */
  insert(table: string, rows: readonly Document[]): Promise<readonly StoredRow[]>;
}

interface Organisation {
  readonly organizationId: string;
  readonly businessUnitId: string;
}

async function openOrganisation(options: EnvironmentOptions): Promise<Organisation> {
  const stored = await readSetting(options.database, "organisation");
  if (stored !== undefined) return stored as Organisation;
  const { random, database } = options;
  const organisation = { organizationId: random.uuid(), businessUnitId: random.uuid() };
  await database.transaction(async (transaction) => {
    await writeSetting(transaction, "organisation", organisation);
    if (options.prepared) {
      await writeCustomisation(transaction, connectorCustomisation(customTableColumns));
    }
  });
  return organisation;
}

const currencies = [
  ["US Dollar", "USD", "$", 2, 1],
  ["Euro", "EUR", "€", 2, 0.9],
  ["Pound Sterling", "GBP", "£", 2, 0.8],
  ["Yen", "JPY", "¥", 0, 150],
  ["Swedish Krona", "SEK", "kr", 2, 10.5],
  ["Indian Rupee", "INR", "₹", 2, 84],
  ["Brazilian Real", "BRL", "R$", 2, 5.4],
  ["Australian Dollar", "AUD", "A$", 2, 1.5],
  ["Canadian Dollar", "CAD", "C$", 2, 1.4],
  ["Rand", "ZAR", "R", 2, 18],
] as const;

const connectionRoles = ["Stakeholder", "Decision Maker", "Influencer", "Sales Professional"];
const stakeholderCategory = 1001;

/** Opens an environment, and fills an empty one with what every organisation has. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { database, clock, random } = options;
  await migrate(database, "dynamics365-sandbox", storeMigrations);
  const organisation = await openOrganisation(options);
  let model = customisedModel(await readCustomisation(database));
  const userIds = new Map<string, string>();
  const context = (user: string, rootUrl: string): DataverseContext => ({
    database,
    clock,
    random,
    mishaps: options.mishaps,
    rootUrl,
    ...organisation,
    userId: userIds.get(user) ?? organisation.organizationId,
    maxPageSize: options.maxPageSize,
    keyIndexDelayMs: options.keyIndexDelayMs,
  });
  const insert: Environment["insert"] = (name, rows) =>
    database.transaction(async (transaction) => {
      const table = model.get(name);
      if (!table) throw new RangeError(`there is no table ${name}`);
      const session = writeSession(context("", ""), transaction, model);
      const created: StoredRow[] = [];
      for (const row of rows) created.push(await createRow(session, table, row));
      return created;
    });
  await addBasics(database, insert);
  await addUsers(options, insert, userIds);
  return {
    model: () => model,
    reload: async () => {
      model = customisedModel(await readCustomisation(database));
    },
    context,
    insert,
  };
}

async function addBasics(database: Database, insert: Environment["insert"]): Promise<void> {
  if ((await readSetting(database, "baseCurrencyId")) !== undefined) return;
  const rows = await insert(
    "transactioncurrency",
    currencies.map(([currencyname, isocurrencycode, currencysymbol, digits, exchangerate]) => ({
      currencyname,
      isocurrencycode,
      currencysymbol,
      currencyprecision: digits,
      exchangerate,
    })),
  );
  await insert(
    "connectionrole",
    connectionRoles.map((name) => ({ name, category: stakeholderCategory })),
  );
  await database.transaction((transaction) =>
    writeSetting(transaction, "baseCurrencyId", rows[0]?.id),
  );
}

async function addUsers(
  options: EnvironmentOptions,
  insert: Environment["insert"],
  userIds: Map<string, string>,
): Promise<void> {
  const present = await rowsAfter(options.database, "systemuser", 0);
  for (const row of present) userIds.set(String(row.document.fullname), row.id);
  const missing = options.users.filter((name) => !userIds.has(name));
  const added = await insert(
    "systemuser",
    missing.map((name) => ({ lastname: name })),
  );
  for (const row of added) userIds.set(String(row.document.fullname), row.id);
}
