// The kit against a running Odoo 17 whose data may be thrown away: docs/guides/real-crm-tests.md.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { describeCrmAdapter } from "../../src/crm/conformance/crm-adapter-suite.ts";
import { describeReadyMapping } from "../../src/crm/conformance/ready-mapping-suite.ts";
import { crmFieldsOf } from "../../src/crm/index.ts";
import { openOdooWorld } from "../../src/crm/odoo/conformance-world-suite.ts";
import { describeOdooCreateOnce } from "../../src/crm/odoo/create-once-suite.ts";
import {
  createOdooAdapter,
  inspectOdoo,
  prepareOdoo,
  readyOdooMapping,
} from "../../src/crm/odoo/index.ts";
import { createOdooCall, type OdooRow } from "../../src/crm/odoo/transport.ts";
import { fetchHttp } from "../../src/runtime/index.ts";

// Each call is one to a real server, and the kit makes thousands.
vi.setConfig({ testTimeout: 180_000 });

const { ODOO_DATABASE = "", ODOO_KEY = "", ODOO_URL = "", ODOO_USER = "" } = process.env;
const mapping = readyOdooMapping();
const place = { url: ODOO_URL, database: ODOO_DATABASE, user: ODOO_USER, key: ODOO_KEY };
const reach = {
  ...place,
  http: fetchHttp,
  fields: crmFieldsOf(mapping),
  keyField: "x_partner_referral",
};
const close = async (): Promise<void> => {};
const keySeed = Date.now().toString(16).slice(-8);

/** A new Odoo keeps its amounts in dollars; each company may have chosen otherwise. */
async function currencyOfCompany(): Promise<string> {
  const call = createOdooCall({ ...place, http: fetchHttp });
  const own = [[["login", "=", ODOO_USER]], ["company_id"]];
  const [user] = (await call("res.users", "search_read", own, {})) as readonly OdooRow[];
  const [companyId = 0] = (user?.company_id ?? []) as readonly number[];
  const named = [[companyId], ["currency_id"]];
  const [company] = (await call("res.company", "read", named, {})) as readonly OdooRow[];
  const [, code = ""] = (company?.currency_id ?? []) as readonly string[];
  return code;
}

const companyCurrency = ODOO_URL === "" ? "" : await currencyOfCompany();

describe.skipIf(ODOO_URL === "")("a real Odoo", () => {
  beforeAll(() => prepareOdoo(reach));

  test("has everything once the setup has run, and says so again", async () => {
    const { missing, problems } = await inspectOdoo(reach);
    expect({ missing, problems }).toEqual({ missing: [], problems: [] });
  });

  describeCrmAdapter("Odoo", async () => {
    await prepareOdoo(reach);
    const { stages } = await inspectOdoo(reach);
    const openStage = stages.find(({ value }) => value.startsWith("open/"))?.value ?? "";
    return openOdooWorld({ ...place, openStage, currency: companyCurrency, close }, keySeed);
  });

  let keys = 0;
  describeOdooCreateOnce(
    () => place,
    () => {
      keys += 1;
      return `${keySeed}-once-${keys}`;
    },
  );

  describeReadyMapping("Odoo", {
    mapping,
    currency: companyCurrency,
    key: `${keySeed}-ready`,
    open: async () => ({ adapter: createOdooAdapter(reach), close }),
  });
});
