import { afterEach, beforeEach, expect, test } from "vitest";
import { changedIds, lastWatermark, refusalOf, walk, write } from "../conformance/steps.ts";
import type { CrmRecord } from "../port.ts";
import { openSalesforceWorld, type SalesforceWorld } from "./conformance-world-suite.ts";

let world: SalesforceWorld;
beforeEach(async () => {
  world = await openSalesforceWorld();
});
afterEach(() => world.close());

const account = {
  "Account.Name": "Elmstead Optics",
  "Account.BillingPostalCode": "12345",
  "Account.BillingCountry": "Germany",
};
const person = { Email: "ann@elmstead.example", FirstName: "Ann", LastName: "Holm" };
const whole = {
  Name: "Whole",
  CloseDate: "2026-12-24",
  status: "open/Qualification",
  ...account,
  contacts: [person],
  solutions: [{ PR_SolutionCode__c: "SOL-1", Name: "One" }],
  team: [{ PR_Email__c: "t@team.example", PR_FirstName__c: "Tunde" }],
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

const edit = (record: CrmRecord, Amount: number, attempt = String(Amount)) =>
  write(world.adapter, {
    key: "referral-1",
    recordId: record.id,
    expectedVersion: record.version,
    attempt,
    fields: { Amount },
  });

async function poll(watermark: string): Promise<string> {
  return lastWatermark(await walk(world.adapter, watermark));
}

test("calls: 2 for a whole new deal, 1 for an edit, 1 for a poll, with or without news", async () => {
  await create({ Name: "First", CloseDate: "2026-12-24", ...account }, "referral-0");
  let record: CrmRecord | undefined;
  const creating = await callsOf(async () => {
    record = await create();
  });
  expect(creating).toBe(2);
  if (!record) throw new Error("no record");
  world.advance(60_000);
  const watermark = await poll("");
  expect(await callsOf(() => poll(watermark))).toBe(1);
  const before = record;
  expect(await callsOf(() => edit(before, 5))).toBe(1);
  expect(await callsOf(() => poll(watermark))).toBe(1);
  const fields = { contacts: [{ ...person, FirstName: "Anna" }] };
  const current = await world.adapter.read(record.id, {});
  const order = { key: "referral-1", recordId: record.id, attempt: "people", fields };
  const expected = current ? { expectedVersion: current.version } : {};
  expect(await callsOf(() => write(world.adapter, { ...order, ...expected }))).toBe(2);
});

test("a version that was read in the second of its stamp is compared before it is overwritten", async () => {
  const record = await create();
  await world.editAsPerson(record.id, { Amount: 7 });
  expect((await refusalOf(edit(record, 8))).code).toBe("conflict");
  expect((await world.adapter.read(record.id, {}))?.fields.Amount).toBe(7);
});

test("later, one call is enough: Salesforce itself refuses what is stale", async () => {
  const { id } = await create();
  world.advance(2000);
  const record = await world.adapter.read(id, {});
  if (!record) throw new Error("the deal isn't there");
  world.advance(60_000);
  await world.editAsPerson(id, { Amount: 7 });
  const stale = refusalOf(edit(record, 8));
  expect(await callsOf(() => stale)).toBe(1);
  expect((await stale).code).toBe("conflict");
  expect((await world.adapter.read(id, {}))?.fields.Amount).toBe(7);
});

test("account, deal, people and rows are made together or not at all", async () => {
  const broken = { ...whole, contacts: [{ Email: "no-last-name@elmstead.example" }] };
  const refused = await refusalOf(write(world.adapter, { key: "referral-2", fields: broken }));
  expect(refused).toMatchObject({ code: "invalid", field: "contacts" });
  expect(await world.count("account", "Elmstead Optics")).toBe(0);
  expect(await world.count("deal", "referral-2")).toBe(0);
});

test("a row that comes to light seconds after its stamp is not skipped", async () => {
  const { mishaps } = world.kit.sandbox;
  await create();
  world.advance(30_000);
  const late = await world.createAsPerson({ Name: "Stamped early" });
  mishaps.hide(late);
  world.advance(2000);
  await world.createAsPerson({ Name: "Seen first" });
  const watermark = await poll("");
  world.advance(5000);
  mishaps.show(late);
  expect(changedIds(await walk(world.adapter, watermark))).toContain(late);
});

test("a stamp that a job of Salesforce's moved makes a change with the same version", async () => {
  const record = await create();
  world.advance(60_000);
  const watermark = await poll("");
  world.kit.sandbox.touch("Opportunity", record.id);
  const changes = await walk(world.adapter, watermark);
  expect(changes[0]).toMatchObject({
    kind: "changed",
    record: { id: record.id, version: record.version },
  });
});

test("a poll at rest leaves its watermark as it is", async () => {
  await create();
  world.advance(60_000);
  const watermark = await poll(await poll(""));
  world.advance(3_600_000);
  expect(await poll(watermark)).toBe(watermark);
});

test("a changed account and a removed row are changes of the deal", async () => {
  const record = await create();
  world.advance(60_000);
  let watermark = await poll("");
  const [deal] = await world.kit.query(
    `SELECT AccountId,(SELECT Id FROM PR_Solutions__r) FROM Opportunity WHERE Id = '${record.id}'`,
  );
  await world.kit.call("PATCH", `sobjects/Account/${deal.AccountId}`, { Name: "Renamed" });
  const first = await walk(world.adapter, watermark);
  expect(first[0]).toMatchObject({ record: { fields: { "Account.Name": "Renamed" } } });
  world.advance(60_000);
  watermark = await poll(lastWatermark(first));
  const solutionId = deal.PR_Solutions__r.records[0].Id;
  await world.kit.call("DELETE", `sobjects/PR_Solution__c/${solutionId}`);
  const second = await walk(world.adapter, watermark);
  expect(second[0]).toMatchObject({ kind: "changed", record: { fields: { solutions: [] } } });
  expect(await poll(lastWatermark(second))).not.toBe("");
});

test("the day's calls used up are told as throttled, with a wait of a quarter of an hour", async () => {
  const body = JSON.stringify([
    { errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." },
  ]);
  world.kit.sandbox.mishaps.failNext({ kind: "status", status: 403, body });
  const refused = await refusalOf(world.adapter.read("006dL0000000000AAA", {}));
  expect(refused).toMatchObject({ code: "throttled", retryAfterMs: 900_000 });
});

test("without a close date a deal gets one after 90 days, or is refused by choice", async () => {
  const { Name } = whole;
  const { id } = await create({ Name });
  const soql = `SELECT CloseDate FROM Opportunity WHERE Id = '${id}'`;
  expect(await world.kit.query(soql)).toMatchObject([{ CloseDate: "2026-08-02" }]);
  const strict = world.adapterWith({ closeDays: 0 });
  const refused = await refusalOf(write(strict, { key: "referral-3", fields: { Name } }));
  expect(refused).toMatchObject({ code: "invalid", field: "CloseDate" });
});

test("a close date that the connector had to set is nobody's until a person names one", async () => {
  const { Name } = whole;
  const dateOf = async (id: string) => (await world.adapter.read(id, {}))?.fields.CloseDate;
  const storedOf = async (id: string) =>
    (await world.kit.query(`SELECT CloseDate FROM Opportunity WHERE Id = '${id}'`))[0]?.CloseDate;
  const { id } = await create({ Name });
  expect(await dateOf(id)).toBeNull();
  const [change] = await walk(world.adapterWith({ closeDays: 30 }), "");
  expect(change).toMatchObject({ kind: "changed", record: { fields: { CloseDate: null } } });
  // A late or repeated create meets its own deal, not somebody's edit.
  expect((await create({ Name })).id).toBe(id);
  world.advance(60_000);
  await world.editAsPerson(id, { Description: "Looked at" });
  expect(await dateOf(id)).toBeNull();
  await world.editAsPerson(id, { CloseDate: "2026-10-01" });
  expect(await dateOf(id)).toBe("2026-10-01");
  const writeDate = async (CloseDate: string | null) => {
    world.advance(60_000);
    const version = (await world.adapter.read(id, {}))?.version ?? "";
    const order = { key: "referral-1", recordId: id, attempt: String(CloseDate) };
    const fields = { CloseDate };
    const { record } = await write(world.adapter, { ...order, expectedVersion: version, fields });
    return record?.fields.CloseDate;
  };
  // A date of the referral's counts, also where it is the very one that was set.
  expect(await writeDate("2026-08-02")).toBe("2026-08-02");
  expect(await writeDate(null)).toBeNull();
  expect(await storedOf(id)).toBe("2026-08-02");
  expect(await writeDate("2026-08-02")).toBe("2026-08-02");
});

test("several accounts that fit are a person's to choose from, or the oldest by choice", async () => {
  const values = { Name: "Elmstead Optics", BillingPostalCode: "12345", BillingCountry: "DE" };
  const { body: oldest } = await world.kit.call("POST", "sobjects/Account", values);
  world.advance(1000);
  await world.kit.call("POST", "sobjects/Account", values);
  expect(await refusalOf(create())).toMatchObject({ code: "invalid", field: "Account.Name" });
  const lax = world.adapterWith({ ambiguousAccount: "oldest" });
  const { id } = await write(lax, { key: "referral-4", fields: whole });
  const soql = `SELECT AccountId FROM Opportunity WHERE Id = '${id}'`;
  expect(await world.kit.query(soql)).toMatchObject([{ AccountId: oldest.id }]);
});

test("an existing account is changed only where that is allowed", async () => {
  const record = await create();
  const order = {
    key: "referral-1",
    recordId: record.id,
    expectedVersion: record.version,
    attempt: "customer",
    fields: { "Account.Name": "Elmstead Optics GmbH" },
  };
  const refused = await refusalOf(write(world.adapter, order));
  expect(refused).toMatchObject({ code: "invalid", field: "Account.Name" });
  const { record: changed } = await write(world.adapterWith({ updateAccounts: true }), order);
  expect(changed?.fields["Account.Name"]).toBe("Elmstead Optics GmbH");
});
