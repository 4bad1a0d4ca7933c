import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { describeCrmAdapter } from "../conformance/crm-adapter-suite.ts";
import { describeReadyMapping } from "../conformance/ready-mapping-suite.ts";
import { refusalOf } from "../conformance/steps.ts";
import { openOdooWorld } from "./conformance-world-suite.ts";
import {
  createOdooAdapter,
  inspectOdoo,
  prepareOdoo,
  readOdooFields,
  readyOdooMapping,
} from "./index.ts";
import { type OdooDouble, startOdooDouble } from "./odoo-double-suite.ts";

const mapping = readyOdooMapping();
const fields = crmFieldsOf(mapping);
const reachOf = ({ database, key, url, user }: OdooDouble) => ({
  ...{ url, database, user, key, fields },
  http: fetchHttp,
});

async function preparedDouble(): Promise<OdooDouble> {
  const double = await startOdooDouble();
  await prepareOdoo(reachOf(double));
  return double;
}

async function openStageOf(double: OdooDouble): Promise<string> {
  const { stages } = await inspectOdoo(reachOf(double));
  return stages.find(({ value }) => value.startsWith("open/"))?.value ?? "";
}

describeCrmAdapter("Odoo (protocol double)", async () => {
  const double = await preparedDouble();
  return openOdooWorld({ ...double, openStage: await openStageOf(double) });
});

describeReadyMapping("Odoo", {
  mapping,
  open: async () => {
    const double = await preparedDouble();
    return { adapter: createOdooAdapter(reachOf(double)), close: double.close };
  },
});

describe("the setup of Odoo", () => {
  let double: OdooDouble;
  beforeAll(async () => {
    double = await startOdooDouble();
  });
  afterAll(() => double.close());

  test("tells what is missing and changes nothing, then creates it once", async () => {
    const first = await inspectOdoo(reachOf(double));
    expect(first.missing.map(({ name }) => name)).toContain("field crm.lead.x_partner_referral");
    expect(first.missing).toHaveLength(14);
    expect(await inspectOdoo(reachOf(double))).toEqual(first);
    const told: string[] = [];
    await prepareOdoo(reachOf(double), (done) => told.push(done));
    expect(told).toEqual(first.missing.map(({ name }) => name));
    await prepareOdoo(reachOf(double), (done) => told.push(done));
    expect(told).toHaveLength(14);
    const after = await inspectOdoo(reachOf(double));
    expect(after).toMatchObject({ missing: [], problems: [] });
    expect(after.stages.map(({ label, value }) => [value.split("/")[0], label])).toContainEqual([
      "waiting",
      "Waiting for Partner Center",
    ]);
    const help = (await readOdooFields(reachOf(double))).find(
      ({ name }) => name === "x_partner_help",
    );
    expect(help?.choices).toHaveLength(6);
  });

  test("a key that is refused is told as unauthorized, at first and later", async () => {
    const adapter = createOdooAdapter(reachOf(double));
    expect(await adapter.read("1", {})).toBeUndefined();
    double.setKey("another");
    expect((await refusalOf(adapter.read("1", {}))).code).toBe("unauthorized");
    const other = createOdooAdapter(reachOf(double));
    expect((await refusalOf(other.read("1", {}))).code).toBe("unauthorized");
    double.setKey(double.key);
    expect(await adapter.read("1", {})).toBeUndefined();
  });
});
