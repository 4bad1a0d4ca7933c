import { createFaultyHttp } from "../../src/crm/conformance/faulty-http.ts";
import type { ConformanceFields, ConformanceWorld } from "../../src/crm/conformance/world.ts";
import type { CrmAdapter, CrmFields } from "../../src/crm/index.ts";
import { createTrytonAdapter } from "../../src/crm/tryton/index.ts";
import { fetchHttp } from "../../src/runtime/index.ts";
import type { TestTryton } from "../tryton-server.ts";

const fields: ConformanceFields = {
  name: "description",
  amount: "amount",
  notes: { field: "comment" },
  date: "end_date",
  currency: { field: "currency.code", known: ["EUR", "EUR"], unknown: "QQQ" },
  picklist: { field: "partner_help", valid: "QuotesOrLicensing", invalid: "Nothing" },
  status: { field: "state", open: "lead", waiting: "opportunity", won: "won", lost: "lost" },
  account: {
    name: "account.name",
    postalCode: "account.postal_code",
    country: "account.country",
  },
  germany: "DE",
  children: { field: "partner_contacts", key: "email", name: "first_name" },
};

const carried = [
  ...["description", "amount", "comment", "end_date", "currency.code", "partner_help", "state"],
  ...["account.name", "account.postal_code", "account.country", "partner_contacts"],
];

/** A person's values as Tryton takes them. */
function wired(values: CrmFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      name === "amount" ? { __class__: "Decimal", decimal: String(value) } : value,
    ]),
  );
}

/** The kit's world in a running Tryton; the people work as its administrator. */
export function openTrytonWorld(tryton: TestTryton): ConformanceWorld {
  let session = "";
  const isWork = (_url: string, body: string | undefined): boolean =>
    !/"method":"(?:common\.|model\.res\.user\.)/.test(body ?? "");
  const faulty = createFaultyHttp(async (request) => {
    session = request.headers.authorization ?? session;
    return fetchHttp(request);
  }, isWork);
  const adapterWith = (pageSize: number): CrmAdapter =>
    createTrytonAdapter({
      http: faulty.http,
      url: tryton.url,
      user: tryton.user,
      password: tryton.password,
      fields: carried,
      pageSize,
      overlapMs: 500,
    });
  const counts = {
    deal: ["sale.opportunity", "partner_referral"],
    account: ["party.party", "name"],
    contact: ["partner_referrals.contact", "email"],
  } as const;
  return {
    adapter: adapterWith(200),
    keySeed: Date.now().toString(16).slice(-8),
    fields,
    missingIds: ["999999", "0", "01", "no-such-id", "'"],
    withPageSize: adapterWith,
    callCount: faulty.callCount,
    arrange: faulty.arrange,
    createAsPerson: async (values) => {
      const ids = await tryton.call("sale.opportunity.create", [wired(values)]);
      return String((ids as number[])[0]);
    },
    editAsPerson: async (id, values) => {
      await tryton.call("sale.opportunity.write", [Number(id)], wired(values));
    },
    deleteAsPerson: async (id) => {
      await tryton.call("sale.opportunity.delete", [Number(id)]);
    },
    setHidden: (id, isHidden) => tryton.setHidden(Number(id), isHidden),
    count: async (kind, value) => {
      const [model, field] = counts[kind];
      return Number(await tryton.call(`${model}.search_count`, [[field, "=", value]]));
    },
    expireToken: async (renewable) => {
      await tryton.setPassword(renewable ? tryton.password : "Qz7!pWm4-Lxk");
      await tryton.endSession(session).catch(() => {});
    },
    advance: () => {},
    close: async () => {},
  };
}
