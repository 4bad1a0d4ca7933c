import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { changedIds, lastWatermark, refusalOf, walk, write } from "../conformance/steps.ts";
import { dateLens } from "../lenses/date-lens.ts";
import type { CrmRecord } from "../port.ts";
import { type HubSpotWorld, openHubSpotWorld } from "./conformance-world-suite.ts";

let world: HubSpotWorld;
beforeEach(async () => {
  world = await openHubSpotWorld();
});
afterEach(() => world.close());

const company = {
  "company.name": "Elmstead Optics",
  "company.zip": "12345",
  "company.country": "Germany",
};
const person = { email: "ann@elmstead.example", firstname: "Ann", lastname: "Holm" };
const whole = {
  dealname: "Whole",
  status: "open/Qualified To Buy",
  ...company,
  contacts: [person],
  solutions: [{ id: "SOL-1", name: "One", type: "Name" }],
  team: [{ email: "t@team.example", firstName: "Tunde", lastName: null, phoneNumber: null }],
};

async function create(fields: object = whole, key = "referral-1"): Promise<CrmRecord> {
  const { record } = await write(world.adapter, { key, fields: { ...fields } });
  if (!record) throw new Error("no record came back");
  return record;
}

async function callsOf(work: () => Promise<unknown>): Promise<number> {
  const before = world.callCount();
  await work();
  return world.callCount() - before;
}

const edit = (record: CrmRecord, amount: number) =>
  write(world.adapter, {
    key: "referral-1",
    recordId: record.id,
    expectedVersion: record.version,
    attempt: String(amount),
    fields: { amount },
  });

async function poll(watermark: string): Promise<string> {
  return lastWatermark(await walk(world.adapter, watermark));
}

test("calls: 7 for a whole new deal, 8 where its customer is new, 2 for an edit, 1 for a poll", async () => {
  await create({ dealname: "First" }, "referral-0");
  const plain = await create({ dealname: "Plain" }, "referral-2");
  const rich = await create();
  expect(await callsOf(() => edit(plain, 5))).toBe(2);
  expect(await callsOf(() => edit(rich, 6))).toBe(2);
  const watermark = await poll("");
  expect(await callsOf(() => poll(watermark))).toBe(1);
  const creating = { ...whole, dealname: "Second deal of the customer" };
  expect(await callsOf(() => create(creating, "referral-3"))).toBe(7);
  const other = { ...creating, "company.name": "Another customer" };
  expect(await callsOf(() => create(other, "referral-4"))).toBe(8);
});

test("a stale version is refused by comparing, and whoever was quicker keeps the value", async () => {
  const record = await create();
  await world.editAsPerson(record.id, { amount: 7 });
  expect((await refusalOf(edit(record, 8))).code).toBe("conflict");
  expect((await world.adapter.read(record.id, {}))?.fields.amount).toBe(7);
});

test("while the search lags, no company, contact or deal is made twice", async () => {
  await world.close();
  world = await openHubSpotWorld({ searchDelayMs: 5000 });
  const first = await create(whole, "referral-1");
  const second = await create({ ...whole, "company.name": "ELMSTEAD optics" }, "referral-2");
  const again = await write(world.adapter, { key: "referral-1", fields: whole, attempt: "again" });
  expect(again.id).toBe(first.id);
  expect(second.id).not.toBe(first.id);
  world.advance(5000);
  expect(await world.count("account", "Elmstead Optics")).toBe(1);
  expect(await world.count("contact", person.email)).toBe(1);
  expect(await world.count("deal", "referral-1")).toBe(1);
});

test("a deal that the search shows late is not skipped, and a rested one not listed again", async () => {
  await world.close();
  world = await openHubSpotWorld({ searchDelayMs: 5000 });
  await create({ dealname: "Early" }, "referral-0");
  world.advance(6000);
  const late = await create({ dealname: "Late" }, "referral-1");
  const watermark = await poll("");
  world.advance(6000);
  const changes = await walk(world.adapter, watermark);
  expect(changedIds(changes)).toEqual([late.id]);
  world.advance(3_600_000);
  const rested = await poll(lastWatermark(changes));
  world.advance(3_600_000);
  expect(await poll(rested)).toBe(rested);
});

test("a deal that the search shows after younger ones is not skipped", async () => {
  const { mishaps } = world.kit.sandbox;
  const late = await world.createAsPerson({ dealname: "Stamped early" });
  mishaps.hide(late);
  world.advance(20_000);
  await world.createAsPerson({ dealname: "Seen first" });
  const watermark = await poll("");
  world.advance(10_000);
  mishaps.show(late);
  expect(changedIds(await walk(world.adapter, watermark))).toEqual([late]);
});

test("a company that a person made is found, and several ask a person to choose", async () => {
  const properties = { name: "Elmstead Optics", zip: "12 345", country: "DE" };
  const made = await world.kit.call("POST", "crm/v3/objects/companies", { properties });
  const { id } = await create();
  const { body } = await world.kit.call("GET", `crm/v3/objects/deals/${id}?associations=companies`);
  expect(body.associations.companies.results[0].id).toBe(made.body.id);
  await world.kit.call("POST", "crm/v3/objects/companies", { properties });
  const refused = await refusalOf(write(world.adapter, { key: "referral-2", fields: whole }));
  expect(refused).toMatchObject({ code: "invalid", field: "company.name" });
  const lax = world.adapterWith({ ambiguousAccount: "oldest" });
  expect((await write(lax, { key: "referral-2", fields: whole })).id).not.toBe(id);
});

test("an existing company is changed only where that is allowed", async () => {
  const record = await create();
  const order = {
    key: "referral-1",
    recordId: record.id,
    expectedVersion: record.version,
    attempt: "customer",
    fields: { "company.name": "Elmstead Optics GmbH" },
  };
  const refused = await refusalOf(write(world.adapter, order));
  expect(refused).toMatchObject({ code: "invalid", field: "company.name" });
  const { record: changed } = await write(world.adapterWith({ updateAccounts: true }), order);
  expect(changed?.fields["company.name"]).toBe("Elmstead Optics GmbH");
});

test("lists live in texts that a seller can read and write", async () => {
  const odd = { id: "S|1", name: "One \\ two\nthree", type: null };
  const record = await create({ dealname: "Lists", solutions: [odd] });
  expect(record.fields.solutions).toEqual([odd]);
  await world.editAsPerson(record.id, { pr_team: "new@team.example | Ines\n\n x@team.example" });
  const read = await world.adapter.read(record.id, {});
  expect(read?.fields.team).toEqual([
    { email: "new@team.example", firstName: "Ines", lastName: null, phoneNumber: null },
    { email: "x@team.example", firstName: null, lastName: null, phoneNumber: null },
  ]);
});

test("a close date is the same day on both sides, whatever the time zone of its moment", async () => {
  const lens = dateLens({ crm: "datetime", timeZone: "UTC" });
  for (const day of ["2026-03-29T00:00:00Z", "2028-02-29T23:30:00Z", "1999-12-31T12:00:00Z"]) {
    const translated = lens.toCrm(day, null, { referral: {}, crm: {} });
    if (!translated.ok) throw new Error(translated.reason);
    const { fields } = await create({ dealname: day, closedate: translated.value }, day);
    const back = lens.toReferral(fields.closedate ?? null, null, { referral: {}, crm: {} });
    expect(back.ok && String(back.value).slice(0, 10)).toBe(day.slice(0, 10));
  }
});

test("a stage that was added meanwhile is known when it is met", async () => {
  const { id } = await create();
  const stage = { label: "On Hold", displayOrder: 9, metadata: { probability: "0.3" } };
  const target = "crm/v3/pipelines/deals/default/stages";
  const { body } = await world.kit.call("POST", target, stage);
  await world.editAsPerson(id, { dealstage: body.id });
  expect((await world.adapter.read(id, {}))?.fields.status).toBe("open/On Hold");
});

test.each([
  ["SECONDLY", 1000],
  ["TEN_SECONDLY_ROLLING", 10_000],
  ["DAILY", 3_600_000],
])("the limit %s, which names no time, is waited for %i ms", async (policyName, wait) => {
  const body = JSON.stringify({ status: "error", message: "limit", policyName });
  world.kit.sandbox.mishaps.failNext({ kind: "status", status: 429, body });
  const refused = await refusalOf(world.adapter.read("18290000001", {}));
  expect(refused).toMatchObject({ code: "throttled", retryAfterMs: wait });
});

test("a deal that was merged into another isn't there any more under its own id", async () => {
  const { id } = await create();
  const other = world.adapterWith({
    http: async () => ({
      status: 200,
      headers: {},
      body: JSON.stringify({ id, properties: { dealstage: "closedwon" } }),
    }),
  });
  expect(await other.read("18299999999", {})).toBeUndefined();
});

test("customers that are looked for at once share a search, and each gets its own company", async () => {
  const names = Array.from({ length: 8 }, (_, index) => `Customer ${index}`);
  const ids: string[] = [];
  for (const name of names) {
    const properties = { name, zip: "1", country: "Germany" };
    const { body } = await world.kit.call("POST", "crm/v3/objects/companies", { properties });
    ids.push(body.id);
  }
  let searches = 0;
  const adapter = world.adapterWith({
    http: (request) => {
      if (request.url.endsWith("/search")) searches += 1;
      return fetchHttp(request);
    },
  });
  const made = await Promise.all(
    names.map((name) => {
      const customer = { "company.name": name, "company.zip": "1", "company.country": "DE" };
      const fields = { dealname: name, ...customer };
      return write(adapter, { key: `referral-${name}`, fields });
    }),
  );
  expect(made.map(({ record }) => record?.fields["company.name"])).toEqual(names);
  expect(await world.count("account", "Customer 3")).toBe(1);
  expect(searches).toBeLessThanOrEqual(3);
});

test("a burst waits for HubSpot's limits instead of passing them", async () => {
  await world.close();
  world = await openHubSpotWorld({ limits: { perTenSeconds: 50, searchesPerSecond: 5 } });
  let [refusals, calls] = [0, 0];
  const { clock } = world.kit;
  const adapter = world.adapterWith({
    pace: { clock, callsPerTenSeconds: 50 },
    http: async (request) => {
      const response = await fetchHttp(request);
      if (response.status === 429) refusals += 1;
      calls += 1;
      return response;
    },
  });
  await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      write(adapter, {
        key: `referral-${index}`,
        fields: { dealname: `Deal ${index}`, ...company, "company.name": `Customer ${index}` },
      }),
    ),
  );
  expect(calls).toBeGreaterThan(50);
  expect(refusals).toBe(0);
});
