// Odoo's automation rule wakes the engine: with a protocol double, or the running Odoo that the
// environment names (docs/guides/real-crm-tests.md).
import { afterAll, beforeAll, expect, test } from "vitest";
import { crmFieldsOf } from "../../src/crm/index.ts";
import { prepareOdoo, readyOdooMapping } from "../../src/crm/odoo/index.ts";
import { startOdooDouble } from "../../src/crm/odoo/odoo-double-suite.ts";
import { createOdooCall, type OdooCall, type OdooRow } from "../../src/crm/odoo/transport.ts";
import { fetchHttp } from "../../src/runtime/index.ts";
import { type CrmSync, openCrmSync } from "./crm-sync.ts";
import { eventually, freePort } from "./processes.ts";

const { ODOO_DATABASE = "", ODOO_KEY = "", ODOO_URL = "", ODOO_USER = "" } = process.env;
const token = "4f7tqXn2n0cUu3oYw0s9Zb1kJ6aQ8dLx";
const settleMs = 60_000;

let call: OdooCall;
let publicUrl = "";
let sync: CrmSync;
let closeCrm = async (): Promise<void> => {};

async function reachedOdoo() {
  if (ODOO_URL !== "") {
    return { url: ODOO_URL, database: ODOO_DATABASE, user: ODOO_USER, key: ODOO_KEY };
  }
  const double = await startOdooDouble();
  closeCrm = double.close;
  const { database, key, url, user } = double;
  return { url, database, user, key };
}

beforeAll(async () => {
  const reach = await reachedOdoo();
  const { key, ...place } = reach;
  const port = await freePort();
  publicUrl = `http://127.0.0.1:${port}`;
  call = createOdooCall({ ...reach, http: fetchHttp });
  const fields = crmFieldsOf(readyOdooMapping());
  const webhookUrl = `${publicUrl}/webhooks/crm/${token}`;
  await prepareOdoo({ ...reach, http: fetchHttp, fields, webhookUrl });
  const section = {
    ...{ kind: "odoo", ...place },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own variables
    ...{ apiKey: "${ODOO_KEY}", webhook: { publicUrl, token: "${ODOO_WEBHOOK_TOKEN}" } },
  };
  const secrets = { ODOO_KEY: key, ODOO_WEBHOOK_TOKEN: token };
  // The poll alone would take an hour.
  sync = await openCrmSync(section, secrets, { pollCrmSeconds: 3_600, port });
}, 60_000);
afterAll(async () => {
  await sync?.close();
  if (ODOO_URL !== "") {
    const domain = [["action_server_ids.webhook_url", "like", publicUrl]];
    const rules = await call("base.automation", "search", [domain], {});
    await call("base.automation", "unlink", [rules ?? []], {});
  }
  await closeCrm();
});

const idOf = (made: unknown): number => Number(Array.isArray(made) ? made[0] : made);

test("an edit in Odoo reaches its referral though the poll sleeps, and only by the right address", {
  timeout: 3 * settleMs,
}, async () => {
  const countries = await call("res.country", "search", [[["code", "=", "DE"]]], {});
  const [country_id = false] = countries as readonly number[];
  const customer = { name: `Woken customer ${publicUrl}`, is_company: true, country_id };
  const partner_id = idOf(await call("res.partner", "create", [customer], {}));
  const person = { name: "Pia Holm", email: "pia@woken.example", parent_id: partner_id };
  const contact = idOf(await call("res.partner", "create", [person], {}));
  await sync.start();
  const deal = {
    ...{ name: `Woken deal ${publicUrl}`, type: "opportunity", expected_revenue: 1000, partner_id },
    ...{ x_partner_sync: true, x_partner_consent: true },
    x_partner_contacts: [[6, 0, [contact]]],
  };
  const id = idOf(await call("crm.lead", "create", [deal], {}));
  const keyOf = async (): Promise<string> => {
    const rows = await call("crm.lead", "read", [[id], ["x_partner_referral"]], {});
    return String((rows as readonly OdooRow[])[0]?.x_partner_referral || "");
  };
  const { answer: referralId } = await eventually(keyOf, (key) => key !== "", settleMs);
  await call("crm.lead", "write", [[id], { expected_revenue: 2000 }], {});
  const dealValue = async () => (await sync.client.getReferral(referralId)).details?.dealValue;
  const { answer } = await eventually(dealValue, (value) => value === 2000, settleMs);
  expect(answer).toBe(2000);
  const headers = { "content-type": "application/json" };
  const send = (ending: string) =>
    fetch(`${publicUrl}/webhooks/crm${ending}`, { method: "POST", headers, body: "{}" });
  expect((await send("")).status).toBe(401);
  expect((await send("/another")).status).toBe(401);
});
