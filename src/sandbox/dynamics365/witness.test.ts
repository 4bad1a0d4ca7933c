import { DynamicsWebApi } from "dynamics-web-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSandbox, type TestSandbox } from "./sandbox-test-kit.ts";

/* dynamics-web-api is an independent client of Dataverse: what it can do here, it can do there. */

// biome-ignore lint/suspicious/noExplicitAny: the client types an answer by what was sent
type Row = any;

let kit: TestSandbox;
let client: DynamicsWebApi;

beforeAll(async () => {
  kit = await startSandbox();
  client = new DynamicsWebApi({
    serverUrl: new URL(kit.url).origin,
    dataApi: { version: "9.2" },
    onTokenRefresh: async () => kit.token,
  });
});
afterAll(() => kit.close());

async function createDeal(name: string): Promise<string> {
  return client.create({ collection: "opportunities", data: { name, estimatedvalue: 100 } });
}

test("it learns who it is", async () => {
  const who = await client.callFunction<{ UserId: string }>({ name: "WhoAmI" });
  expect(who.UserId).toMatch(/^[0-9a-f-]{36}$/);
});

test("it creates and retrieves a row, with selected and expanded properties", async () => {
  const accountid = await client.create({
    collection: "accounts",
    data: { name: "Elmstead Optics", address1_country: "Germany" },
  });
  const deal: Row = await client.create({
    collection: "opportunities",
    data: {
      name: "Optics in the cloud",
      estimatedvalue: 1234.5,
      "customerid_account@odata.bind": `/accounts(${accountid})`,
    },
    returnRepresentation: true,
    select: ["name", "estimatedvalue", "_customerid_value"],
  });
  expect(deal).toMatchObject({ name: "Optics in the cloud", estimatedvalue: 1234.5 });
  const found = await client.retrieve({
    collection: "opportunities",
    key: deal.opportunityid,
    select: ["name", "statecode"],
    expand: [{ property: "customerid_account", select: ["name"] }],
    includeAnnotations: "*",
  });
  expect(found).toMatchObject({
    name: "Optics in the cloud",
    statecode: 0,
    "statecode@OData.Community.Display.V1.FormattedValue": "Open",
    customerid_account: { name: "Elmstead Optics", accountid },
  });
});

test("it retrieves multiple rows with filter, order, count and pages", async () => {
  for (const name of ["Page A", "Page B", "Page C"]) await createDeal(name);
  const first = await client.retrieveMultiple({
    collection: "opportunities",
    select: ["name"],
    filter: "startswith(name,'Page') and statecode eq 0",
    orderBy: ["name desc"],
    count: true,
    maxPageSize: 2,
  });
  expect(first.value?.map(({ name }) => name)).toEqual(["Page C", "Page B"]);
  expect(first.oDataCount).toBe(3);
  const all = await client.retrieveAll({
    collection: "opportunities",
    select: ["name"],
    filter: "contains(name,'Page')",
    maxPageSize: 1,
  });
  expect(all.value?.length).toBe(3);
});

test("it updates with an ETag, and is refused with an old one", async () => {
  const key = await createDeal("Versioned");
  const before = await client.retrieve({ collection: "opportunities", key, select: ["name"] });
  const ifmatch = before["@odata.etag"] ?? "";
  await client.update({ collection: "opportunities", key, data: { name: "Second" }, ifmatch });
  const stale = client.update({
    collection: "opportunities",
    key,
    data: { name: "Third" },
    ifmatch,
    returnRepresentation: true,
  });
  // Its documented way to tell a failed precondition is the answer false.
  await expect(stale).resolves.toBe(false);
  const after = await client.retrieve({ collection: "opportunities", key, select: ["name"] });
  expect(after.name).toBe("Second");
});

test("it upserts by alternate key, once to create and once to change", async () => {
  const key = "pr_referralid='11111111-2222-4333-8444-555555555555'";
  const upsert = (name: string): Promise<Row> =>
    client.upsert({
      collection: "opportunities",
      key,
      data: { name },
      returnRepresentation: true,
      select: ["name", "pr_referralid"],
    });
  const created = await upsert("By key");
  const changed = await upsert("By key, changed");
  expect(changed.opportunityid).toBe(created.opportunityid);
  expect(changed).toMatchObject({
    name: "By key, changed",
    pr_referralid: "11111111-2222-4333-8444-555555555555",
  });
});

test("it wins and loses deals by actions", async () => {
  const close = async (key: string, name: string, Status: number) => {
    await client.callAction({
      actionName: name,
      action: {
        Status,
        OpportunityClose: {
          subject: "Closed",
          "opportunityid@odata.bind": `opportunities(${key})`,
        },
      },
    });
    return client.retrieve({
      collection: "opportunities",
      key,
      select: ["statecode", "statuscode", "actualclosedate"],
    });
  };
  expect(await close(await createDeal("Won one"), "WinOpportunity", 3)).toMatchObject({
    statecode: 1,
    statuscode: 3,
    actualclosedate: "2026-05-04",
  });
  expect(await close(await createDeal("Lost one"), "LoseOpportunity", 5)).toMatchObject({
    statecode: 2,
    statuscode: 5,
  });
});

test("it tracks changes and deletions with a delta link", async () => {
  const start = await client.retrieveMultiple({
    collection: "opportunities",
    select: ["name"],
    trackChanges: true,
  });
  const deltaLink = start.oDataDeltaLink ?? "";
  const kept = await createDeal("Tracked");
  const gone = await createDeal("Gone");
  await client.deleteRecord({ collection: "opportunities", key: gone });
  const delta = await fetch(deltaLink, { headers: { authorization: `Bearer ${kit.token}` } });
  const { value } = (await delta.json()) as { value: readonly Record<string, unknown>[] };
  expect(value.map((row) => row.opportunityid ?? row.id)).toEqual([kept, gone]);
  expect(value[1]).toMatchObject({ reason: "deleted" });
});

test("it sends a batch, whose change set refers to a row that it has just made", async () => {
  client.startBatch();
  client.create({ collection: "accounts", data: { name: "Foxglove Timber" }, contentId: "1" });
  client.create({
    collection: "opportunities",
    data: { name: "Timber portal", "customerid_account@odata.bind": "$1" },
  });
  const [accountid, opportunityid] = (await client.executeBatch()) as string[];
  const deal = await client.retrieve({
    collection: "opportunities",
    key: opportunityid ?? "",
    select: ["_customerid_value"],
  });
  expect(deal._customerid_value).toBe(accountid);
});

test("it reads and changes metadata", async () => {
  const entity = await client.retrieveEntity({
    key: "LogicalName='opportunity'",
    select: ["EntitySetName", "ChangeTrackingEnabled"],
  });
  expect(entity).toMatchObject({ EntitySetName: "opportunities", ChangeTrackingEnabled: true });
  const status = await client.retrieveAttribute({
    entityKey: "LogicalName='opportunity'",
    attributeKey: "LogicalName='statuscode'",
    castType: "Microsoft.Dynamics.CRM.StatusAttributeMetadata",
    expand: [{ property: "OptionSet" }],
  });
  const values = status.OptionSet?.Options?.map(({ Value }: { Value: number }) => Value);
  expect(values).toEqual([1, 2, 3, 4, 5, 727_000_001]);
});
