import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../storage/index.ts";
import { openDealTable } from "./deal-table.ts";
import { listDeals } from "./list-deals.ts";
import { describeListOfDeals } from "./list-deals-suite.ts";

describeListOfDeals("SQLite", () => openDatabase(":memory:"));

let database: Database;
beforeAll(async () => {
  database = await openDatabase(":memory:");
  await (await openDealTable(database, "one", "a shape")).index();
});
afterAll(() => database.close());

test.each([
  ["$orderby=changed%20desc&$top=100", "operations_deals_changed"],
  ["$filter=state%20eq%20%27asking%27&$orderby=changed%20desc", "operations_deals_state"],
  ["$search=contoso", "operations_deal_words"],
])("%s is served by an index, not by reading every deal", async (query, index) => {
  const asked: string[] = [];
  const watched: Database = {
    dialect: database.dialect,
    all: async (sql, values) => {
      const plan = await database.all(`EXPLAIN QUERY PLAN ${sql}`, values);
      asked.push(plan.map(({ detail }) => String(detail)).join("; "));
      return database.all(sql, values);
    },
    get: (...asks) => database.get(...asks),
    transaction: (work) => database.transaction(work),
    iterate: (...asks) => database.iterate(...asks),
    scan: (...asks) => database.scan(...asks),
    backup: undefined,
    close: async () => {},
  };
  const spied = await openDealTable(watched, "one", "a shape");
  await listDeals(spied, `/api/deals?${query}`, 0);
  expect(asked.join()).toContain(index);
  expect(asked.join()).not.toMatch(/SCAN operations_deals(?! USING)/);
});
