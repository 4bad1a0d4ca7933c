import { afterAll, beforeAll, expect, test } from "vitest";
import type { DealProperties } from "../../contract/index.ts";
import { type Database, openDatabase, type SqlValue } from "../../storage/index.ts";
import { dealPropertyNames } from "./deal-columns.ts";
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

async function plansOf(query: string): Promise<string> {
  const plans: string[] = [];
  const note = async (sql: string, values: readonly SqlValue[] = []) => {
    const plan = await database.all(`EXPLAIN QUERY PLAN ${sql}`, values);
    plans.push(plan.map(({ detail }) => String(detail)).join("; "));
  };
  const watched: Database = {
    dialect: database.dialect,
    all: async (sql, values) => {
      await note(sql, values);
      return database.all(sql, values);
    },
    get: (...asks) => database.get(...asks),
    transaction: (work) => database.transaction(work),
    iterate: (...asks) => database.iterate(...asks),
    scan: (sql, values, options) => {
      plans.push(`on a thread: ${sql.replaceAll(/\s+/g, " ")}`);
      return database.scan(sql, values, options);
    },
    backup: undefined,
    close: async () => {},
  };
  const spied = await openDealTable(watched, "one", "a shape");
  await spied.index();
  await listDeals(spied, `/api/deals?${query}`, 0);
  return plans.join("\n");
}

test.each([
  ["$orderby=changed%20desc&$top=100", "operations_deals_changed"],
  ["$filter=state%20eq%20%27asking%27&$orderby=changed%20desc", "operations_deals_state"],
  ["$filter=country%20eq%20%27FR%27&$orderby=changed%20desc", "operations_deals_country"],
  ["$search=contoso", "operations_deal_words"],
])("%s is served by an index, not by reading every deal", async (query, index) => {
  const plans = await plansOf(query);
  expect(plans).toContain(index);
  expect(plans).not.toMatch(/SCAN operations_deals(?! USING)|on a thread/);
});

test("several conditions that most deals fit go through the rows once, away from the event loop", async () => {
  const many = await openDealTable(database, "one", "a shape");
  const properties = (index: number) => {
    const empty = Object.fromEntries(dealPropertyNames.map((name) => [name, null]));
    const id = `p${index}`;
    const filled = { id, title: id, state: "in-step", status: "Active", referralValue: index };
    return { ...empty, ...filled } as unknown as DealProperties;
  };
  const rows = Array.from({ length: 6_000 }, (_, index) => {
    const row = { id: `p${index}`, title: `p${index}`, state: "in-step", sentence: "" };
    const deal = { ...row, needsPerson: false, properties: properties(index) };
    return { row: deal, revision: 1, pendingSince: undefined };
  });
  await many.store(rows);
  const wide = encodeURIComponent("status eq 'Active' and referralValue ge 10");
  expect(await plansOf(`$filter=${wide}`)).toMatch(/on a thread: .* NOT INDEXED/);
  const narrow = encodeURIComponent("status eq 'Active' and referralValue ge 5990");
  expect(await plansOf(`$filter=${narrow}`)).toMatch(/operations_deals_referral_value/);
});
