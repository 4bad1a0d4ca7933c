// One referral, one deal, whatever arrives late: on the double in every run, on a running Odoo by
// test/real-crm.
import { expect, test } from "vitest";
import { fetchHttp, type Http } from "../../runtime/index.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { describeCreateOnce } from "../conformance/create-once-suite.ts";
import { refusalOf, write } from "../conformance/steps.ts";
import { createOdooAdapter, readyOdooMapping } from "./index.ts";
import { createOdooCall, type OdooRow } from "./transport.ts";

/** How a prepared server is reached. */
export interface OdooReach {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly key: string;
}

const fields = crmFieldsOf(readyOdooMapping());

/** Describes that a key has one deal; `newKey` gives keys that were never used there. */
export function describeOdooCreateOnce(reach: () => OdooReach, newKey: () => string): void {
  const adapterWith = (http: Http) => createOdooAdapter({ ...reach(), http, fields });
  const dealsOf = async (key: string): Promise<readonly OdooRow[]> => {
    const call = createOdooCall({ ...reach(), http: fetchHttp });
    const named = { context: { active_test: false } };
    const domain = [["x_partner_referral", "=", key]];
    const names = ["name", "expected_revenue", "x_partner_sync"];
    return (await call("crm.lead", "search_read", [domain, names], {}, named)) as OdooRow[];
  };
  const isCreate = (body: string): boolean => /"crm\.lead","(?:load|create)"/.test(body);

  describeCreateOnce({
    adapterWith,
    isCreate,
    newKey,
    count: async (key) => (await dealsOf(key)).length,
    editAsPerson: async (id, values) => {
      const call = createOdooCall({ ...reach(), http: fetchHttp });
      await call("crm.lead", "write", [[Number(id)], values], {});
    },
    fields: { name: "Made once", expected_revenue: 5, x_partner_sync: true },
    edited: { name: "A person's name" },
  });

  test("values that a late create has brought give way to those of its repetition", async () => {
    const key = newKey();
    let isFirst = true;
    const first = adapterWith(fetchHttp);
    const racing = adapterWith(async (request) => {
      if (isFirst && isCreate(String(request.body))) {
        isFirst = false;
        await write(first, { key, fields: { name: "Older", expected_revenue: 1 } });
      }
      return fetchHttp(request);
    });
    const { record } = await write(racing, { key, fields: { name: "Newer", expected_revenue: 2 } });
    expect(record?.fields).toMatchObject({ name: "Newer", expected_revenue: 2 });
    expect(await dealsOf(key)).toMatchObject([{ name: "Newer", expected_revenue: 2 }]);
  });

  test("a value that doesn't fit refuses the deal by its field, and makes none", async () => {
    const key = newKey();
    const order = { key, fields: { name: "Unfit", x_partner_help: "Nothing" } };
    const refused = await refusalOf(write(adapterWith(fetchHttp), order));
    expect(refused).toMatchObject({ code: "invalid", field: "x_partner_help" });
    expect(await dealsOf(key)).toEqual([]);
  });
}
