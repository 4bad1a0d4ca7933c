import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { startSandbox, type TestSandbox } from "../../sandbox/hubspot/sandbox-test-kit.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { refusalOf, walk, write } from "../conformance/steps.ts";
import {
  createHubSpotAdapter,
  type HubSpotSetupOptions,
  inspectHubSpot,
  prepareHubSpot,
  readHubSpotFields,
  readyHubSpotMapping,
  refreshTokenSource,
  suggestHubSpotMapping,
} from "./index.ts";

const mapping = readyHubSpotMapping();
const fields = crmFieldsOf(mapping);
const narrow = "narrow-token";
let bare: TestSandbox;
let options: HubSpotSetupOptions;

const optionsFor = (kit: TestSandbox): HubSpotSetupOptions => ({
  http: fetchHttp,
  baseUrl: kit.url,
  getToken: async () => kit.token,
  fields,
  waitingStatus: "open/Waiting for Partner Center",
});

beforeEach(async () => {
  bare = await startSandbox({
    prepared: false,
    otherTokens: { [narrow]: "Narrow" },
    withoutScopes: { [narrow]: ["crm.objects.contacts.write", "crm.schemas.companies.read"] },
  });
  options = optionsFor(bare);
});
afterEach(() => bare.close());

test("an untouched account is told what it lacks, and is left untouched", async () => {
  const first = await inspectHubSpot(options);
  expect(first.user).toBe("an app in the account 62515");
  expect(first.missing.map(({ name }) => name)).toEqual([
    "property deals.pr_sync_with_partner_center",
    "property deals.pr_referral_id",
    "property deals.pr_referral_link",
    "property deals.pr_microsoft_help",
    "property deals.pr_share_with_microsoft",
    "property deals.pr_customer_consent",
    "property deals.pr_microsoft_crm_id",
    "property deals.pr_sync_state",
    "property deals.pr_last_error",
    "property deals.pr_solutions",
    "property deals.pr_team",
    "property companies.pr_customer_key",
    "deal stage Waiting for Partner Center",
  ]);
  expect(first.problems).toEqual([]);
  expect(await inspectHubSpot(options)).toEqual(first);
});

test("the setup creates what is missing, the waiting stage too, and then finds nothing", async () => {
  const told: string[] = [];
  await prepareHubSpot(options, (done) => told.push(done));
  expect(told).toHaveLength(13);
  const { missing, problems, stages } = await inspectHubSpot(options);
  expect({ missing, problems }).toEqual({ missing: [], problems: [] });
  expect(stages.map(({ value }) => value)).toContain("open/Waiting for Partner Center");
  const again: string[] = [];
  await prepareHubSpot(options, (done) => again.push(done));
  expect(again).toEqual([]);
});

test("after the setup the ready mapping works, every field of it", async () => {
  await prepareHubSpot(options);
  const adapter = createHubSpotAdapter({ ...options, fields });
  const { record } = await write(adapter, {
    key: "referral-1",
    fields: {
      dealname: "After setup",
      pr_sync_with_partner_center: true,
      pr_microsoft_help: "QuotesOrLicensing",
      "company.name": "Foxglove Clinics",
      contacts: [{ email: "a@foxglove.example" }],
      team: [{ email: "t@team.example" }],
      solutions: [{ id: "SOL-1", name: "One" }],
      status: "open/Waiting for Partner Center",
    },
  });
  expect(record?.fields).toMatchObject({
    status: "open/Waiting for Partner Center",
    pr_referral_id: "referral-1",
    pr_sync_with_partner_center: true,
    team: [{ email: "t@team.example" }],
    solutions: [{ id: "SOL-1" }],
  });
  expect(record?.fields.hs_object_id).toBe(record?.id);
  expect((await walk(adapter, "")).length).toBe(2);
});

test("a sandbox that is prepared from the start has all that the setup would create", async () => {
  const prepared = await startSandbox();
  const { missing, problems } = await inspectHubSpot(optionsFor(prepared));
  expect({ missing, problems }).toEqual({ missing: [], problems: [] });
  await prepared.close();
});

test("scopes that the app lacks are named, one by one", async () => {
  const { problems } = await inspectHubSpot({ ...options, getToken: async () => narrow });
  expect(problems.map(({ remedy }) => remedy)).toEqual([
    "give the private app the scope crm.schemas.companies.read",
    "give the private app the scope crm.objects.contacts.write",
  ]);
});

test("a setup that was broken off goes on where it was", async () => {
  const trigger = { path: "crm/v3/properties/deals", method: "POST", after: 3 };
  bare.sandbox.mishaps.failNext({ kind: "status", status: 503 }, trigger);
  expect((await refusalOf(prepareHubSpot(options))).code).toBe("unavailable");
  expect((await inspectHubSpot(options)).missing).toHaveLength(10);
  await prepareHubSpot(options);
  expect((await inspectHubSpot(options)).missing).toEqual([]);
});

test("properties of the right name and the wrong kind are named, with what to do", async () => {
  const property = {
    name: "pr_referral_id",
    label: "Other",
    type: "string",
    fieldType: "text",
    groupName: "dealinformation",
  };
  await bare.call("POST", "crm/v3/properties/deals", property);
  const number = { ...property, name: "pr_team", type: "number", fieldType: "number" };
  await bare.call("POST", "crm/v3/properties/deals", number);
  const { problems } = await inspectHubSpot({ ...options, fields: [...fields, "nonsense"] });
  expect(problems.map(({ sentence }) => sentence)).toEqual([
    "the property deals.pr_referral_id doesn't require unique values",
    "the property deals.pr_team is of type number, not string",
    "the mapping names deals.nonsense, which isn't there",
  ]);
});

test("properties and choices are read from the account, and a first mapping from them", async () => {
  const found = await readHubSpotFields(options);
  expect(found).toContainEqual({ name: "amount", label: "Amount", type: "number" });
  expect(found.find(({ name }) => name === "deal_currency_code")?.choices).toContainEqual({
    value: "EUR",
    label: "EUR",
  });
  const text = await suggestHubSpotMapping(options);
  expect(text).toContain("    referral: /details/dealValue\n    crm: amount\n");
  expect(text).toContain('{ crm: "won/Closed Won", referral: Closed/Won }');
});

test("a refresh token is renewed in time, and a wrong secret says what to check", async () => {
  const app = { clientId: "app", clientSecret: "right", refreshToken: "refresh", name: "App" };
  const kit = await startSandbox({ clients: [app] });
  const { clientId, refreshToken } = app;
  const credentials = {
    http: fetchHttp,
    clock: kit.clock,
    tokenUrl: kit.sandbox.tokenUrl,
    clientId,
    refreshToken,
  };
  const getToken = refreshTokenSource({ ...credentials, clientSecret: "right" });
  const first = await getToken({});
  kit.clock.advance(24 * 60_000);
  expect(await getToken({})).toBe(first);
  kit.clock.advance(2 * 60_000);
  expect(await getToken({})).not.toBe(first);
  const refused = await refusalOf(
    refreshTokenSource({ ...credentials, clientSecret: "wrong" })({}),
  );
  expect(refused.code).toBe("unauthorized");
  expect(refused.message).toMatch(/check client id, secret and refresh token/);
  expect(refused.message).not.toContain("wrong");
  await kit.close();
});
