import { fetchHttp, type Http, HttpFailure } from "../../runtime/index.ts";
import { startSandbox } from "../../sandbox/salesforce/sandbox-test-kit.ts";
import type { GetToken } from "../adapting/token-source.ts";
import type { ConformanceFields, ConformanceWorld } from "../conformance/world.ts";
import type { CrmAdapter } from "../port.ts";
import { createSalesforceAdapter, type SalesforceAdapterOptions } from "./adapter.ts";
import { clientCredentialsToken } from "./token.ts";

/** What the kit tries on opportunities. */
export const salesforceFields: ConformanceFields = {
  name: "Name",
  amount: "Amount",
  notes: { field: "Description", maxLength: 32_000 },
  date: "CloseDate",
  currency: { field: "CurrencyIsoCode", known: ["EUR", "GBP"], unknown: "QQQ" },
  picklist: {
    field: "PR_MicrosoftHelp__c",
    valid: "CustomerTechnicalArchitecture",
    invalid: "Nonsense",
  },
  status: {
    field: "status",
    open: "open/Prospecting",
    waiting: "open/Waiting for Partner Center",
    won: "won/Closed Won",
    lost: "lost/Closed Lost",
  },
  account: {
    name: "Account.Name",
    postalCode: "Account.BillingPostalCode",
    country: "Account.BillingCountry",
  },
  contacts: {
    field: "contacts",
    email: "Email",
    firstName: "FirstName",
    lastName: "LastName",
  },
  children: { field: "solutions", key: "PR_SolutionCode__c", name: "Name" },
};

/** The names of the port that the kit's fields come to. */
export const carriedFields: readonly string[] = [
  "Name",
  "Amount",
  "Description",
  "CloseDate",
  "CurrencyIsoCode",
  "PR_MicrosoftHelp__c",
  "status",
  "Account.Name",
  "Account.BillingPostalCode",
  "Account.BillingCountry",
  "contacts",
  "team",
  "solutions",
];

const client = { clientId: "app", clientSecret: "secret", name: "Partner Center sync" };

/** What a world of Salesforce has beside the kit's. */
export interface SalesforceWorld extends ConformanceWorld {
  readonly kit: Awaited<ReturnType<typeof startSandbox>>;
  /** Another adapter on the same organisation. */
  adapterWith(options: Partial<SalesforceAdapterOptions>): CrmAdapter;
}

/** Opens a sandbox of its own, with the adapter and people in it. */
export async function openSalesforceWorld(): Promise<SalesforceWorld> {
  const kit = await startSandbox({ clients: [client] });
  let calls = 0;
  let callsUntilTimeout = Number.POSITIVE_INFINITY;
  const counting: Http = async (request) => {
    calls += 1;
    callsUntilTimeout -= 1;
    const isLate = callsUntilTimeout < 0;
    if (isLate) callsUntilTimeout = Number.POSITIVE_INFINITY;
    const response = await fetchHttp(request);
    if (isLate) throw new HttpFailure("timeout", "no answer in time");
    return response;
  };
  const renewing = clientCredentialsToken({
    http: fetchHttp,
    // Real sessions outlive the kit's hours: only a refusal renews them here.
    clock: { now: () => 0, sleep: async () => {} },
    tokenUrl: kit.sandbox.tokenUrl,
    ...client,
  });
  let isRenewable = true;
  let current = "";
  const getToken: GetToken = async (options) => {
    if (isRenewable) current = await renewing(options);
    return current;
  };
  const adapterWith: SalesforceWorld["adapterWith"] = (options) =>
    createSalesforceAdapter({
      http: counting,
      instanceUrl: kit.url,
      getToken,
      fields: carriedFields,
      ...options,
    });
  const change = async (method: string, target: string, body?: unknown): Promise<string> => {
    const answer = await kit.call(method, `sobjects/${target}`, body);
    if (answer.status >= 300) throw new Error(`${target}: ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const countQueries = {
    deal: (value: string) => `SELECT Id FROM Opportunity WHERE PR_ReferralId__c = '${value}'`,
    account: (value: string) => `SELECT Id FROM Account WHERE Name = '${value}'`,
    contact: (value: string) => `SELECT Id FROM Contact WHERE Email = '${value}'`,
  };
  return {
    kit,
    adapterWith,
    adapter: adapterWith({}),
    fields: salesforceFields,
    withPageSize: (pageSize) => adapterWith({ pageSize }),
    callCount: () => calls,
    arrange: (mishap, after = 0) => {
      const trigger = { path: "/services/data/", after };
      const { mishaps } = kit.sandbox;
      if (mishap.kind === "timeout") callsUntilTimeout = after;
      else if (mishap.kind === "throttled") {
        const { retryAfterSeconds } = mishap;
        mishaps.failNext({ kind: "status", status: 429, retryAfterSeconds }, trigger);
      } else if (mishap.kind === "broken") {
        mishaps.failNext({ kind: "status", status: 503 }, trigger);
      } else mishaps.failNext(mishap, trigger);
    },
    createAsPerson: (values) =>
      change("POST", "Opportunity", {
        CloseDate: "2026-12-24",
        StageName: "Prospecting",
        ...values,
      }),
    editAsPerson: async (id, values) => {
      await change("PATCH", `Opportunity/${id}`, values);
    },
    deleteAsPerson: async (id) => {
      await change("DELETE", `Opportunity/${id}`);
    },
    renameContactAsPerson: async (id, FirstName) => {
      const soql = `SELECT ContactId FROM OpportunityContactRole WHERE OpportunityId = '${id}'`;
      const [role] = await kit.query(soql);
      await change("PATCH", `Contact/${role.ContactId}`, { FirstName });
    },
    setHidden: (id, isHidden) => {
      if (isHidden) kit.sandbox.mishaps.hide(id);
      else kit.sandbox.mishaps.show(id);
    },
    count: async (kind, value) => (await kit.query(countQueries[kind](value))).length,
    expireToken: (renewable) => {
      kit.sandbox.expireTokens();
      isRenewable = renewable;
    },
    advance: (milliseconds) => kit.clock.advance(milliseconds),
    close: () => kit.close(),
  };
}
