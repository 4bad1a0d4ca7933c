import { fetchHttp, type Http, HttpFailure } from "../../runtime/index.ts";
import type { HubSpotSandboxOptions } from "../../sandbox/hubspot/index.ts";
import { startSandbox } from "../../sandbox/hubspot/sandbox-test-kit.ts";
import type { GetToken } from "../adapting/token-source.ts";
import type { ConformanceFields, ConformanceWorld } from "../conformance/world.ts";
import type { CrmAdapter, CrmFields } from "../port.ts";
import { createHubSpotAdapter, type HubSpotAdapterOptions } from "./adapter.ts";
import { refreshTokenSource } from "./token.ts";

/** What the kit tries on deals. */
export const hubSpotFields: ConformanceFields = {
  name: "dealname",
  amount: "amount",
  notes: { field: "description", maxLength: 65_536 },
  currency: { field: "deal_currency_code", known: ["EUR", "GBP"], unknown: "QQQ" },
  picklist: {
    field: "pr_microsoft_help",
    valid: "CustomerTechnicalArchitecture",
    invalid: "Nonsense",
  },
  status: {
    field: "status",
    open: "open/Appointment Scheduled",
    waiting: "open/Waiting for Partner Center",
    won: "won/Closed Won",
    lost: "lost/Closed Lost",
  },
  account: { name: "company.name", postalCode: "company.zip", country: "company.country" },
  contacts: { field: "contacts", email: "email", firstName: "firstname", lastName: "lastname" },
  children: { field: "solutions", key: "id", name: "name" },
};

/** The names of the port that the kit's fields come to. */
export const carriedFields: readonly string[] = [
  "dealname",
  "amount",
  "description",
  "closedate",
  "deal_currency_code",
  "pr_microsoft_help",
  "pr_sync_with_partner_center",
  "status",
  "company.name",
  "company.zip",
  "company.country",
  "contacts",
  "team",
  "solutions",
];

const client = {
  clientId: "app",
  clientSecret: "secret",
  refreshToken: "refresh",
  name: "Partner Center sync",
};

/** What a world of HubSpot has beside the kit's. */
export interface HubSpotWorld extends ConformanceWorld {
  readonly kit: Awaited<ReturnType<typeof startSandbox>>;
  /** Another adapter on the same account. */
  adapterWith(options: Partial<HubSpotAdapterOptions>): CrmAdapter;
}

/** The kit's clock stands still, so that any number of calls falls into one window. */
const limits = { perTenSeconds: 1_000_000, searchesPerSecond: 1_000_000 };

const objects = "crm/v3/objects";

/** Opens a sandbox of its own, with the adapter and people in it. */
export async function openHubSpotWorld(
  options: Partial<HubSpotSandboxOptions> = {},
): Promise<HubSpotWorld> {
  const kit = await startSandbox({ clients: [client], limits, ...options });
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
  const renewing = refreshTokenSource({
    http: fetchHttp,
    clock: kit.clock,
    tokenUrl: kit.sandbox.tokenUrl,
    ...client,
  });
  let isRenewable = true;
  let current = "";
  const getToken: GetToken = async (asked) => {
    if (isRenewable) current = await renewing(asked);
    return current;
  };
  const adapterWith: HubSpotWorld["adapterWith"] = (more) =>
    createHubSpotAdapter({
      http: counting,
      baseUrl: kit.url,
      getToken,
      fields: carriedFields,
      ...more,
    });
  const change = async (method: string, target: string, body?: unknown): Promise<string> => {
    const answer = await kit.call(method, `${objects}/${target}`, body);
    if (answer.status >= 300) throw new Error(`${target}: ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const asTexts = (values: CrmFields): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value ?? "")]));
  const countSearch = {
    deal: ["deals", "pr_referral_id"],
    account: ["companies", "name"],
    contact: ["contacts", "email"],
  } as const;
  return {
    kit,
    adapterWith,
    adapter: adapterWith({}),
    fields: hubSpotFields,
    missingIds: ["999", "no-such-id", "'", "00000000-0000-4000-8000-ffffffffffff"],
    withPageSize: (pageSize) => adapterWith({ pageSize }),
    callCount: () => calls,
    arrange: (mishap, after = 0) => {
      const trigger = { path: "/crm/", after };
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
      change("POST", "deals", {
        properties: { dealstage: "appointmentscheduled", ...asTexts(values) },
      }),
    editAsPerson: async (id, values) => {
      await change("PATCH", `deals/${id}`, { properties: asTexts(values) });
    },
    deleteAsPerson: async (id) => {
      await change("DELETE", `deals/${id}`);
    },
    renameContactAsPerson: async (id, firstname) => {
      const { body } = await kit.call("GET", `${objects}/deals/${id}?associations=contacts`);
      const contactId = body.associations.contacts.results[0].id;
      await change("PATCH", `contacts/${contactId}`, { properties: { firstname } });
    },
    setHidden: (id, isHidden) => {
      if (isHidden) kit.sandbox.mishaps.hide(id);
      else kit.sandbox.mishaps.show(id);
    },
    count: async (kind, value) => {
      const [name, propertyName] = countSearch[kind];
      const filterGroups = [{ filters: [{ propertyName, operator: "EQ", value }] }];
      const { body } = await kit.call("POST", `${objects}/${name}/search`, { filterGroups });
      return body.total;
    },
    expireToken: (renewable) => {
      kit.sandbox.expireTokens();
      isRenewable = renewable;
    },
    advance: (milliseconds) => kit.clock.advance(milliseconds),
    close: () => kit.close(),
  };
}
