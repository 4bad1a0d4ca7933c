import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchHttp, type HttpRequest } from "../../runtime/index.ts";
import { startSandbox, type TestSandbox } from "../../sandbox/dynamics365/sandbox-test-kit.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { changedIds, lastWatermark, refusalOf, walk, write } from "../conformance/steps.ts";
import type { CrmAdapter, CrmFields } from "../port.ts";
import {
  createDynamicsAdapter,
  type DynamicsAdapterOptions,
  readyDynamicsMapping,
} from "./index.ts";

let kit: TestSandbox;
let requests: HttpRequest[];

beforeEach(async () => {
  kit = await startSandbox();
  requests = [];
});
afterEach(() => kit.close());

function open(options: Partial<DynamicsAdapterOptions> = {}): CrmAdapter {
  const mapping = readyDynamicsMapping();
  return createDynamicsAdapter({
    http: (request) => {
      requests.push(request);
      return fetchHttp(request);
    },
    rootUrl: kit.url,
    getToken: async () => kit.token,
    fields: crmFieldsOf(mapping),
    ...(mapping.stateFields ? { stateFields: mapping.stateFields } : {}),
    ...options,
  });
}

async function person(method: string, target: string, body?: CrmFields): Promise<string> {
  const answer = await kit.call(method, target, body, { prefer: "return=representation" });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  const { "@odata.etag": _etag, ...row } = answer.body || {};
  return String(
    Object.entries(row).find(([name]) => /^(opportunity|account|contact)id$/.test(name))?.[1],
  );
}

const customer = {
  "account.name": "Elmstead Optics",
  "account.address1_postalcode": "04103",
  "account.address1_country": "Germany",
};
const deal = { name: "Optics", estimatedvalue: 10, ...customer };

test("a changed field costs one request, which answers with the deal as it is then", async () => {
  const adapter = open();
  const { id, version } = await write(adapter, { key: "r-1", fields: deal });
  requests.length = 0;
  const changed = await write(adapter, {
    key: "r-1",
    recordId: id,
    expectedVersion: version,
    attempt: "2",
    fields: { estimatedvalue: 20 },
  });
  expect(requests.map(({ url }) => url.split("/").pop())).toEqual(["$batch"]);
  expect(changed.record?.fields).toMatchObject({
    estimatedvalue: 20,
    "account.name": "Elmstead Optics",
  });
});

test("a poll of a CRM at rest costs one request for each table that is followed", async () => {
  const adapter = open();
  const since = lastWatermark(await walk(adapter, ""));
  requests.length = 0;
  await walk(adapter, since);
  expect(requests).toHaveLength(6);
  const alone = open({ followChildren: false });
  const sinceAlone = lastWatermark(await walk(alone, ""));
  requests.length = 0;
  await walk(alone, sinceAlone);
  expect(requests).toHaveLength(1);
});

test("a deal's account is found by name, postal code and country, and left as it is", async () => {
  const accountId = await person("POST", "accounts", {
    name: "ELMSTEAD Optics",
    address1_postalcode: "04 103",
    address1_country: "DE",
    address1_line1: "1 Old Road",
  });
  const adapter = open();
  const { record } = await write(adapter, {
    key: "r-2",
    fields: { ...deal, "account.address1_line1": "2 New Road" },
  });
  expect(record?.fields).toMatchObject({
    "account.name": "ELMSTEAD Optics",
    "account.address1_line1": "1 Old Road",
  });
  const row = await kit.call("GET", `opportunities(${record?.id})?$select=_customerid_value`);
  expect(row.body._customerid_value).toBe(accountId);
});

test("an account elsewhere with the same name is another customer", async () => {
  await person("POST", "accounts", { ...customerColumns(), address1_country: "Austria" });
  const { record } = await write(open(), { key: "r-3", fields: deal });
  expect(record?.fields["account.address1_country"]).toBe("Germany");
});

function customerColumns(): CrmFields {
  return Object.fromEntries(
    Object.entries(customer).map(([name, value]) => [name.slice("account.".length), value]),
  );
}

test("several fitting accounts are a question, unless the oldest is to be taken", async () => {
  const oldest = await person("POST", "accounts", customerColumns());
  kit.clock.advance(5000);
  await person("POST", "accounts", customerColumns());
  const refused = await refusalOf(write(open(), { key: "r-4", fields: deal }));
  expect(refused).toMatchObject({ code: "invalid", field: "account.name" });
  expect(refused.message).toMatch(/2 accounts .* merge them/);
  const lenient = open({ ambiguousAccount: "oldest" });
  const { id } = await write(lenient, { key: "r-4", fields: deal });
  const row = await kit.call("GET", `opportunities(${id})?$select=_customerid_value`);
  expect(row.body._customerid_value).toBe(oldest);
});

test("an existing account is changed only by option", async () => {
  const { id, version } = await write(open(), { key: "r-5", fields: deal });
  const order = {
    key: "r-5",
    recordId: id,
    expectedVersion: version,
    attempt: "2",
    fields: { "account.address1_city": "Leipzig" },
  };
  expect(await refusalOf(write(open(), order))).toMatchObject({
    code: "invalid",
    field: "account.address1_city",
  });
  const { record } = await write(open({ updateAccounts: true }), order);
  expect(record?.fields["account.address1_city"]).toBe("Leipzig");
});

test("a contact is changed, or refused where the connection leaves contacts alone", async () => {
  const ann = { emailaddress1: "ann@elmstead.example", lastname: "Holm", telephone1: "1" };
  const { id, version } = await write(open(), { key: "r-6", fields: { ...deal, contacts: [ann] } });
  const order = {
    key: "r-6",
    recordId: id,
    expectedVersion: version,
    attempt: "2",
    fields: { contacts: [{ ...ann, telephone1: "2" }] },
  };
  const careful = open({ updateContacts: false });
  expect(await refusalOf(write(careful, order))).toMatchObject({
    code: "invalid",
    field: "contacts",
  });
  const { record } = await write(open(), order);
  expect(record?.fields.contacts).toMatchObject([{ telephone1: "2" }]);
});

test("two contacts with one address are a question, unless one is the customer's", async () => {
  const ann = { emailaddress1: "ann@elmstead.example", lastname: "Holm" };
  for (let count = 0; count < 2; count += 1) await person("POST", "contacts", ann);
  const order = { key: "r-7", fields: { ...deal, contacts: [ann] } };
  expect(await refusalOf(write(open(), order))).toMatchObject({
    code: "invalid",
    field: "contacts",
  });
  const { body } = await kit.call("GET", "accounts?$select=accountid");
  const parent = { "parentcustomerid_account@odata.bind": `/accounts(${body.value[0].accountid})` };
  const own = await person("POST", "contacts", { ...ann, ...parent });
  const { record } = await write(open(), { ...order, attempt: "2" });
  expect(record?.fields.contacts).toMatchObject([{ contactid: own }]);
});

test("an amount stays as it is sent, though the system used to compute it", async () => {
  const { id, version } = await write(open(), { key: "r-8", fields: deal });
  await person("PATCH", `opportunities(${id})`, { isrevenuesystemcalculated: true });
  expect((await open().read(id, {}))?.fields.estimatedvalue).toBe(0);
  const now = await open().read(id, {});
  const order = { key: "r-8", recordId: id, attempt: "2", fields: { estimatedvalue: 77 } };
  expect((await refusalOf(write(open(), { ...order, expectedVersion: version }))).code).toBe(
    "conflict",
  );
  const written = await write(open(), { ...order, expectedVersion: now?.version ?? "" });
  expect(written.record?.fields.estimatedvalue).toBe(77);
});

test("a closed deal refuses other values until it is opened again, which comes first", async () => {
  const { id, version } = await write(open(), {
    key: "r-9",
    fields: { ...deal, status: "lost/4" },
  });
  const order = { key: "r-9", recordId: id, expectedVersion: version };
  const late = write(open(), { ...order, attempt: "2", fields: { estimatedvalue: 5 } });
  expect(await refusalOf(late)).toMatchObject({ code: "invalid", outcomeUnknown: false });
  const fields = { estimatedvalue: 5, status: "open/2" };
  const { record } = await write(open(), { ...order, attempt: "3", fields });
  expect(record?.fields).toMatchObject(fields);
});

test("a person's edit between the last look and the closing undoes the closing", async () => {
  const { id, version } = await write(open(), { key: "r-10", fields: deal });
  let isArmed = true;
  const adapter = open({
    http: async (request) => {
      const isClosing = request.body?.includes("WinOpportunity") ?? false;
      if (isClosing && isArmed) {
        isArmed = false;
        await person("PATCH", `opportunities(${id})`, { estimatedvalue: 11 });
      }
      return fetchHttp(request);
    },
  });
  const order = { key: "r-10", recordId: id, expectedVersion: version, attempt: "2" };
  const refused = await refusalOf(write(adapter, { ...order, fields: { status: "won/3" } }));
  expect(refused.code).toBe("conflict");
  expect((await adapter.read(id, {}))?.fields.status).toBe("open/1");
});

test("a contact taken off a deal is noticed, though nothing says whose it was", async () => {
  const people = ["a", "b"].map((name) => ({
    emailaddress1: `${name}@elmstead.example`,
    lastname: name,
  }));
  const { id } = await write(open(), { key: "r-11", fields: { ...deal, contacts: people } });
  const since = lastWatermark(await walk(open(), ""));
  const { body } = await kit.call("GET", `connections?$filter=_record1id_value eq ${id}`);
  await kit.call("DELETE", `connections(${body.value[0].connectionid})`);
  expect(changedIds(await walk(open(), since))).toEqual([id]);
});

test("a referral that another deal stands for is refused, and not tried for ever", async () => {
  await write(open(), { key: "r-12", fields: deal });
  const { id, version } = await write(open(), { key: "r-13", fields: deal });
  const order = { key: "r-12", recordId: id, expectedVersion: version, attempt: "2" };
  const taken = write(open(), { ...order, fields: { pr_referralid: "r-12" } });
  expect((await refusalOf(taken)).code).toBe("invalid");
});

test("a link to another host isn't followed, since it would get our token", async () => {
  const adapter = open({
    http: async (request) => {
      const response = await fetchHttp(request);
      const body = response.body.replaceAll(new URL(kit.url).host, "elsewhere.example");
      return { ...response, body };
    },
  });
  await walk(adapter, "");
  const since = lastWatermark(await walk(adapter, ""));
  requests.length = 0;
  expect((await refusalOf(walk(open(), since))).code).toBe("invalid");
  expect(requests).toHaveLength(0);
});

test("the seller's fields are offered to the engine", () => {
  expect(open().capabilities.stateFields).toEqual({
    referralId: "pr_referralid",
    referralLink: "pr_referrallink",
    syncState: "pr_syncstate",
    lastError: "pr_lasterror",
    microsoftCrmId: "pr_microsoftcrmid",
  });
});
