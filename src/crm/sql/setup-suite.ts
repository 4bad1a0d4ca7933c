import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../storage/index.ts";
import type { Database } from "../../storage/port.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { describeReadyMapping } from "../conformance/ready-mapping-suite.ts";
import { exampleLayout, exampleSchema } from "./example-schema.ts";
import {
  createSqlAdapter,
  inspectSql,
  prepareSql,
  readSqlFields,
  readySqlMapping,
  type SqlSetupOptions,
} from "./index.ts";

const mapping = readySqlMapping();
/** What the ready mapping asks for. */
export const readyFields = crmFieldsOf(mapping);
const fields = readyFields;

/** The README's tables in a new database. */
export async function exampleDatabase(url: string): Promise<Database> {
  const database = await openDatabase(url);
  const isPostgres = database.dialect === "postgres";
  await database.transaction(async (transaction) => {
    for (const text of exampleSchema) {
      // The README's tables count their rows themselves, which each database writes in its own way.
      const counted = text.replace("id integer PRIMARY KEY", "id serial PRIMARY KEY");
      const zoned = counted.replace("modified_at timestamp", "modified_at timestamptz");
      await transaction.run(isPostgres ? zoned : text);
    }
  });
  return database;
}

const created = [
  "column deals.customer_consent",
  "column deals.last_error",
  "column deals.microsoft_crm_id",
  "column deals.microsoft_help",
  "column deals.referral_id",
  "column deals.referral_link",
  "column deals.share_with_microsoft",
  "column deals.sync_state",
  "column deals.sync_with_partner_center",
  "unique index on deals.referral_id",
];

/** Tries setup and ready mapping on a kind of database; each URL leads to a new one. */
export function describeSqlSetup(kind: string, freshUrl: () => Promise<string>): void {
  describe(`the setup on ${kind}`, () => {
    let database: Database;
    let options: SqlSetupOptions;
    beforeAll(async () => {
      database = await exampleDatabase(await freshUrl());
      options = { open: async () => database, layout: exampleLayout, fields };
    });
    afterAll(() => database?.close());

    test("tells what a table lacks and changes nothing, then creates it once", async () => {
      const first = await inspectSql(options);
      expect(first.missing.map(({ name }) => name)).toEqual(created);
      expect(first.problems).toEqual([]);
      expect(await inspectSql(options)).toEqual(first);
      const told: string[] = [];
      await prepareSql(options, (done) => told.push(done));
      expect(told).toEqual(created);
      expect((await inspectSql(options)).missing).toEqual([]);
      await prepareSql(options, (done) => told.push(done));
      expect(told).toHaveLength(created.length);
    });

    test("reads the stages and the fields from the database's own catalogue", async () => {
      const { stages } = await inspectSql(options);
      expect(stages.map(({ value }) => value)).toEqual(["waiting", "open", "won", "lost"]);
      const infos = await readSqlFields(options);
      expect(infos).toContainEqual(expect.objectContaining({ name: "account.zip", label: "zip" }));
      expect(infos.find(({ name }) => name === "status")?.choices).toHaveLength(4);
    });

    test("names columns and tables that a mapping names and nobody creates", async () => {
      const wrong = { ...options, fields: [...fields, "forecast", "account.region"] };
      expect((await inspectSql(wrong)).problems.map(({ sentence }) => sentence)).toEqual([
        "deals has no column forecast",
        "customers has no column region",
      ]);
      const lost = { ...options, layout: { ...exampleLayout, table: "no_deals" } };
      expect((await inspectSql(lost)).problems[0]?.sentence).toMatch(/no table or view no_deals/);
    });
  });

  describeReadyMapping(`SQL tables on ${kind}`, {
    mapping,
    open: async () => {
      const database = await exampleDatabase(await freshUrl());
      const open = async () => database;
      await prepareSql({ open, layout: exampleLayout, fields });
      const adapter = createSqlAdapter({ open, layout: exampleLayout, fields });
      return { adapter, close: () => database.close() };
    },
  });
}
