import { fetchHttp } from "../../runtime/index.ts";
import { createFaultyHttp } from "../conformance/faulty-http.ts";
import type { ConformanceFields, ConformanceWorld } from "../conformance/world.ts";
import type { CrmAdapter, CrmFields } from "../port.ts";
import { createEspoAdapter } from "./index.ts";
import type { EspoRow } from "./mapping.ts";
import { listRows } from "./read-deals.ts";
import { createEspoSend } from "./transport.ts";

/** An instance that has what the setup creates, and whose data may be thrown away. */
export interface EspoPlace {
  readonly url: string;
  readonly apiKey: string;
  readonly keySeed?: string;
  setHidden?(id: string, isHidden: boolean): void | Promise<void>;
  close(): Promise<void>;
}

const required = { closeDate: "2026-12-24" };

const fields: ConformanceFields = {
  name: "name",
  alsoRequired: required,
  refusedInName: "<>=",
  amount: "amount",
  notes: { field: "description" },
  date: "closeDate",
  currency: { field: "amountCurrency", known: ["EUR", "GBP"], unknown: "QQQ" },
  picklist: { field: "cPartnerHelp", valid: "QuotesOrLicensing", invalid: "Nothing" },
  status: {
    field: "stage",
    open: "Prospecting",
    waiting: "Waiting for Partner Center",
    won: "Closed Won",
    lost: "Closed Lost",
  },
  account: {
    name: "account.name",
    postalCode: "account.billingAddressPostalCode",
    country: "account.billingAddressCountry",
  },
  contacts: {
    field: "contacts",
    email: "emailAddress",
    firstName: "firstName",
    lastName: "lastName",
  },
  children: { field: "cPartnerSolutions", key: "code", name: "name" },
};

const carried = [
  ...["name", "amount", "amountCurrency", "closeDate", "description", "cPartnerHelp", "stage"],
  ...["account.name", "account.billingAddressPostalCode", "account.billingAddressCountry"],
  ...["contacts", "cPartnerSolutions"],
];

const isWork = (url: string): boolean => !/\/(?:Metadata|Settings|App)\b/.test(url);

/** The kit's world on an instance. */
export function openEspoWorld(place: EspoPlace): ConformanceWorld {
  const { apiKey, keySeed, url } = place;
  const faulty = createFaultyHttp(fetchHttp, isWork);
  const adapterWith = (pageSize: number): CrmAdapter =>
    createEspoAdapter({
      http: faulty.http,
      url,
      apiKey,
      fields: carried,
      pageSize,
      overlapMs: 2000,
    });
  const send = createEspoSend({ http: fetchHttp, url, apiKey });
  const change = (method: "POST" | "PUT" | "DELETE", target: string, body: CrmFields) =>
    send({ method, target, body, headers: { "x-skip-duplicate-check": "true" } }, {});
  const counts = {
    deal: ["Opportunity", "cPartnerReferral", "equals"],
    account: ["Account", "name", "like"],
    contact: ["Contact", "emailAddress", "equals"],
  } as const;
  return {
    adapter: adapterWith(200),
    fields,
    ...(keySeed === undefined ? {} : { keySeed }),
    withPageSize: adapterWith,
    callCount: faulty.callCount,
    arrange: faulty.arrange,
    createAsPerson: async (values) => {
      const amount = { amount: 0, amountCurrency: "EUR" };
      const made = await change("POST", "Opportunity", { ...amount, ...required, ...values });
      return String((made as EspoRow).id);
    },
    editAsPerson: async (id, values) => {
      await change("PUT", `Opportunity/${id}`, values);
    },
    deleteAsPerson: async (id) => {
      await change("DELETE", `Opportunity/${id}`, {});
    },
    renameContactAsPerson: async (id, firstName) => {
      const deal = (await send({ method: "GET", target: `Opportunity/${id}` }, {})) as EspoRow;
      const [first = ""] = deal.contactsIds as readonly string[];
      await change("PUT", `Contact/${first}`, { firstName: `${firstName} ${Date.now()}` });
    },
    ...(place.setHidden ? { setHidden: place.setHidden } : {}),
    count: async (kind, value) => {
      const [entity, attribute, by] = counts[kind];
      const query = { select: "id", maxSize: 10, orderBy: "createdAt", order: "asc" };
      return (await listRows({ send }, entity, [[by, attribute, value]], query, {})).length;
    },
    advance: () => {},
    close: place.close,
  };
}
