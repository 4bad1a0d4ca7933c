// The engine against a running EspoCRM 8 or 9: both sides edited, the engine killed, then equality.
import { afterAll, beforeAll, describe, test } from "vitest";
import type { EspoRow } from "../../src/crm/espocrm/mapping.ts";
import { listRows } from "../../src/crm/espocrm/read-deals.ts";
import { createEspoSend } from "../../src/crm/espocrm/transport.ts";
import { fetchHttp } from "../../src/runtime/index.ts";
import { kills, type PlayedCrm, playMs, playWithCrm } from "../e2e/crm-play-suite.ts";
import { type CrmSync, openCrmSync } from "../e2e/crm-sync.ts";

const { ESPOCRM_API_KEY = "", ESPOCRM_URL = "" } = process.env;

function sellersEspo(): PlayedCrm {
  const send = createEspoSend({ http: fetchHttp, url: ESPOCRM_URL, apiKey: ESPOCRM_API_KEY });
  const make = async (target: string, body: EspoRow): Promise<string> => {
    const headers = { "x-skip-duplicate-check": "true" };
    return String(((await send({ method: "POST", target, body, headers }, {})) as EspoRow).id);
  };
  return {
    name: "EspoCRM",
    list: async (prefix) => {
      const select = "amount,description,cPartnerReferral";
      const query = { select, maxSize: 50, orderBy: "id", order: "asc" };
      const where = [["startsWith", "name", prefix]] as const;
      const rows = await listRows({ send }, "Opportunity", where, query, {});
      return rows.map(({ amount, cPartnerReferral, description, id }) => ({
        id: String(id),
        referralId: cPartnerReferral ? String(cPartnerReferral) : null,
        dealValue: typeof amount === "number" ? amount : null,
        notes: description ? String(description) : null,
      }));
    },
    create: async ({ customer, dealValue, email, name, number }) => {
      const account = { name: customer, billingAddressCountry: "Germany" };
      const accountId = await make("Account", account);
      const phoneNumber = `+4930555${1000 + number}`;
      const person = { firstName: "Pia", lastName: "Holm", emailAddress: email, phoneNumber };
      const contactsIds = [await make("Contact", { ...person, accountId })];
      const marks = { cPartnerSync: true, cPartnerConsent: true };
      const links = { accountId, contactsIds };
      const deal = { name, amount: dealValue, closeDate: "2031-05-04", ...marks, ...links };
      await make("Opportunity", deal);
    },
    edit: async (id, edit) => {
      const body = "notes" in edit ? { description: edit.notes } : { amount: edit.dealValue };
      await send({ method: "PUT", target: `Opportunity/${id}`, body }, {});
    },
  };
}

describe.skipIf(ESPOCRM_URL === "")("a real EspoCRM with the engine", () => {
  let sync: CrmSync;
  beforeAll(async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own variable
    const section = { kind: "espocrm", url: ESPOCRM_URL, apiKey: "${ESPOCRM_API_KEY}" };
    sync = await openCrmSync({ ...section, overlapSeconds: 3 }, { ESPOCRM_API_KEY });
  }, 60_000);
  afterAll(() => sync?.close());

  test(`after ${kills} kills both sides are equal and nothing is doubled`, {
    timeout: playMs,
  }, async () => {
    await playWithCrm(sellersEspo(), sync);
  });
});
