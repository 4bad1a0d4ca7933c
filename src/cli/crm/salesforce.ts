import { z } from "zod";
import { crmFieldsOf } from "../../crm/index.ts";
import type { ValueFault } from "../../runtime/index.ts";
import { sendJson } from "./send-json.ts";
import type { ConnectedCrm, CrmContext, CrmSandboxKind, CrmVendor } from "./vendor.ts";

const url = z.url({ protocol: /^https?$/ });

const schema = z.strictObject({
  kind: z.literal("salesforce"),
  /** The organisation's address: `https://contoso.my.salesforce.com`. */
  url,
  /** A connected app with the client credentials flow; or `token` for a sandbox. */
  clientId: z.string().min(1).optional(),
  clientSecret: z.string().min(1).optional(),
  token: z.string().min(1).optional(),
  apiVersion: z
    .string()
    .regex(/^\d\d\.0$/)
    .default("62.0"),
  /** The currency of an organisation that has only one: `EUR`. */
  soleCurrency: z.string().length(3).optional(),
  /** Days until a new deal closes whose referral names no day; 0: such a deal is refused. */
  closeDays: z.number().int().min(0).max(3650).default(90),
  /** What to do where several accounts have the customer's name, postal code and country. */
  ambiguousAccount: z.enum(["refuse", "oldest"]).default("refuse"),
  /** What to do where several contacts have the same e-mail address. */
  ambiguousContact: z.enum(["refuse", "oldest"]).default("refuse"),
  /** True: an account that is there may be changed. */
  updateAccounts: z.boolean().default(false),
  /** False: a contact that is on a deal already is left alone. */
  updateContacts: z.boolean().default(true),
  /** False: changes of accounts, contacts and child rows alone aren't followed. */
  followChildren: z.boolean().default(true),
});

type SalesforceConfig = z.output<typeof schema>;

function faults({ clientId, clientSecret, token }: SalesforceConfig): ValueFault[] {
  if (token !== undefined || (clientId && clientSecret)) return [];
  const reason = "no way to sign in to the CRM";
  const remedy = "give clientId and clientSecret of a connected app (or token, for a sandbox)";
  return [{ path: [], reason, remedy }];
}

async function connect(config: SalesforceConfig, context: CrmContext): Promise<ConnectedCrm> {
  const vendor = await import("../../crm/salesforce/index.ts");
  const { clock, http, mapping } = context;
  const { apiVersion, clientId = "", clientSecret = "", soleCurrency, token } = config;
  const { ambiguousAccount, ambiguousContact, closeDays } = config;
  const { followChildren, updateAccounts, updateContacts } = config;
  const tokenUrl = new URL("/services/oauth2/token", config.url).href;
  const getToken =
    token === undefined
      ? vendor.clientCredentialsToken({ http, clock, tokenUrl, clientId, clientSecret })
      : async () => token;
  const { holding, stateFields } = mapping;
  const keyField = stateFields?.referralId;
  const reach = {
    ...{ http, apiVersion, getToken, instanceUrl: config.url, fields: crmFieldsOf(mapping) },
    ...(soleCurrency === undefined ? {} : { soleCurrency }),
    ...(keyField === undefined ? {} : { keyField }),
  };
  const waiting = holding?.crmField === "status" ? holding.value : undefined;
  const setup = {
    ...reach,
    ...(typeof waiting === "string" ? { waitingStatus: waiting } : {}),
  };
  return {
    adapter: vendor.createSalesforceAdapter({
      ...reach,
      ...{ ambiguousAccount, ambiguousContact, closeDays, followChildren },
      ...{ updateAccounts, updateContacts },
      ...(stateFields ? { stateFields } : {}),
    }),
    inspect: () => vendor.inspectSalesforce(setup),
    prepare: (tell) => vendor.prepareSalesforce(setup, tell),
    fields: () => vendor.readSalesforceFields(setup),
  };
}

// The demonstration asks twice a second; a real organisation has far fewer calls a day.
const sandboxDailyCalls = 10_000_000;

const sandbox: CrmSandboxKind<SalesforceConfig> = {
  open: async ({ clock, database, engineToken, random, userToken }) => {
    const { createSalesforceSandbox } = await import("../../sandbox/salesforce/index.ts");
    const otherTokens = { [userToken]: "Kim Visitor" };
    const dailyCalls = sandboxDailyCalls;
    const world = { database, clock, random };
    return createSalesforceSandbox({ ...world, token: engineToken, otherTokens, dailyCalls });
  },
  configFor: (address, token) => schema.parse({ kind: "salesforce", url: address, token }),
  editDeal: async (address, token, recordId, fields) => {
    const deal = `${address}/services/data/v62.0/sobjects/Opportunity/${recordId}`;
    await sendJson(deal, "PATCH", token, fields);
  },
  tryIt: (address, token) => [
    `curl -s '${address}/services/data/v62.0/query?q=SELECT+Id,Name,Amount+FROM+Opportunity+LIMIT+3' \\`,
    `  -H 'authorization: Bearer ${token}'`,
    `curl -X PATCH '${address}/services/data/v62.0/sobjects/Opportunity/<Id>' \\`,
    `  -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\`,
    `  -d '{"Amount": 60000}'`,
  ],
};

/** Salesforce Sales Cloud: opportunities over the REST API. */
export const salesforce: CrmVendor<SalesforceConfig> = {
  kind: "salesforce",
  title: "Salesforce",
  schema,
  faults,
  questions: [
    {
      name: "url",
      ask: "Address of the organisation (My Domain)",
      example: "https://contoso.my.salesforce.com",
    },
    { name: "clientId", ask: "Consumer key of the connected app" },
    {
      name: "clientSecret",
      ask: "Consumer secret of that app",
      secretVariable: "SALESFORCE_SECRET",
    },
  ],
  mappingText: async () => {
    const { readySalesforceMappingText } = await import("../../crm/salesforce/index.ts");
    return readySalesforceMappingText();
  },
  connect,
  sandbox,
};
