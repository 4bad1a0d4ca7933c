import { fetchHttp } from "../../runtime/index.ts";
import { createFaultyHttp } from "../conformance/faulty-http.ts";
import type { ConformanceFields, ConformanceWorld } from "../conformance/world.ts";
import type { CrmAdapter, CrmFields } from "../port.ts";
import { createOdooAdapter } from "./index.ts";
import { idsOf } from "./mapping.ts";
import { createOdooCall, type OdooRow, type OdooValue } from "./transport.ts";

/** A server that has what the setup creates, and whose data may be thrown away. */
export interface OdooPlace {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly key: string;
  /** Whole stages of the pipeline: an open one. */
  readonly openStage: string;
  /** The company's currency; EUR unless told. */
  readonly currency?: string;
  setHidden?(id: number, isHidden: boolean): void;
  close(): Promise<void>;
}

const fieldsWith = (openStage: string, currency: string): ConformanceFields => ({
  name: "name",
  amount: "expected_revenue",
  notes: { field: "description" },
  date: "date_deadline",
  currency: { field: "company_currency.name", known: [currency, currency], unknown: "QQQ" },
  picklist: { field: "x_partner_help", valid: "QuotesOrLicensing", invalid: "Nothing" },
  status: { field: "status", open: openStage, waiting: "waiting", won: "won", lost: "lost" },
  account: { name: "account.name", postalCode: "account.zip", country: "account.country" },
  germany: "DE",
  contacts: {
    field: "x_partner_contacts",
    email: "email",
    firstName: "first_name",
    lastName: "last_name",
  },
  children: { field: "x_partner_solutions", key: "code", name: "name" },
});

const carried = [
  ...["name", "expected_revenue", "description", "date_deadline", "company_currency.name"],
  ...["x_partner_help", "status", "account.name", "account.zip", "account.country"],
  ...["x_partner_contacts", "x_partner_solutions"],
];

/** The kit's world on a server. */
export function openOdooWorld(place: OdooPlace, keySeed?: string): ConformanceWorld {
  const { database, key, openStage, url, user } = place;
  const isWork = (_url: string, body: string | undefined): boolean =>
    !/"authenticate"|"fields_get"|"crm\.stage"|"ir\.model|"res\.co/.test(body ?? "");
  const faulty = createFaultyHttp(fetchHttp, isWork);
  const reach = { url, database, user, key };
  const adapterWith = (pageSize: number): CrmAdapter =>
    createOdooAdapter({
      ...reach,
      http: faulty.http,
      fields: carried,
      pageSize,
      overlapMs: 2000,
    });
  const call = createOdooCall({ ...reach, http: fetchHttp });
  const all = { context: { active_test: false } };
  const person = (model: string, method: string, ...args: OdooValue[]): Promise<OdooValue> =>
    call(model, method, args, {}, all);
  const counts = {
    deal: ["crm.lead", "x_partner_referral"],
    account: ["res.partner", "name"],
    contact: ["res.partner", "email"],
  } as const;
  return {
    adapter: adapterWith(200),
    fields: fieldsWith(openStage, place.currency ?? "EUR"),
    ...(keySeed === undefined ? {} : { keySeed }),
    missingIds: ["99999999", "0", "01", "no-such-id", "'"],
    withPageSize: adapterWith,
    callCount: faulty.callCount,
    arrange: faulty.arrange,
    createAsPerson: async (values: CrmFields) =>
      String(await person("crm.lead", "create", { type: "opportunity", ...values })),
    editAsPerson: async (id, values) => {
      await person("crm.lead", "write", [Number(id)], values as OdooValue);
    },
    deleteAsPerson: async (id) => {
      await person("crm.lead", "unlink", [Number(id)]);
    },
    renameContactAsPerson: async (id, firstName) => {
      const rows = await person("crm.lead", "read", [Number(id)], ["x_partner_contacts"]);
      const [first = 0] = idsOf((rows as readonly OdooRow[])[0]?.x_partner_contacts);
      await person("res.partner", "write", [first], { name: `${firstName} ${Date.now()}` });
    },
    ...(place.setHidden
      ? { setHidden: (id: string, isHidden: boolean) => place.setHidden?.(Number(id), isHidden) }
      : {}),
    count: async (kind, value) => {
      const [model, field] = counts[kind];
      return Number(await person(model, "search_count", [[field, "=", value]]));
    },
    advance: () => {},
    close: place.close,
  };
}
