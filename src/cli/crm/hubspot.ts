import { z } from "zod";
import { crmFieldsOf } from "../../crm/index.ts";
import type { ValueFault } from "../../runtime/index.ts";
import { sendJson } from "./send-json.ts";
import type { ConnectedCrm, CrmContext, CrmSandboxKind, CrmVendor } from "./vendor.ts";

const url = z.url({ protocol: /^https?$/ });

const schema = z.strictObject({
  kind: z.literal("hubspot"),
  url: url.default("https://api.hubapi.com"),
  /** A private app's token; or an app's credentials with the refresh token of its installation. */
  token: z.string().min(1).optional(),
  clientId: z.string().min(1).optional(),
  clientSecret: z.string().min(1).optional(),
  refreshToken: z.string().min(1).optional(),
  /** A public app's webhooks, sent to `/webhooks/crm` of this process. */
  webhook: z
    .strictObject({
      /** The whole address that is registered in the app. */
      url,
      /** The app's secret, with which HubSpot signs. */
      clientSecret: z.string().min(1),
    })
    .optional(),
  /** What the account allows this app: 190 for a private app of a Professional account, or 100. */
  callsPerTenSeconds: z.number().int().min(10).max(10_000).default(190),
  /** The pipeline in which new deals begin. */
  pipelineId: z.string().min(1).default("default"),
  /** What to do where several companies have the customer's name, postal code and country. */
  ambiguousAccount: z.enum(["refuse", "oldest"]).default("refuse"),
  /** True: a company that is there may be changed. */
  updateAccounts: z.boolean().default(false),
  /** False: a contact that is on a deal already is left alone. */
  updateContacts: z.boolean().default(true),
});

type HubSpotConfig = z.output<typeof schema>;

function faults(config: HubSpotConfig): ValueFault[] {
  const { clientId, clientSecret, refreshToken, token } = config;
  if (token !== undefined || (clientId && clientSecret && refreshToken)) return [];
  const reason = "no way to sign in to the CRM";
  const remedy = "give a private app's token, or clientId, clientSecret and refreshToken";
  return [{ path: [], reason, remedy }];
}

async function connect(config: HubSpotConfig, context: CrmContext): Promise<ConnectedCrm> {
  const vendor = await import("../../crm/hubspot/index.ts");
  const { clock, http, mapping } = context;
  const { clientId = "", clientSecret = "", refreshToken = "", token } = config;
  const { ambiguousAccount, pipelineId, updateAccounts, updateContacts } = config;
  const tokenUrl = new URL("/oauth/v1/token", config.url).href;
  const app = { http, clock, tokenUrl, clientId, clientSecret, refreshToken };
  const getToken = token === undefined ? vendor.refreshTokenSource(app) : async () => token;
  const { holding, stateFields } = mapping;
  const keyProperty = stateFields?.referralId;
  const reach = {
    ...{ http, getToken, pipelineId, baseUrl: config.url, fields: crmFieldsOf(mapping) },
    ...(keyProperty === undefined ? {} : { keyProperty }),
  };
  const waiting = holding?.crmField === "status" ? holding.value : undefined;
  const setup = {
    ...reach,
    ...(typeof waiting === "string" ? { waitingStatus: waiting } : {}),
  };
  return {
    adapter: vendor.createHubSpotAdapter({
      ...reach,
      ...{ ambiguousAccount, updateAccounts, updateContacts },
      pace: { clock, callsPerTenSeconds: config.callsPerTenSeconds },
      ...(stateFields ? { stateFields } : {}),
    }),
    inspect: () => vendor.inspectHubSpot(setup),
    prepare: (tell) => vendor.prepareHubSpot(setup, tell),
    fields: () => vendor.readHubSpotFields(setup),
    ...(config.webhook ? { webhook: vendor.hubSpotWebhook({ clock, ...config.webhook }) } : {}),
  };
}

const deals = "crm/v3/objects/deals";

const sandbox: CrmSandboxKind<HubSpotConfig> = {
  open: async ({ clock, database, engineToken, random, userToken }) => {
    const { createHubSpotSandbox } = await import("../../sandbox/hubspot/index.ts");
    const otherTokens = { [userToken]: "Kim Visitor" };
    return createHubSpotSandbox({ database, clock, random, token: engineToken, otherTokens });
  },
  configFor: (address, token) => schema.parse({ kind: "hubspot", url: address, token }),
  editDeal: async (address, token, recordId, fields) => {
    await sendJson(`${address}/${deals}/${recordId}`, "PATCH", token, { properties: fields });
  },
  tryIt: (address, token) => [
    `curl -s '${address}/${deals}?limit=3&properties=dealname,amount' \\`,
    `  -H 'authorization: Bearer ${token}'`,
    `curl -X PATCH '${address}/${deals}/<id>' \\`,
    `  -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\`,
    `  -d '{"properties": {"amount": "60000"}}'`,
  ],
};

/** HubSpot: deals over the CRM API. */
export const hubspot: CrmVendor<HubSpotConfig> = {
  kind: "hubspot",
  title: "HubSpot",
  schema,
  faults,
  questions: [
    {
      name: "token",
      ask: "Access token of the private app",
      secretVariable: "HUBSPOT_TOKEN",
    },
  ],
  mappingText: async () => {
    const { readyHubSpotMappingText } = await import("../../crm/hubspot/index.ts");
    return readyHubSpotMappingText();
  },
  connect,
  sandbox,
};
