import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { dealExternalId } from "./create-once.ts";
import { describeOdooCreateOnce } from "./create-once-suite.ts";
import { prepareOdoo, readyOdooMapping } from "./index.ts";
import { type OdooDouble, startOdooDouble } from "./odoo-double-suite.ts";

describe("in Odoo (protocol double)", () => {
  let double: OdooDouble;
  beforeAll(async () => {
    double = await startOdooDouble();
    const fields = crmFieldsOf(readyOdooMapping());
    await prepareOdoo({ ...double, http: fetchHttp, fields });
  });
  afterAll(() => double.close());

  let keys = 0;
  describeOdooCreateOnce(
    () => double,
    () => {
      keys += 1;
      return `once-${keys}`;
    },
  );
});

test("each key has an external id of its own, without what Odoo forbids there", () => {
  const keys = ["a1-b_2", "a b", "a.b", "a~20~b", "ä", "A"];
  const ids = keys.map(dealExternalId);
  expect(new Set(ids).size).toBe(keys.length);
  for (const id of ids) expect(id).toMatch(/^partner_referrals\.[\w~-]+$/);
});
