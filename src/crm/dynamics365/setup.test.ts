import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { startSandbox, type TestSandbox } from "../../sandbox/dynamics365/sandbox-test-kit.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { refusalOf, walk, write } from "../conformance/steps.ts";
import {
  clientCredentialsToken,
  createDynamicsAdapter,
  type DynamicsSetupOptions,
  inspectDynamics,
  prepareDynamics,
  readColumns,
  readPicklistChoices,
  readStatusChoices,
  readyDynamicsMapping,
} from "./index.ts";

let bare: TestSandbox;
let options: DynamicsSetupOptions;

beforeEach(async () => {
  bare = await startSandbox({ prepared: false, keyIndexDelayMs: 5000 });
  options = {
    http: fetchHttp,
    clock: bare.clock,
    rootUrl: bare.url,
    getToken: async () => bare.token,
  };
});
afterEach(() => bare.close());

test("an untouched environment is told what it lacks, and is left untouched", async () => {
  const first = await inspectDynamics(options);
  expect(first.missing.map(({ name }) => name)).toEqual([
    "column opportunity.pr_syncwithpartnercenter",
    "column opportunity.pr_referralid",
    "column opportunity.pr_referrallink",
    "column opportunity.pr_microsofthelp",
    "column opportunity.pr_sharewithmicrosoft",
    "column opportunity.pr_customerconsent",
    "column opportunity.pr_microsoftcrmid",
    "column opportunity.pr_syncstate",
    "column opportunity.pr_lasterror",
    "alternate key opportunity(pr_referralid)",
    "status reason opportunity.statuscode 727000001",
    "table pr_solution",
    "table pr_teammember",
    "change tracking of connection",
  ]);
  expect(await inspectDynamics(options)).toEqual(first);
});

test("the setup creates what is missing, waits for the key, and then finds nothing", async () => {
  const told: string[] = [];
  await prepareDynamics(options, (done) => told.push(done));
  expect(told).toHaveLength(14);
  expect(bare.clock.now()).toBeGreaterThan(0);
  expect(await inspectDynamics(options)).toEqual({ missing: [], problems: [], pendingKeys: [] });
  const again: string[] = [];
  await prepareDynamics(options, (done) => again.push(done));
  expect(again).toEqual([]);
});

test("after the setup the ready mapping works, every field of it", async () => {
  await prepareDynamics(options);
  const adapter = createDynamicsAdapter({
    ...options,
    fields: crmFieldsOf(readyDynamicsMapping()),
  });
  const { record } = await write(adapter, {
    key: "ab8c4bda-0000-4000-8000-000000000001",
    fields: {
      name: "After setup",
      pr_syncwithpartnercenter: true,
      pr_microsofthelp: 727_000_005,
      "account.name": "Foxglove Clinics",
      team: [{ pr_email: "t@team.example", pr_firstname: "Tunde" }],
      solutions: [{ pr_solutioncode: "SOL-1", pr_name: "One" }],
      status: "open/727000001",
    },
  });
  expect(record?.fields).toMatchObject({ status: "open/727000001", pr_microsofthelp: 727_000_005 });
  expect(record?.fields.team).toMatchObject([{ pr_email: "t@team.example" }]);
  expect((await walk(adapter, "")).length).toBe(2);
});

test("change tracking is turned on where it is off, and nothing else is touched", async () => {
  const connection = "EntityDefinitions(LogicalName='connection')";
  const before = await bare.call("GET", connection);
  expect(before.body.ChangeTrackingEnabled).toBe(false);
  const { missing } = await inspectDynamics(options);
  expect(missing.map(({ name }) => name)).toContain("change tracking of connection");
  await prepareDynamics(options);
  const after = await bare.call("GET", connection);
  expect(after.body).toEqual({ ...before.body, ChangeTrackingEnabled: true });
});

test("a sandbox that is prepared from the start has all that the setup would create", async () => {
  const prepared = await startSandbox();
  const found = await inspectDynamics({ ...options, rootUrl: prepared.url });
  expect(found).toEqual({ missing: [], problems: [], pendingKeys: [] });
  await prepared.close();
});

test("a setup that was broken off goes on where it was", async () => {
  bare.sandbox.mishaps.failNext({ kind: "status", status: 503 }, { path: "Keys", method: "POST" });
  expect((await refusalOf(prepareDynamics(options))).code).toBe("unavailable");
  expect((await inspectDynamics(options)).missing.map(({ name }) => name)[0]).toBe(
    "alternate key opportunity(pr_referralid)",
  );
  await prepareDynamics(options);
  expect((await inspectDynamics(options)).missing).toEqual([]);
});

test("a column of the right name and the wrong type is named, with what to do", async () => {
  await bare.call("POST", "EntityDefinitions(LogicalName='opportunity')/Attributes", {
    "@odata.type": "Microsoft.Dynamics.CRM.MemoAttributeMetadata",
    SchemaName: "pr_ReferralId",
    MaxLength: 100,
    DisplayName: { LocalizedLabels: [{ Label: "Other", LanguageCode: 1033 }] },
  });
  const { problems } = await inspectDynamics(options);
  expect(problems).toEqual([
    "opportunity.pr_referralid is of type Memo, not String: map another column in the " +
      "mapping file, or remove this one",
  ]);
});

test("only what the mapping uses is asked for, and what nobody creates is named", async () => {
  const fields = ["name", "status", "pr_syncwithpartnercenter", "new_partnerid", "contacts"];
  const { missing, problems } = await inspectDynamics({
    ...options,
    fields,
    keyColumn: "pr_referralid",
  });
  expect(missing.map(({ name }) => name)).toEqual([
    "column opportunity.pr_syncwithpartnercenter",
    "column opportunity.pr_referralid",
    "alternate key opportunity(pr_referralid)",
    "status reason opportunity.statuscode 727000001",
    "change tracking of connection",
  ]);
  expect(problems).toEqual([
    "the mapping names opportunity.new_partnerid, which isn't there: correct the mapping file, " +
      "or create the column",
  ]);
});

test("the environment's status reasons are read as a mapping file writes them", async () => {
  expect(await readStatusChoices(options)).toEqual([
    { value: "open/1", label: "In Progress" },
    { value: "open/2", label: "On Hold" },
    { value: "won/3", label: "Won" },
    { value: "lost/4", label: "Canceled" },
    { value: "lost/5", label: "Out-Sold" },
  ]);
  expect(await readStatusChoices({ ...options, deals: "lead" })).toContainEqual({
    value: "disqualified/5",
    label: "Cannot Contact",
  });
});

test("a picklist's choices are read, and a column that is none is said to be none", async () => {
  await prepareDynamics(options);
  const choices = await readPicklistChoices(options, "pr_microsofthelp");
  expect(choices[0]).toEqual({ value: 727_000_000, label: "General or other" });
  expect((await refusalOf(readPicklistChoices(options, "name"))).code).toBe("not-found");
});

test("columns are shown with the label that people read, of the standard and of the connector", async () => {
  await prepareDynamics(options);
  const columns = await readColumns(options);
  expect(columns).toContainEqual({ name: "name", type: "String", label: "Topic" });
  const own = { name: "pr_referralid", type: "String", label: "Referral identifier" };
  expect(columns).toContainEqual(own);
  expect(columns.filter(({ name, label }) => name === label)).toEqual([]);
});

test("client credentials are renewed in time, and a wrong secret says what to check", async () => {
  const kit = await startSandbox({
    clients: [{ clientId: "app", clientSecret: "right", name: "App" }],
  });
  let asked = 0;
  const credentials = {
    clock: kit.clock,
    tokenUrl: kit.sandbox.tokenUrl,
    clientId: "app",
    scope: `${new URL(kit.url).origin}/.default`,
    http: (request: Parameters<typeof fetchHttp>[0]) => {
      asked += 1;
      return fetchHttp(request);
    },
  };
  const getToken = clientCredentialsToken({ ...credentials, clientSecret: "right" });
  const [first, same] = await Promise.all([getToken({}), getToken({})]);
  expect(same).toBe(first);
  kit.clock.advance(54 * 60_000);
  expect(await getToken({})).toBe(first);
  kit.clock.advance(2 * 60_000);
  const second = await getToken({});
  expect(second).not.toBe(first);
  expect(await getToken({ rejected: second })).not.toBe(second);
  expect(asked).toBe(3);
  const wrong = clientCredentialsToken({ ...credentials, clientSecret: "wrong" });
  const refused = await refusalOf(wrong({}));
  expect(refused).toMatchObject({ code: "unauthorized" });
  expect(refused.message).toMatch(/check client id, secret and tenant/);
  expect(refused.message).not.toContain("wrong");
  await kit.close();
});
