import { Client } from "@hubspot/api-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSandbox, type TestSandbox } from "./sandbox-test-kit.ts";

/* HubSpot's own client is the witness: what it can do here, it can do there. */

// biome-ignore lint/suspicious/noExplicitAny: the client's request types want every optional member
type Loose = any;

let kit: TestSandbox;
let client: Client;

beforeAll(async () => {
  kit = await startSandbox();
  client = new Client({ accessToken: kit.token, basePath: kit.url, numberOfApiCallRetries: 0 });
});
afterAll(() => kit.close());

const dealProperties = { dealname: "By the client", dealstage: "qualifiedtobuy", amount: "12.5" };

async function createDeal(properties: object = dealProperties) {
  return client.crm.deals.basicApi.create({ properties } as Loose);
}

test("it creates, reads, updates and archives a deal", async () => {
  const { id } = await createDeal();
  const api = client.crm.deals.basicApi;
  const found = await api.getById(id, ["dealname", "amount", "hs_is_closed"]);
  expect(found.properties).toMatchObject({ amount: "12.5", hs_is_closed: "false" });
  const won = await api.update(id, { properties: { dealstage: "closedwon" } } as Loose);
  expect(won.updatedAt).toBeInstanceOf(Date);
  expect((await api.getById(id, ["hs_is_closed_won"])).properties.hs_is_closed_won).toBe("true");
  await api.archive(id);
  await expect(api.getById(id)).rejects.toMatchObject({ code: 404 });
  const archived = await api.getById(id, undefined, undefined, undefined, true);
  expect(archived.archived).toBe(true);
});

test("it searches with filters, sort and pages", async () => {
  for (const dealname of ["Page C", "Page A", "Page B"]) {
    await createDeal({ ...dealProperties, dealname, amount: "777" });
  }
  const search = (after?: string) =>
    client.crm.deals.searchApi.doSearch({
      filterGroups: [{ filters: [{ propertyName: "amount", operator: "EQ", value: "777" }] }],
      sorts: [{ propertyName: "dealname", direction: "ASCENDING" }],
      properties: ["dealname"],
      limit: 2,
      ...(after === undefined ? {} : { after }),
    } as Loose);
  const first = await search();
  expect(first.total).toBe(3);
  const second = await search(first.paging?.next?.after);
  const names = [...first.results, ...second.results].map(({ properties }) => properties.dealname);
  expect(names).toEqual(["Page A", "Page B", "Page C"]);
});

test("it upserts by a property with unique values, once to create and once to change", async () => {
  const upsert = async (dealname: string) => {
    const input = {
      id: "referral-9",
      idProperty: "pr_referral_id",
      properties: { ...dealProperties, dealname },
    };
    const { results } = await client.crm.deals.batchApi.upsert({ inputs: [input] } as Loose);
    return results[0] as Loose;
  };
  const created = await upsert("First");
  const changed = await upsert("Second");
  expect([created._new, changed._new]).toEqual([true, false]);
  expect(changed.id).toBe(created.id);
  const found = await client.crm.deals.basicApi.getById(
    "referral-9",
    ["dealname"],
    undefined,
    undefined,
    false,
    "pr_referral_id",
  );
  expect(found.properties.dealname).toBe("Second");
});

test("it reads contacts in a batch by e-mail, and refuses a second one with the same", async () => {
  const properties = { email: "Ann@People.example", firstname: "Ann" };
  const { id } = await client.crm.contacts.basicApi.create({ properties } as Loose);
  const { results } = await client.crm.contacts.batchApi.read({
    inputs: [{ id: "ann@people.example" }],
    idProperty: "email",
    properties: ["firstname"],
    propertiesWithHistory: [],
  });
  expect(results.map((each) => each.id)).toEqual([id]);
  const again = client.crm.contacts.basicApi.create({ properties } as Loose);
  await expect(again).rejects.toMatchObject({ code: 409 });
});

test("it links objects, reads the links both ways, and takes them away", async () => {
  const deal = await createDeal();
  const company = await client.crm.companies.basicApi.create({
    properties: { name: "Elmstead" },
  } as Loose);
  const link = { _from: { id: deal.id }, to: { id: company.id } };
  const api = client.crm.associations.v4.batchApi;
  await api.createDefault("deals", "companies", { inputs: [link] });
  const back = await api.getPage("companies", "deals", { inputs: [{ id: company.id }] } as Loose);
  expect(String(back.results[0]?.to[0]?.toObjectId)).toBe(deal.id);
  const found = await client.crm.deals.basicApi.getById(deal.id, [], undefined, ["companies"]);
  expect(found.associations?.companies?.results[0]?.id).toBe(company.id);
  await api.archive("deals", "companies", {
    inputs: [{ _from: { id: deal.id }, to: [{ id: company.id }] }],
  });
  const after = await api.getPage("deals", "companies", { inputs: [{ id: deal.id }] } as Loose);
  expect(after.results).toEqual([]);
});

test("it reads and creates properties, and reads pipelines with their stages", async () => {
  const { results } = await client.crm.properties.coreApi.getAll("deals");
  expect(results.find(({ name }) => name === "pr_referral_id")?.hasUniqueValue).toBe(true);
  const property = {
    name: "by_client",
    label: "By client",
    type: "number",
    fieldType: "number",
    groupName: "dealinformation",
  };
  await client.crm.properties.coreApi.create("deals", property as Loose);
  expect((await client.crm.properties.coreApi.getByName("deals", "by_client")).type).toBe("number");
  const pipelines = await client.crm.pipelines.pipelinesApi.getAll("deals");
  const stages = pipelines.results[0]?.stages ?? [];
  expect(stages.find(({ id }) => id === "closedwon")?.metadata?.isClosed).toBe("true");
  const stage = { label: "New one", displayOrder: 9, metadata: { probability: "0.5" } };
  const made = await client.crm.pipelines.pipelineStagesApi.create("deals", "default", stage);
  expect(made.id).toMatch(/^\d+$/);
});

test("it renews a token", async () => {
  const app = { clientId: "app", clientSecret: "secret", refreshToken: "refresh", name: "App" };
  const own = await startSandbox({ clients: [app] });
  const theirs = new Client({ basePath: own.url });
  const { refreshToken, clientId, clientSecret } = app;
  const answer = await theirs.oauth.tokensApi.create(
    "refresh_token",
    undefined,
    undefined,
    clientId,
    clientSecret,
    refreshToken,
  );
  const renewed = new Client({ accessToken: answer.accessToken, basePath: own.url });
  expect((await renewed.crm.deals.basicApi.getPage()).results).toEqual([]);
  await own.close();
});
