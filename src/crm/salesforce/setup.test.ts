import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { startSandbox, type TestSandbox } from "../../sandbox/salesforce/sandbox-test-kit.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { refusalOf, walk, write } from "../conformance/steps.ts";
import {
  clientCredentialsToken,
  createSalesforceAdapter,
  inspectSalesforce,
  prepareSalesforce,
  readSalesforceFields,
  readySalesforceMapping,
  type SalesforceSetupOptions,
  suggestSalesforceMapping,
} from "./index.ts";

const mapping = readySalesforceMapping();
const fields = crmFieldsOf(mapping);
let bare: TestSandbox;
let options: SalesforceSetupOptions;

const optionsFor = (kit: TestSandbox): SalesforceSetupOptions => ({
  http: fetchHttp,
  instanceUrl: kit.url,
  getToken: async () => kit.token,
  fields,
  waitingStatus: "open/Waiting for Partner Center",
});

beforeEach(async () => {
  bare = await startSandbox({ prepared: false });
  options = optionsFor(bare);
});
afterEach(() => bare.close());

test("an untouched organisation is told what it lacks, and is left untouched", async () => {
  const first = await inspectSalesforce(options);
  expect(first.user).toBe("Kim Seller");
  expect(first.missing.map(({ name }) => name)).toEqual([
    "object PR_Solution__c",
    "object PR_TeamMember__c",
    "field Opportunity.PR_SyncWithPartnerCenter__c",
    "field Opportunity.PR_ReferralId__c",
    "field Opportunity.PR_ReferralLink__c",
    "field Opportunity.PR_MicrosoftHelp__c",
    "field Opportunity.PR_ShareWithMicrosoft__c",
    "field Opportunity.PR_CustomerConsent__c",
    "field Opportunity.PR_MicrosoftCrmId__c",
    "field Opportunity.PR_OwnCloseDate__c",
    "field Opportunity.PR_SyncState__c",
    "field Opportunity.PR_LastError__c",
    "field PR_Solution__c.PR_Opportunity__c",
    "field PR_Solution__c.PR_SolutionCode__c",
    "field PR_Solution__c.PR_Type__c",
    "field PR_TeamMember__c.PR_Opportunity__c",
    "field PR_TeamMember__c.PR_Email__c",
    "field PR_TeamMember__c.PR_FirstName__c",
    "field PR_TeamMember__c.PR_LastName__c",
    "field PR_TeamMember__c.PR_Phone__c",
  ]);
  expect(first.problems.map(({ sentence }) => sentence)).toEqual([
    'the organisation has no stage "open/Waiting for Partner Center", in which inbound ' +
      "referrals wait",
  ]);
  expect(await inspectSalesforce(options)).toEqual(first);
});

test("the setup creates what is missing and shows it, and then finds nothing", async () => {
  const told: string[] = [];
  await prepareSalesforce(options, (done) => told.push(done));
  expect(told).toHaveLength(21);
  bare.sandbox.addStage("Waiting for Partner Center");
  const { missing, problems, stages } = await inspectSalesforce(options);
  expect({ missing, problems }).toEqual({ missing: [], problems: [] });
  expect(stages.map(({ value }) => value)).toContain("open/Waiting for Partner Center");
  const again: string[] = [];
  await prepareSalesforce(options, (done) => again.push(done));
  expect(again).toEqual([]);
});

test("after the setup the ready mapping works, every field of it", async () => {
  await prepareSalesforce(options);
  bare.sandbox.addStage("Waiting for Partner Center");
  const adapter = createSalesforceAdapter({ ...options, fields });
  const { record } = await write(adapter, {
    key: "referral-1",
    fields: {
      Name: "After setup",
      PR_SyncWithPartnerCenter__c: true,
      PR_MicrosoftHelp__c: "QuotesOrLicensing",
      "Account.Name": "Foxglove Clinics",
      contacts: [{ Email: "a@foxglove.example", LastName: "Holm" }],
      team: [{ PR_Email__c: "t@team.example", PR_FirstName__c: "Tunde" }],
      solutions: [{ PR_SolutionCode__c: "SOL-1", Name: "One" }],
      status: "open/Waiting for Partner Center",
    },
  });
  expect(record?.fields).toMatchObject({
    status: "open/Waiting for Partner Center",
    PR_ReferralId__c: "referral-1",
    team: [{ PR_Email__c: "t@team.example" }],
    solutions: [{ PR_SolutionCode__c: "SOL-1" }],
  });
  expect((await walk(adapter, "")).length).toBe(2);
});

test("a sandbox that is prepared from the start has all that the setup would create", async () => {
  const prepared = await startSandbox();
  const { missing, problems } = await inspectSalesforce(optionsFor(prepared));
  expect({ missing, problems }).toEqual({ missing: [], problems: [] });
  await prepared.close();
});

test("fields that are there and hidden from the sync's user are shown to it, not made twice", async () => {
  await prepareSalesforce(options);
  const [assignment] = await bare.query("SELECT Id FROM PermissionSetAssignment");
  await bare.call("DELETE", `sobjects/PermissionSetAssignment/${assignment.Id}`);
  expect((await inspectSalesforce(options)).missing).not.toEqual([]);
  await prepareSalesforce(options);
  expect((await inspectSalesforce(options)).missing).toEqual([]);
});

test("only what the mapping uses is asked for, and what nobody creates is named", async () => {
  const few = ["Name", "status", "PR_SyncWithPartnerCenter__c", "Partner_Id__c", "contacts"];
  const { missing, problems } = await inspectSalesforce({
    ...options,
    fields: few,
    waitingStatus: "open/Prospecting",
  });
  expect(missing.map(({ name }) => name)).toEqual([
    "field Opportunity.PR_SyncWithPartnerCenter__c",
    "field Opportunity.PR_ReferralId__c",
  ]);
  expect(problems.map(({ sentence }) => sentence)).toEqual([
    "the mapping names Opportunity.Partner_Id__c, which isn't there or can't be seen",
  ]);
});

describe("an organisation with one currency", () => {
  test("asks for its name, and then shows it and refuses others", async () => {
    const kit = await startSandbox({ multiCurrency: false });
    const { problems } = await inspectSalesforce(optionsFor(kit));
    expect(problems.map(({ remedy }) => remedy)).toEqual([
      "say which in the configuration: `soleCurrency: EUR` under `crm`",
    ]);
    const sole = { ...optionsFor(kit), soleCurrency: "EUR" };
    expect((await inspectSalesforce(sole)).problems).toEqual([]);
    const adapter = createSalesforceAdapter({ ...sole, fields });
    const { record } = await write(adapter, {
      key: "referral-1",
      fields: { Name: "In euros", CurrencyIsoCode: "EUR" },
    });
    expect(record?.fields.CurrencyIsoCode).toBe("EUR");
    const other = write(adapter, { key: "r-2", fields: { Name: "X", CurrencyIsoCode: "USD" } });
    expect(await refusalOf(other)).toMatchObject({ code: "invalid", field: "CurrencyIsoCode" });
    await kit.close();
  });
});

test("fields and choices are read from the organisation, and a first mapping from them", async () => {
  const found = await readSalesforceFields(options);
  expect(found).toContainEqual({ name: "Amount", label: "Amount", type: "currency" });
  expect(found.find(({ name }) => name === "StageName")?.choices).toContainEqual({
    value: "Closed Won",
    label: "Closed Won",
  });
  const text = await suggestSalesforceMapping(options);
  expect(text).toContain("    referral: /details/dealValue\n    crm: Amount\n");
  expect(text).toContain('{ crm: "won/Closed Won", referral: Closed/Won }');
});

test("an app that Salesforce refuses says what to check, and no secret", async () => {
  const kit = await startSandbox({
    clients: [{ clientId: "app", clientSecret: "right", name: "App" }],
  });
  const credentials = {
    http: fetchHttp,
    clock: kit.clock,
    tokenUrl: kit.sandbox.tokenUrl,
    clientId: "app",
  };
  const getToken = clientCredentialsToken({ ...credentials, clientSecret: "right" });
  const [first, same] = await Promise.all([getToken({}), getToken({})]);
  expect(same).toBe(first);
  expect(await getToken({ rejected: first })).not.toBe(first);
  const refused = await refusalOf(
    clientCredentialsToken({ ...credentials, clientSecret: "wrong" })({}),
  );
  expect(refused.code).toBe("unauthorized");
  expect(refused.message).toMatch(/client credentials flow is on/);
  expect(refused.message).not.toContain("wrong");
  await kit.close();
});
