import { describe, expect, test } from "vitest";
import { describeCrmAdapter } from "../../src/crm/conformance/crm-adapter-suite.ts";
import { refusalOf } from "../../src/crm/conformance/steps.ts";
import {
  trialLayout as layout,
  openSqlWorld,
  type SqlWorldKind,
  trialStages as stages,
} from "../../src/crm/sql/conformance-world-suite.ts";
import { exampleLayout } from "../../src/crm/sql/example-schema.ts";
import { inspectSql, prepareSql, type SqlLayout } from "../../src/crm/sql/index.ts";
import { describeSqlSetup, exampleDatabase, readyFields } from "../../src/crm/sql/setup-suite.ts";
import { openDatabase } from "../../src/storage/index.ts";
import { postgresForTests } from "../postgres.ts";

const helps =
  "'GeneralOrOther', 'CustomerTechnicalArchitecture', 'ProofOfConceptOrDemo', 'QuotesOrLicensing'";

const postgres = await postgresForTests();

/** Identifiers of a schema, an enumeration, generated UUIDs and the database's own moments. */
const onPostgres: SqlWorldKind = {
  open: async () => {
    if (!postgres) throw new Error("there is no PostgreSQL");
    return postgres.createDatabase();
  },
  layout: {
    ...layout,
    table: "crm.deals",
    stampKind: "timestamp",
    deleted: "deleted_at",
    accounts: { ...layout.accounts, table: "crm.customers" } as NonNullable<SqlLayout["accounts"]>,
    lists: {
      solutions: {
        table: "crm.deal_solutions",
        deal: "deal_id",
        key: "code",
        columns: ["code", "name"],
        stamp: "changed_at",
      },
    },
  },
  schema: [
    "CREATE SCHEMA crm",
    `CREATE TYPE crm.help AS ENUM (${helps})`,
    `CREATE TABLE crm.customers (
      id serial PRIMARY KEY, name text NOT NULL, zip text, country text)`,
    `CREATE TABLE crm.deals (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(), title varchar(300) NOT NULL,
      amount numeric(14, 2), notes varchar(2000), closes_on date, help crm.help,
      status varchar(20) NOT NULL DEFAULT 'open' CHECK (status IN (${stages})),
      customer_id integer REFERENCES crm.customers (id), referral_id text UNIQUE,
      deleted_at boolean, changed_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE TABLE crm.deal_solutions (
      deal_id uuid NOT NULL REFERENCES crm.deals (id) ON DELETE CASCADE,
      code text, name text, changed_at timestamptz)`,
  ],
};

async function freshUrl(): Promise<string> {
  if (!postgres) throw new Error("there is no PostgreSQL");
  return (await postgres.createDatabase()).url;
}

describe.skipIf(!postgres)("SQL tables on PostgreSQL", () => {
  describeCrmAdapter("A table of PostgreSQL", () => openSqlWorld(onPostgres));
  describeSqlSetup("PostgreSQL", freshUrl);
});

describe.skipIf(!postgres)("an account of PostgreSQL", () => {
  test("without the rights is told which it lacks, and refused as unauthorized", async () => {
    const url = await freshUrl();
    const owner = await exampleDatabase(url);
    const role = `seller_${process.pid}_${Date.now() % 1e6}`;
    await owner.transaction(async (transaction) => {
      await transaction.run(`CREATE ROLE ${role} LOGIN`);
      await transaction.run(`GRANT SELECT ON deals, customers TO ${role}`);
      await transaction.run(
        `GRANT SELECT, INSERT, UPDATE ON deal_contacts, deal_solutions TO ${role}`,
      );
    });
    const database = await openDatabase(url.replace("postgres@", `${role}@`));
    const options = { open: async () => database, layout: exampleLayout, fields: readyFields };
    const { problems } = await inspectSql(options);
    expect(problems.map(({ sentence }) => sentence)).toEqual([
      "the account may not INSERT in deals",
      "the account may not UPDATE in deals",
      "the account may not INSERT in customers",
      "the account may not UPDATE in customers",
    ]);
    expect((await refusalOf(prepareSql(options))).code).toBe("unauthorized");
    await database.close();
    await owner.transaction((transaction) => transaction.run(`DROP OWNED BY ${role}`));
    await owner.transaction((transaction) => transaction.run(`DROP ROLE ${role}`));
    await owner.close();
  });
});
