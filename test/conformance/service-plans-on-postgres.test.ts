import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { totalOrder } from "../../src/service/list/keyset.ts";
import { parseListQuery } from "../../src/service/list/list-query.ts";
import { pageStatement, type Search } from "../../src/service/list/list-statement.ts";
import { createReferralsService } from "../../src/service/service.ts";
import { openDatabase } from "../../src/storage/index.ts";
import type { Database } from "../../src/storage/port.ts";
import { postgresForTests } from "../postgres.ts";

const postgres = await postgresForTests();
const enoughForAnIndex = 3_000;

describe.skipIf(!postgres)("on PostgreSQL", () => {
  let database: Database;
  let tenantId = "";
  const cleanUps: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const created = await postgres?.createDatabase();
    if (!created) throw new Error("there is no PostgreSQL");
    cleanUps.push(() => created.drop());
    const service = await createReferralsService({ database: created.url });
    tenantId = service.clients[0]?.organizationId ?? "";
    await service.seed(enoughForAnIndex);
    await service.close();
    database = await openDatabase(created.url);
    cleanUps.push(() => database.close());
  });
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  async function planOf(text: string): Promise<string> {
    const query = parseListQuery(text, 0);
    const filter = query.filter ? { filter: query.filter } : {};
    const search: Search = { dialect: "postgres", scope: { tenantId }, isScan: false, ...filter };
    const page = { order: totalOrder(query.orderby), limit: 100 };
    const { sql, values } = pageStatement(search, page, "referrals");
    const rows = await database.all(`EXPLAIN ${sql}`, values);
    return rows.map((row) => String(Object.values(row)[0])).join("\n");
  }

  it.each([
    ["", "createdDateTime"],
    ["$orderby=updatedDateTime desc", "updatedDateTime"],
    ["$orderby=name", "name"],
    ["$filter=updatedDateTime ge 2020-01-01T00:00:00Z&$orderby=updatedDateTime", "updatedDateTime"],
    ["$filter=status eq 'New'&$orderby=updatedDateTime desc", "status_updatedDateTime"],
    ["$filter=type eq 'Shared'", "type_createdDateTime"],
  ])("a page of '%s' comes in the order of the index on %s", async (text, index) => {
    const plan = await planOf(text);
    expect(plan).toMatch(new RegExp(`Index Scan (Backward )?using "?referrals_${index}"?`));
    expect(plan).not.toContain("Sort");
  });

  it("one external reference is found by its index", async () => {
    const plan = await planOf("$filter=externalReferenceId eq 'OPP-1'");
    expect(plan).toContain('using "referrals_externalReferenceId"');
  });
});
