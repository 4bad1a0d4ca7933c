// The engine against a running Odoo 17: both sides edited, the engine killed, then equality.
import { afterAll, beforeAll, describe, test } from "vitest";
import { createOdooCall, type OdooRow } from "../../src/crm/odoo/transport.ts";
import { fetchHttp } from "../../src/runtime/index.ts";
import { kills, type PlayedCrm, playMs, playWithCrm } from "../e2e/crm-play-suite.ts";
import { type CrmSync, openCrmSync } from "../e2e/crm-sync.ts";

const { ODOO_DATABASE = "", ODOO_KEY = "", ODOO_URL = "", ODOO_USER = "" } = process.env;
const reach = { url: ODOO_URL, database: ODOO_DATABASE, user: ODOO_USER };

/** What a text stands for that Odoo keeps as HTML. */
const plain = (html: unknown): string | null =>
  typeof html === "string" && html !== "" ? html.replaceAll(/<[^>]*>/g, "") : null;

function sellersOdoo(): PlayedCrm {
  const call = createOdooCall({ ...reach, key: ODOO_KEY, http: fetchHttp });
  return {
    name: "Odoo",
    list: async (prefix) => {
      const names = ["expected_revenue", "description", "x_partner_referral"];
      const domain = [["name", "like", `${prefix}%`]];
      const named = { order: "id asc" };
      const rows = await call("crm.lead", "search_read", [domain, names], {}, named);
      return (rows as readonly OdooRow[]).map((row) => ({
        id: String(row.id),
        referralId: row.x_partner_referral ? String(row.x_partner_referral) : null,
        dealValue: Number(row.expected_revenue),
        notes: plain(row.description),
      }));
    },
    create: async ({ customer, dealValue, email, name }) => {
      const countries = await call("res.country", "search", [[["code", "=", "DE"]]], {});
      const [country_id = false] = countries as readonly number[];
      const company = { name: customer, is_company: true, country_id };
      const partner_id = await call("res.partner", "create", [company], {});
      const person = { name: "Pia Holm", email, parent_id: partner_id };
      const contact = await call("res.partner", "create", [person], {});
      const marks = { x_partner_sync: true, x_partner_consent: true };
      const links = { partner_id, x_partner_contacts: [[6, 0, [contact]]] };
      const deal = { name, type: "opportunity", expected_revenue: dealValue, ...marks, ...links };
      await call("crm.lead", "create", [deal], {});
    },
    edit: async (id, edit) => {
      const values =
        "notes" in edit ? { description: edit.notes } : { expected_revenue: edit.dealValue };
      await call("crm.lead", "write", [[Number(id)], values], {});
    },
  };
}

describe.skipIf(ODOO_URL === "")("a real Odoo with the engine", () => {
  let sync: CrmSync;
  beforeAll(async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own variable
    const section = { kind: "odoo", ...reach, apiKey: "${ODOO_KEY}", overlapSeconds: 3 };
    sync = await openCrmSync(section, { ODOO_KEY });
  }, 60_000);
  afterAll(() => sync?.close());

  test(`after ${kills} kills both sides are equal and nothing is doubled`, {
    timeout: playMs,
  }, async () => {
    await playWithCrm(sellersOdoo(), sync);
  });
});
