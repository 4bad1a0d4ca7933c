import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { startSandbox, type TestSandbox } from "../../sandbox/dynamics365/sandbox-test-kit.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { changedIds, lastWatermark, refusalOf, walk, write } from "../conformance/steps.ts";
import type { CrmAdapter } from "../port.ts";
import { createDynamicsAdapter, inspectDynamics, readyDynamicsMapping } from "./index.ts";

let kit: TestSandbox;
let adapter: CrmAdapter;
const mapping = readyDynamicsMapping("lead");
beforeAll(async () => {
  kit = await startSandbox();
  adapter = createDynamicsAdapter({
    http: fetchHttp,
    rootUrl: kit.url,
    getToken: async () => kit.token,
    deals: "lead",
    fields: crmFieldsOf(mapping),
  });
});
afterAll(() => kit.close());

const lead = {
  subject: "Dovecote wants a data platform",
  companyname: "Dovecote Timber",
  address1_country: "France",
  emailaddress1: "marek@dovecote.example",
  lastname: "Holm",
  estimatedamount: 500.25,
  "transactioncurrencyid.isocurrencycode": "EUR",
};

test("a lead is created under the referral's id, walked over, and refused when stale", async () => {
  const since = lastWatermark(await walk(adapter, ""));
  const { id, version, record } = await write(adapter, { key: "l-1", fields: lead });
  expect(record?.fields).toMatchObject({ ...lead, status: "open/1", pr_referralid: "l-1" });
  expect(changedIds(await walk(adapter, since))).toEqual([id]);
  const order = { key: "l-1", recordId: id, expectedVersion: version };
  await write(adapter, { ...order, attempt: "2", fields: { subject: "Renamed" } });
  const stale = write(adapter, { ...order, attempt: "3", fields: { subject: "Late" } });
  expect((await refusalOf(stale)).code).toBe("conflict");
});

test("a lead is qualified into an account, a contact and an opportunity", async () => {
  const { id, version } = await write(adapter, { key: "l-2", fields: lead });
  const { record } = await write(adapter, {
    key: "l-2",
    recordId: id,
    expectedVersion: version,
    attempt: "2",
    fields: { status: "qualified/3" },
  });
  expect(record?.fields.status).toBe("qualified/3");
  for (const [set, name] of [
    ["accounts", "name eq 'Dovecote Timber'"],
    ["contacts", "emailaddress1 eq 'marek@dovecote.example'"],
    ["opportunities", "name eq 'Dovecote wants a data platform'"],
  ]) {
    const { body } = await kit.call("GET", `${set}?$filter=${name}`);
    expect(body.value, set).toHaveLength(1);
  }
});

test("a lead is disqualified and opened again", async () => {
  const { id } = await write(adapter, { key: "l-3", fields: lead });
  for (const status of ["disqualified/5", "open/2"]) {
    const version = (await adapter.read(id, {}))?.version ?? "";
    const order = { key: "l-3", recordId: id, expectedVersion: version, attempt: status };
    const { record } = await write(adapter, { ...order, fields: { status } });
    expect(record?.fields.status).toBe(status);
  }
});

test("the setup knows what leads need", async () => {
  const options = {
    http: fetchHttp,
    clock: kit.clock,
    rootUrl: kit.url,
    getToken: async () => kit.token,
    deals: "lead" as const,
  };
  expect(await inspectDynamics(options)).toEqual({ missing: [], problems: [], pendingKeys: [] });
});

test("a lead's only contact becomes the referral's, computed from its columns", () => {
  const field = mapping.fields.find(({ name }) => name === "customerContacts");
  expect(field?.compute?.(lead)).toEqual([{ email: "marek@dovecote.example", lastName: "Holm" }]);
  expect(field?.compute?.({})).toEqual([]);
});
