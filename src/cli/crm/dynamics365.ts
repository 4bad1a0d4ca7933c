import { z } from "zod";
import { createClientSecretCredential } from "../../client/index.ts";
import type { GetToken } from "../../crm/dynamics365/index.ts";
import { crmFieldsOf } from "../../crm/index.ts";
import type { ValueFault } from "../../runtime/index.ts";
import { sendJson } from "./send-json.ts";
import type { ConnectedCrm, CrmContext, CrmSandboxKind, CrmVendor } from "./vendor.ts";

const url = z.url({ protocol: /^https?$/ });

const schema = z.strictObject({
  kind: z.literal("dynamics365"),
  /** The Web API's root: `https://contoso.crm.dynamics.com/api/data/v9.2`. */
  url,
  /** An app's sign-in; or `token` for a sandbox. */
  authority: url.optional(),
  clientId: z.string().min(1).optional(),
  clientSecret: z.string().min(1).optional(),
  token: z.string().min(1).optional(),
  /** Which rows are the deals. */
  deals: z.enum(["opportunity", "lead"]).default("opportunity"),
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

type DynamicsConfig = z.output<typeof schema>;

function faults({ authority, clientId, clientSecret, token }: DynamicsConfig): ValueFault[] {
  if (token !== undefined || (authority && clientId && clientSecret)) return [];
  const reason = "no way to sign in to the CRM";
  const remedy = "give authority, clientId and clientSecret (or token, for a sandbox)";
  return [{ path: [], reason, remedy }];
}

/** Signs in to Dynamics 365 as the configuration says. */
function tokenOf(config: DynamicsConfig): GetToken {
  const { token, authority, clientId, clientSecret } = config;
  if (token !== undefined) return async () => token;
  const credential = createClientSecretCredential({
    authority: authority ?? "",
    clientId: clientId ?? "",
    clientSecret: clientSecret ?? "",
  });
  const scope = `${new URL(config.url).origin}/.default`;
  return async ({ signal, rejected }) => {
    const options = signal ? { abortSignal: signal } : {};
    const current = await credential.getToken(scope, options);
    if (current.token !== rejected) return current.token;
    // A refused token that has not expired: claims make the credential ask for a new one.
    return (await credential.getToken(scope, { ...options, claims: "{}" })).token;
  };
}

async function connect(config: DynamicsConfig, context: CrmContext): Promise<ConnectedCrm> {
  const vendor = await import("../../crm/dynamics365/index.ts");
  const { http, clock, mapping } = context;
  const { ambiguousAccount, ambiguousContact, deals, followChildren } = config;
  const { updateAccounts, updateContacts } = config;
  const reach = { http, rootUrl: config.url, getToken: tokenOf(config) };
  const fields = crmFieldsOf(mapping);
  const { stateFields } = mapping;
  const keyColumn = stateFields?.referralId;
  const setup = { ...reach, clock, deals, fields, ...(keyColumn ? { keyColumn } : {}) };
  return {
    adapter: vendor.createDynamicsAdapter({
      ...reach,
      ...{ ambiguousAccount, ambiguousContact, deals, followChildren },
      ...{ updateAccounts, updateContacts, fields },
      ...(stateFields ? { stateFields } : {}),
    }),
    inspect: async () => {
      const { missing, problems, pendingKeys } = await vendor.inspectDynamics(setup);
      return {
        missing: missing.map(({ name, label }) => ({ name, label })),
        problems: problems.map((problem) => {
          const [sentence = problem, ...rest] = problem.split(": ");
          return { sentence, remedy: rest.join(": ") };
        }),
        pending: pendingKeys.map((key) => `the index of ${key} is still being built`),
        stages: await vendor.readStatusChoices(setup),
      };
    },
    prepare: (tell) => vendor.prepareDynamics(setup, tell),
    fields: () => vendor.readColumns(setup),
  };
}

const sandbox: CrmSandboxKind<DynamicsConfig> = {
  open: async ({ database, clock, random, engineToken, userToken }) => {
    const { createDynamicsSandbox } = await import("../../sandbox/dynamics365/index.ts");
    const otherTokens = { [userToken]: "Kim Visitor" };
    return createDynamicsSandbox({ database, clock, random, token: engineToken, otherTokens });
  },
  configFor: (address, token) => schema.parse({ kind: "dynamics365", url: address, token }),
  editDeal: async (address, token, recordId, fields) => {
    await sendJson(`${address}/opportunities(${recordId})`, "PATCH", token, fields);
  },
  tryIt: (address, token) => [
    `curl -s '${address}/opportunities?$select=name,estimatedvalue&$top=3' \\`,
    `  -H 'authorization: Bearer ${token}'`,
    `curl -X PATCH '${address}/opportunities(<opportunityid>)' \\`,
    `  -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\`,
    `  -d '{"estimatedvalue": 60000}'`,
  ],
};

/** Dynamics 365 Sales: opportunities or leads over the Dataverse Web API. */
export const dynamics365: CrmVendor<DynamicsConfig> = {
  kind: "dynamics365",
  title: "Dynamics 365",
  schema,
  faults,
  questions: [
    {
      name: "url",
      ask: "Web API address of the environment",
      example: "https://contoso.crm.dynamics.com/api/data/v9.2",
    },
    {
      name: "authority",
      ask: "Sign-in address of its tenant",
      example: "https://login.microsoftonline.com/<tenant id>",
    },
    { name: "clientId", ask: "Application (client) id of the app user" },
    { name: "clientSecret", ask: "Client secret of that app", secretVariable: "DYNAMICS_SECRET" },
  ],
  mappingText: async ({ deals }) => {
    const { readyDynamicsMappingText } = await import("../../crm/dynamics365/index.ts");
    return readyDynamicsMappingText(deals);
  },
  connect,
  sandbox,
};
