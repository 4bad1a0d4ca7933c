import { fetchHttp, type Http, HttpFailure } from "../../runtime/index.ts";
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

/** A kind of deal with the fields that the kit tries on it. */
export interface DynamicsWorldKind {
  readonly deals: "opportunity" | "lead";
  readonly setName: string;
  readonly fields: ConformanceFields;
}

/** Opportunities with accounts, contacts and solutions. */
export const opportunityWorld: DynamicsWorldKind = {
  deals: "opportunity",
  setName: "opportunities",
  fields,
};

/** Leads, which hold everything themselves. */
export const leadWorld: DynamicsWorldKind = {
  deals: "lead",
  setName: "leads",
  fields: {
    name: "subject",
    amount: "estimatedamount",
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
      won: "qualified/3",
      lost: "disqualified/5",
    },
  },
};

function carriedBy({ fields: named }: DynamicsWorldKind): readonly string[] {
  const { account, children, contacts, currency, date, picklist } = named;
  return [
    named.name,
    named.amount,
    named.notes.field,
    named.status.field,
    ...(date ? [date] : []),
    ...(currency ? [currency.field] : []),
    ...(picklist ? [picklist.field] : []),
    ...(account ? Object.values(account) : []),
    ...(contacts ? [contacts.field] : []),
    ...(children ? [children.field] : []),
  ];
}

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
export async function openDynamicsWorld(
  kind: DynamicsWorldKind = opportunityWorld,
): Promise<ConformanceWorld> {
  const { deals, setName } = kind;
  const client = { clientId: "app", clientSecret: "secret", name: "Partner Center sync" };
  const kit = await startSandbox({ clients: [client], keyIndexDelayMs: 0 });
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
      deals,
      fields: carriedBy(kind),
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
    deal: (value: string) => `${setName}?$select=pr_referralid&$filter=pr_referralid eq '${value}'`,
    account: (value: string) => `accounts?$select=name&$filter=name eq '${value}'`,
    contact: (value: string) => `contacts?$select=lastname&$filter=emailaddress1 eq '${value}'`,
  };
  return {
    adapter: adapterWith(500),
    fields: kind.fields,
    withPageSize: adapterWith,
    callCount: () => calls,
    arrange: (mishap, after = 0) => {
      const trigger = { path: "/api/data/", after };
      if (mishap.kind === "timeout") {
        callsUntilTimeout = after;
      } else if (mishap.kind === "throttled") {
        const { retryAfterSeconds } = mishap;
        kit.sandbox.mishaps.failNext({ kind: "status", status: 429, retryAfterSeconds }, trigger);
      } else if (mishap.kind === "broken") {
        kit.sandbox.mishaps.failNext({ kind: "status", status: 503 }, trigger);
      } else {
        kit.sandbox.mishaps.failNext(mishap, trigger);
      }
    },
    createAsPerson: async (values) => {
      const prefer = { prefer: "return=representation" };
      const { body } = await kit.call("POST", setName, values, prefer);
      return body[`${deals}id`];
    },
    editAsPerson: (id, values) => change("PATCH", `${setName}(${id})`, values),
    deleteAsPerson: (id) => change("DELETE", `${setName}(${id})`),
    renameContactAsPerson: async (id, firstname) => {
      const [deal] = await rowsOf(
        kit,
        `opportunities?$select=_parentcontactid_value&$filter=opportunityid eq ${id}`,
      );
      await change("PATCH", `contacts(${String(deal?._parentcontactid_value)})`, { firstname });
    },
    setHidden: (id, isHidden) => {
      if (isHidden) kit.sandbox.mishaps.hide(id);
      else kit.sandbox.mishaps.show(id);
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
