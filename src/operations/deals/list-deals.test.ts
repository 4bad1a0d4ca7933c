import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { DealProperties } from "../../contract/index.ts";
import { type Database, openDatabase, type SqlValue } from "../../storage/index.ts";
import { dealPropertyNames } from "./deal-columns.ts";
import { type IndexedDeal, openDealTable } from "./deal-table.ts";
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

/** More deals than are looked at one by one; the later ones of a state changed long ago. */
const many = Array.from({ length: 6_000 }, (_, index): IndexedDeal => {
  const empty = Object.fromEntries(dealPropertyNames.map((name) => [name, null]));
  const [id, state] = [`p${index}`, index < 5_500 ? "in-step" : "paused"];
  const changed = new Date(Date.UTC(2026, 0, 1) - index * 60_000).toISOString();
  const filled = {
    ...{ id, title: id, state, status: "Active", referralValue: index % 1_000 },
    changed: changed.replace("Z", "0000Z"),
  };
  const properties = { ...empty, ...filled } as unknown as DealProperties;
  const row = { id, title: id, state, sentence: "", needsPerson: false, properties };
  return { row, revision: 1, pendingSince: undefined };
});

describe("a list of more deals than are looked at one by one", () => {
  beforeAll(async () => {
    await (await openDealTable(database, "one", "a shape")).store(many);
  });
  const filtered = (filter: string, rest = "$orderby=changed%20desc") =>
    `${rest}&$filter=${encodeURIComponent(filter)}`;
  const listed = async (query: string) => {
    const table = await openDealTable(database, "one", "a shape");
    await table.index();
    return (await listDeals(table, `/api/deals?${query}`, 0)).deals.map(({ id }) => id);
  };
  const wide = "status eq 'Active' and referralValue ge 10";

  test("what most deals fit is found among the first of the order, without a thread", async () => {
    expect(await plansOf(filtered(wide))).not.toContain("on a thread");
    expect(await plansOf(filtered("contains(title, '7')"))).not.toContain("on a thread");
    const byTitle = filtered("referralValue ge 10", "$orderby=title");
    expect(await plansOf(byTitle)).not.toContain("TEMP B-TREE");
  });

  test("several conditions that many fit, but none of the first, go through one index on a thread", async () => {
    const late = "status eq 'Active' and state ne 'in-step'";
    const along = /on a thread: .* INDEXED BY operations_deals_changed/;
    expect(await plansOf(filtered(late))).toMatch(along);
    expect(await plansOf(filtered(wide, "$top=0&$count=true"))).toMatch(along);
    const elsewhere = filtered("contains(title, '7')", "$top=0&$count=true");
    expect(await plansOf(elsewhere)).toMatch(/on a thread: .* NOT INDEXED/);
  });

  test("what takes long for one deal is never looked at beside the sync", async () => {
    const slow = filtered("round(referralValue div 10) ge 0");
    expect(await plansOf(slow)).toMatch(/^on a thread/);
  });

  test("one condition among many that few fit leads along its index", async () => {
    const narrow = "status eq 'Active' and referralValue ge 990";
    expect(await plansOf(filtered(narrow))).toMatch(/operations_deals_referral_value/);
  });

  test.each(["changed desc", "changed", "title", "referralValue desc", "status"])(
    "by %s, every way to find a page finds the same deals",
    async (order) => {
      const all = await listed(`$top=1000&$orderby=${order}`);
      for (let skip = 1_000; skip < many.length; skip += 1_000) {
        all.push(...(await listed(`$top=1000&$skip=${skip}&$orderby=${order}`)));
      }
      const byId = new Map(many.map(({ row }) => [row.id, row.properties]));
      const fits = (id: string): boolean => (byId.get(id)?.referralValue ?? 0) >= 10;
      for (const skip of [0, 700, 1_800, 2_500, 5_900]) {
        const page = await listed(filtered(wide, `$top=150&$skip=${skip}&$orderby=${order}`));
        expect(page).toEqual(all.filter(fits).slice(skip, skip + 150));
      }
    },
  );
});

test("a slip in a filter is placed where the reader typed it, not where it lies in the address", async () => {
  const table = await openDealTable(database, "one", "a shape");
  const list = (query: string) => listDeals(table, `/api/deals?${query}`, 0);
  const before = "$top=100&$orderby=changed%20desc&";
  const typed = encodeURIComponent("title eq 'Müller' and bad x");
  await expect(list(`${before}$filter=${typed}`)).rejects.toThrow("at character 27 of $filter");
  await expect(list(`${before}$filter=state%20eq`)).rejects.toThrow("at character 9 of $filter");
});

test("where there are few deals none waits for a thread", async () => {
  const small = await openDatabase(":memory:");
  const table = await openDealTable(small, "one", "a shape");
  await table.index();
  await table.store(many.slice(0, 300));
  const query = "$filter=contains(title,'29') or status ne 'Active'&$count=true";
  const scans = vi.spyOn(small, "scan");
  const { count } = await listDeals(table, `/api/deals?${query}`, 0);
  expect(count).toBe(many.slice(0, 300).filter(({ row }) => row.id.includes("29")).length);
  expect(scans).not.toHaveBeenCalled();
  await small.close();
});
