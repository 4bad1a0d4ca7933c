import { Connection } from "jsforce";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSandbox, type TestSandbox } from "./sandbox-test-kit.ts";

/* jsforce is an independent client of Salesforce: what it can do here, it can do there. */

// biome-ignore lint/suspicious/noExplicitAny: the client types an answer by the caller's schema
type Row = any;

const today = { CloseDate: "2026-12-24", StageName: "Prospecting" };

let kit: TestSandbox;
let client: Connection;

beforeAll(async () => {
  kit = await startSandbox();
  client = new Connection({ instanceUrl: kit.url, accessToken: kit.token, version: "62.0" });
});
afterAll(() => kit.close());

async function createDeal(Name: string, more: object = {}): Promise<string> {
  const saved = await client.sobject("Opportunity").create({ Name, ...today, ...more });
  return saved.id ?? "";
}

test("it learns who it is, and how many calls are left", async () => {
  const who: Row = await client.request(`${kit.url}/services/oauth2/userinfo`);
  expect(who.user_id).toMatch(/^005\w{15}$/);
  const limits: Row = await client.limits();
  expect(limits.DailyApiRequests.Max).toBe(100_000);
  expect(client.limitInfo.apiUsage?.limit).toBe(100_000);
});

test("it creates, retrieves, updates and deletes a record", async () => {
  const id = await createDeal("By jsforce", { Amount: 1234.5 });
  const found: Row = await client.sobject("Opportunity").retrieve(id);
  expect(found).toMatchObject({ Id: id, Name: "By jsforce", Amount: 1234.5, IsClosed: false });
  await client.sobject("Opportunity").update({ Id: id, StageName: "Closed Won" });
  const won: Row = await client.sobject("Opportunity").retrieve(id);
  expect(won).toMatchObject({ IsClosed: true, IsWon: true });
  await client.sobject("Opportunity").delete(id);
  await expect(client.sobject("Opportunity").retrieve(id)).rejects.toThrow(/entity is deleted/);
});

test("it queries with conditions, order, parents and children", async () => {
  const account = await client.sobject("Account").create({ Name: "O'Neil & Sons" });
  const id = await createDeal("With an account", { AccountId: account.id });
  await client.sobject("PR_Solution__c").create({
    Name: "One",
    PR_SolutionCode__c: "SOL-1",
    PR_Opportunity__c: id,
  });
  const { records } = await client.query<Row>(
    "SELECT Id, Account.Name, (SELECT PR_SolutionCode__c FROM PR_Solutions__r), " +
      "(SELECT Id FROM OpportunityContactRoles) FROM Opportunity " +
      "WHERE Account.Name = 'O\\'Neil & Sons' AND (NOT Name LIKE 'x%') ORDER BY Name DESC LIMIT 5",
  );
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    Id: id,
    Account: { Name: "O'Neil & Sons" },
    PR_Solutions__r: { totalSize: 1, records: [{ PR_SolutionCode__c: "SOL-1" }] },
    OpportunityContactRoles: null,
  });
});

test("it fetches the later pages of a long answer", async () => {
  const records = Array.from({ length: 450 }, (_, index) => ({ Name: `Page ${index}` }));
  await client.sobject("Account").create(records, { allowRecursive: true });
  const all = await client.query<Row>("SELECT Id FROM Account WHERE Name LIKE 'Page %'", {
    autoFetch: true,
    maxFetch: 1000,
    headers: { "Sforce-Query-Options": "batchSize=200" },
  });
  expect(new Set(all.records.map(({ Id }) => Id)).size).toBe(450);
});

test("it upserts by an external id, once to create and once to change", async () => {
  const upsert = (Name: string): Promise<Row> =>
    client
      .sobject("Opportunity")
      .upsert({ Name, ...today, PR_ReferralId__c: "referral-9" }, "PR_ReferralId__c");
  const created = await upsert("First");
  const changed = await upsert("Second");
  expect(changed.id).toBe(created.id);
  expect(await client.sobject("Opportunity").retrieve(created.id)).toMatchObject({
    Name: "Second",
    PR_ReferralId__c: "referral-9",
  });
});

test("it sees deleted records where it asks for them", async () => {
  const id = await createDeal("To be deleted");
  await client.sobject("Opportunity").delete(id);
  const soql = "SELECT Id, IsDeleted FROM Opportunity WHERE Name = 'To be deleted'";
  expect((await client.query(soql)).totalSize).toBe(0);
  const all = await client.query<Row>(soql, { scanAll: true });
  expect(all.records).toMatchObject([{ Id: id, IsDeleted: true }]);
});

test("it writes many records at once, all or none", async () => {
  const rows = [{ Name: "Fine" }, { Name: "" }];
  const results: Row = await client.sobject("Account").create(rows, { allOrNone: true });
  expect(results.map((result: Row) => result.success)).toEqual([false, false]);
  expect(await client.sobject("Account").count({ Name: "Fine" })).toBe(0);
});

test("it describes objects with their fields and picklist values", async () => {
  const found = await client.sobject("Opportunity").describe();
  const stage = found.fields.find(({ name }) => name === "StageName");
  expect(stage?.picklistValues?.map(({ value }) => value)).toContain("Closed Won");
  const all = await client.describeGlobal();
  expect(all.sobjects.map(({ name }) => name)).toContain("OpportunityContactRole");
});

test("it creates fields and objects through the Metadata API", async () => {
  const object: Row = await client.metadata.create("CustomObject", {
    fullName: "By_Client__c",
    label: "By client",
    pluralLabel: "By clients",
    nameField: { label: "Name", type: "Text" },
    deploymentStatus: "Deployed",
    sharingModel: "ReadWrite",
  } as Row);
  expect(object.success).toBe(true);
  const field = { fullName: "Opportunity.Odd__c", label: "Odd", type: "Text", length: 20 };
  expect(await client.metadata.create("CustomField", field as Row)).toMatchObject({
    fullName: "Opportunity.Odd__c",
    success: true,
  });
  const again: Row = await client.metadata.create("CustomField", field as Row);
  expect(again).toMatchObject({
    success: false,
    errors: [{ statusCode: "DUPLICATE_DEVELOPER_NAME" }],
  });
});
