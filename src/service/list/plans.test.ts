import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate, odataMigrations, openDatabase } from "../../storage/index.ts";
import type { Database } from "../../storage/port.ts";
import { serviceMigrations } from "../store/schema.ts";
import { totalOrder } from "./keyset.ts";
import { parseListQuery } from "./list-query.ts";
import { countStatement, pageStatement, type Search } from "./list-statement.ts";
import { isServedByIndex } from "./served-by-index.ts";

let database: Database;
beforeAll(async () => {
  database = await openDatabase(":memory:");
  await migrate(database, "odata", odataMigrations("sqlite"));
  await migrate(database, "service", serviceMigrations("sqlite"));
});
afterAll(() => database.close());

function searchFor(text: string) {
  const query = parseListQuery(text, 0);
  const search: Search = {
    dialect: "sqlite",
    scope: { tenantId: "one" },
    isScan: false,
    ...(query.filter ? { filter: query.filter } : {}),
  };
  return { query, search };
}

async function planOf(text: string): Promise<string> {
  const { query, search } = searchFor(text);
  const limit = query.top === undefined ? {} : { limit: query.top };
  const page = { order: totalOrder(query.orderby), ...limit };
  const { sql, values } = pageStatement(search, page, "referrals");
  const steps = await database.all(`EXPLAIN QUERY PLAN ${sql}`, values);
  return steps.map(({ detail }) => String(detail)).join("; ");
}

const inOrder = [
  "",
  "$orderby=createdDateTime desc",
  "$orderby=updatedDateTime desc&$top=100",
  "$orderby=name",
  "$filter=updatedDateTime ge 2026-01-01T00:00:00Z&$orderby=updatedDateTime",
  "$filter=status eq 'New'&$top=200",
  "$filter=status eq 'Active'&$orderby=updatedDateTime desc&$top=100",
  "$filter=substatus eq 'Won'&$top=200",
  "$filter=type eq 'Shared'&$orderby=updatedDateTime",
  "$filter=qualification eq 'Direct'&$orderby=createdDateTime desc",
  "$filter=direction eq 'Incoming'&$top=200",
  "$filter=customerProfile/address/country eq 'DE'&$orderby=updatedDateTime&$top=200",
];
const fewRows = [
  "$filter=engagementId eq 'x'",
  "$filter=externalReferenceId eq 'x'&$orderby=updatedDateTime desc",
  "$filter=externalReferenceId in ('x','y') and status eq 'New'&$orderby=name",
  "$filter=expirationDateTime eq 2026-01-01T00:00:00Z",
];
const noIndex = [
  "$filter=contains(name,'x')",
  "$filter=status ne 'Closed'",
  "$filter=status eq 'New' or type eq 'Shared'",
  "$filter=status eq 'Active' and type eq 'Shared'",
  "$filter=details/dealValue gt 5",
  "$filter=externalReferenceId eq null",
  "$filter=team/any(t:t/email eq 'x')",
  "$orderby=customerProfile/address/city",
  "$orderby=name,updatedDateTime",
  "$skip=500000",
];

describe("the plan of", () => {
  it.each(inOrder)("%s reads a page in the order of an index, without sorting", async (text) => {
    expect(isServedByIndex(searchFor(text).query)).toBe(true);
    const plan = await planOf(text);
    expect(plan).toContain("SEARCH referrals USING INDEX");
    expect(plan).not.toContain("TEMP B-TREE");
  });

  it.each(fewRows)("%s finds few rows and sorts those", async (text) => {
    expect(isServedByIndex(searchFor(text).query)).toBe(true);
    expect(await planOf(text)).toMatch(
      /USING INDEX referrals_(engagementId|externalReferenceId|expirationDateTime)/,
    );
  });

  it("a count of one status touches nothing but an index", async () => {
    const { search } = searchFor("$filter=status eq 'New'");
    const { sql, values } = countStatement(search, "referrals");
    const [step] = await database.all(`EXPLAIN QUERY PLAN ${sql}`, values);
    expect(step?.detail).toContain("USING COVERING INDEX");
  });
});

it.each(noIndex)("%s is computed where no call waits", (text) => {
  expect(isServedByIndex(searchFor(text).query)).toBe(false);
});
