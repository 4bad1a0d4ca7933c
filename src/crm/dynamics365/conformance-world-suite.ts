import { fetchHttp, type Http } from "../../runtime/index.ts";
import { startSandbox, type TestSandbox } from "../../sandbox/dynamics365/sandbox-test-kit.ts";
import type { ConformanceFields, ConformanceWorld } from "../conformance/world.ts";
import type { CrmAdapter, CrmFields } from "../port.ts";
import { createDynamicsAdapter } from "./index.ts";

const fields: ConformanceFields = {
  name: "name",
  amount: "estimatedvalue",
  notes: { field: "description", maxLength: 2000 },
  date: "estimatedclosedate",
  currency: {
    field: "transactioncurrencyid.isocurrencycode",
    known: ["EUR", "GBP"],
    unknown: "QQQ",
  },
  picklist: { field: "pr_microsofthelp", valid: 727_000_001, invalid: 5 },
  status: {
    field: "status",
    open: "open/1",
    waiting: "open/727000001",
    won: "won/3",
    lost: "lost/5",
  },
  account: {
    name: "account.name",
    postalCode: "account.address1_postalcode",
    country: "account.address1_country",
  },
  contacts: {
    field: "contacts",
    email: "emailaddress1",
    firstName: "firstname",
    lastName: "lastname",
  },
  children: { field: "solutions", key: "pr_solutioncode", name: "pr_name" },
};

const carried = [
  "name",
  "estimatedvalue",
  "description",
  "estimatedclosedate",
  "transactioncurrencyid.isocurrencycode",
  "pr_microsofthelp",
  "status",
  "account.name",
  "account.address1_postalcode",
  "account.address1_country",
  "contacts",
  "solutions",
];

const expireMs = 8 * 86_400_000;

async function rowsOf(
  kit: TestSandbox,
  target: string,
): Promise<readonly Record<string, unknown>[]> {
  const { status, body } = await kit.call("GET", target);
  if (status !== 200) throw new Error(`${target}: ${status} ${JSON.stringify(body)}`);
  return body.value;
}

/** Opens a sandbox of its own, with the adapter and people in it. */
export async function openDynamicsWorld(): Promise<ConformanceWorld> {
  const client = { clientId: "app", clientSecret: "secret", name: "Partner Center sync" };
  const kit = await startSandbox({ clients: [client], keyIndexDelayMs: 0 });
  let calls = 0;
  const counting: Http = (request) => {
    calls += 1;
    return fetchHttp(request);
  };
  let token = "";
  let isRenewable = true;
  const askForToken = async (): Promise<string> => {
    if (!isRenewable) return token;
    const response = await fetch(kit.sandbox.tokenUrl, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: client.clientId,
        client_secret: client.clientSecret,
      }),
    });
    const { access_token } = (await response.json()) as { access_token: string };
    return access_token;
  };
  const adapterWith = (pageSize: number): CrmAdapter =>
    createDynamicsAdapter({
      http: counting,
      rootUrl: kit.url,
      fields: carried,
      pageSize,
      getToken: async ({ rejected }) => {
        if (token === "" || rejected === token) token = await askForToken();
        return token;
      },
    });
  const change = async (method: string, target: string, body?: CrmFields): Promise<void> => {
    const answer = await kit.call(method, target, body);
    if (answer.status >= 300) throw new Error(`${target}: ${JSON.stringify(answer.body)}`);
  };
  const countTargets = {
    deal: (value: string) => `opportunities?$select=name&$filter=pr_referralid eq '${value}'`,
    account: (value: string) => `accounts?$select=name&$filter=name eq '${value}'`,
    contact: (value: string) => `contacts?$select=lastname&$filter=emailaddress1 eq '${value}'`,
  };
  return {
    adapter: adapterWith(500),
    fields,
    withPageSize: adapterWith,
    callCount: () => calls,
    arrange: (mishap, after = 0) => {
      const trigger = { path: "/api/data/", after };
      if (mishap.kind === "throttled") {
        const { retryAfterSeconds } = mishap;
        kit.sandbox.faults.failNext({ kind: "status", status: 429, retryAfterSeconds }, trigger);
      } else if (mishap.kind === "broken") {
        kit.sandbox.faults.failNext({ kind: "status", status: 503 }, trigger);
      } else {
        kit.sandbox.faults.failNext(mishap, trigger);
      }
    },
    createAsPerson: async (values) => {
      const prefer = { prefer: "return=representation" };
      const { body } = await kit.call("POST", "opportunities", values, prefer);
      return body.opportunityid;
    },
    editAsPerson: (id, values) => change("PATCH", `opportunities(${id})`, values),
    deleteAsPerson: (id) => change("DELETE", `opportunities(${id})`),
    renameContactAsPerson: async (id, firstname) => {
      const [deal] = await rowsOf(
        kit,
        `opportunities?$select=_parentcontactid_value&$filter=opportunityid eq ${id}`,
      );
      await change("PATCH", `contacts(${String(deal?._parentcontactid_value)})`, { firstname });
    },
    setHidden: (id, isHidden) => {
      if (isHidden) kit.sandbox.faults.hide(id);
      else kit.sandbox.faults.show(id);
    },
    count: async (kind, value) => (await rowsOf(kit, countTargets[kind](value))).length,
    expireToken: (renewable) => {
      kit.sandbox.expireTokens();
      isRenewable = renewable;
    },
    expireWatermarks: () => kit.clock.advance(expireMs),
    advance: (milliseconds) => kit.clock.advance(milliseconds),
    close: () => kit.close(),
  };
}
