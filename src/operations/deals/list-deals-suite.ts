import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DealProperties, DealRow } from "../../contract/index.ts";
import { seededRandom } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import { type DealTable, openDealTable } from "./deal-table.ts";
import { listDeals } from "./list-deals.ts";

const now = Date.UTC(2026, 5, 1);
const random = seededRandom(5);
const customers = ["Adatum", "Contoso", "Fabrikam", "Müller & Söhne"];
const states = ["in-step", "in-step", "in-step", "asking", "dead"];
const stamp = (offset: number): string =>
  new Date(now + offset * 3_600_000).toISOString().replace("Z", "0000Z");

function row(index: number): DealRow {
  const customer = customers[index % customers.length] ?? "";
  const title = `Project ${index} – ${customer}`;
  const properties: DealProperties = {
    id: `p${String(index).padStart(4, "0")}`,
    title,
    customer,
    state: states[index % states.length] ?? "",
    crmValue: index % 7 === 0 ? null : Math.floor(random.fraction() * 1_000),
    referralValue: Math.floor(random.fraction() * 1_000),
    currency: index % 2 === 0 ? "EUR" : "USD",
    status: "Active",
    substatus: "Accepted",
    closes: stamp(index),
    changed: stamp(-index),
    expires: null,
    created: stamp(-index),
    accepted: null,
    closed: null,
    country: "DE",
    engagementId: `e${index}`,
    referralId: `0f0e-${index}-referral`,
    crmId: `c${index}`,
    problemCode: null,
  };
  const { id, state } = properties;
  return { id, title, state, sentence: state, needsPerson: false, properties };
}

const rows = Array.from({ length: 500 }, (_, index) => row(index));
const isAbout = (value: number | null, about: number): boolean =>
  value !== null && value >= about - 50 && value < about + 50;

/** What holds of the list of deals on either database. */
export function describeListOfDeals(name: string, open: () => Promise<Database>): void {
  let database: Database;
  let table: DealTable;

  beforeAll(async () => {
    database = await open();
    table = await openDealTable(database, "one", "a shape");
    const deals = rows.map((one) => ({ row: one, revision: 1, pendingSince: undefined }));
    await table.store(deals);
    await table.index();
    const other = await openDealTable(database, "another", "a shape");
    await other.store(deals.slice(0, 3));
  });
  afterAll(() => database?.close());

  const list = (query: string) => listDeals(table, `/api/deals?${query}`, now);
  const ids = async (query: string) => (await list(query)).deals.map(({ id }) => id);
  const where = (test: (properties: DealProperties) => boolean): readonly string[] =>
    rows.filter(({ properties }) => test(properties)).map(({ id }) => id);

  describe(`the list of deals on ${name}`, () => {
    test.each<[string, (properties: DealProperties) => boolean]>([
      ["state eq 'asking'", ({ state }) => state === "asking"],
      ["state in ('asking','dead')", ({ state }) => state === "asking" || state === "dead"],
      ["referralValue ge 900", ({ referralValue }) => (referralValue ?? 0) >= 900],
      ["crmValue eq null", ({ crmValue }) => crmValue === null],
      ["crmValue ne referralValue", (one) => one.crmValue !== one.referralValue],
      ["contains(title, '9 – Con')", ({ title }) => title.includes("9 – Con")],
      [
        "currency eq 'EUR' and closes lt 2026-06-02T00:00:00Z",
        ({ currency, closes }) => currency === "EUR" && (closes ?? "") < "2026-06-02",
      ],
      ["second(closes) eq 0 and length(title) gt 20", ({ title }) => title.length > 20],
      ["round(referralValue div 100) eq 4", (one) => isAbout(one.referralValue, 400)],
      ["not (state eq 'in-step')", ({ state }) => state !== "in-step"],
    ])("finds by %s what evaluation in memory finds", async (filter, isFound) => {
      const query = `$filter=${encodeURIComponent(filter)}&$top=1000&$count=true`;
      const { deals, count } = await list(query);
      expect(deals.map(({ id }) => id)).toEqual(where(isFound));
      expect(count).toBe(deals.length);
      expect(deals.length).toBeGreaterThan(0);
    });

    test("comes in the order of any column, what has no value last, and pages never overlap", async () => {
      const asc = await ids("$orderby=crmValue&$top=1000");
      const desc = await ids("$orderby=crmValue%20desc&$top=1000");
      const without = where(({ crmValue }) => crmValue === null);
      expect(asc.slice(-without.length).toSorted()).toEqual(without);
      expect(desc.slice(-without.length).toSorted()).toEqual(without);
      const paged: string[] = [];
      for (let skip = 0; skip < 500; skip += 90) {
        paged.push(...(await ids(`$orderby=crmValue&$top=90&$skip=${skip}`)));
      }
      expect(paged).toEqual(asc);
    });

    test("is searched by the beginnings of words, without accents, and by whole ids", async () => {
      expect(await ids("$search=mull%20soh&$top=1000")).toEqual(
        where(({ customer }) => customer === "Müller & Söhne"),
      );
      expect(await ids("text=project%20499")).toEqual(["p0499"]);
      expect(await ids("text=0f0e-17-referral")).toEqual(["p0017"]);
      expect(await ids("$search=roject")).toEqual([]);
    });

    test("goes on behind an id, page by page, to the end", async () => {
      const seen: string[] = [];
      let after = "";
      for (;;) {
        const page = await list(`limit=70${after}`);
        seen.push(...page.deals.map(({ id }) => id));
        if (page.next === undefined) break;
        after = `&after=${page.next}`;
      }
      expect(seen).toEqual(rows.map(({ id }) => id));
    });

    test("a changed deal is found by its new words alone, and a removed one not at all", async () => {
      const changed = row(3);
      const renamed = { ...changed.properties, title: "Zebra", customer: "Zebra" };
      const pendingSince = undefined;
      await table.store([
        { row: { ...changed, title: "Zebra", properties: renamed }, revision: 2, pendingSince },
      ]);
      expect(await ids("$search=zebra")).toEqual(["p0003"]);
      expect(await ids("$search=project%203")).not.toContain("p0003");
      await table.remove(["p0003"]);
      expect(await ids("$search=zebra")).toEqual([]);
      await table.store([{ row: changed, revision: 1, pendingSince }]);
    });

    test.each([
      "$filter=nothing%20eq%201",
      "$orderby=length(title)",
      "$filter=state%20eq",
      "limit=0",
    ])("%s is refused with its place", async (query) => {
      await expect(list(query)).rejects.toThrow(/\S/);
    });
  });
}
