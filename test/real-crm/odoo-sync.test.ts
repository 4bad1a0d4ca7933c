// The engine against a running Odoo 17: both sides edited, the engine killed, then equality.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOdooCall, type OdooRow } from "../../src/crm/odoo/transport.ts";
import { fetchHttp, seededRandom } from "../../src/runtime/index.ts";
import { type CrmSync, openCrmSync } from "../e2e/crm-sync.ts";
import { eventually } from "../e2e/processes.ts";

const { ODOO_DATABASE = "", ODOO_KEY = "", ODOO_URL = "", ODOO_USER = "" } = process.env;
const kills = Number(process.env.KILLS ?? 3);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const deals = 4;
const settleMs = 120_000;

describe.skipIf(ODOO_URL === "")("a real Odoo with the engine", () => {
  const reach = { url: ODOO_URL, database: ODOO_DATABASE, user: ODOO_USER };
  const call = createOdooCall({ ...reach, key: ODOO_KEY, http: fetchHttp });
  let sync: CrmSync;
  beforeAll(async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own variable
    const section = { kind: "odoo", ...reach, apiKey: "${ODOO_KEY}", overlapSeconds: 3 };
    sync = await openCrmSync(section, { ODOO_KEY });
  }, 60_000);
  afterAll(() => sync?.close());

  const rows = async (): Promise<readonly OdooRow[]> => {
    const names = ["expected_revenue", "x_partner_referral"];
    const domain = [["name", "like", `Played deal ${seed} %`]];
    const named = { order: "id asc" };
    return (await call("crm.lead", "search_read", [domain, names], {}, named)) as OdooRow[];
  };

  test(`after ${kills} kills both sides are equal and nothing is doubled`, {
    timeout: 180_000 + kills * 30_000,
  }, async () => {
    console.log(`Odoo: SEED=${seed}, ${kills} kills`);
    const random = seededRandom(seed);
    const below = (limit: number): number => Math.floor(random.fraction() * limit);
    const countries = await call("res.country", "search", [[["code", "=", "DE"]]], {});
    const [country_id = false] = countries as readonly number[];
    for (let number = 1; number <= deals; number += 1) {
      const company = { name: `Played customer ${seed} ${number}`, is_company: true, country_id };
      const partner_id = await call("res.partner", "create", [company], {});
      const email = `p${seed}-${number}@played.example`;
      const person = { name: "Pia Holm", email, parent_id: partner_id };
      const contact = await call("res.partner", "create", [person], {});
      const deal = {
        name: `Played deal ${seed} ${number}`,
        type: "opportunity",
        expected_revenue: 1000 * number,
        partner_id,
        x_partner_sync: true,
        x_partner_consent: true,
        x_partner_contacts: [[6, 0, [contact]]],
      };
      await call("crm.lead", "create", [deal], {});
    }
    await sync.start();
    const isLinked = (found: readonly OdooRow[]): boolean =>
      found.length === deals && found.every((row) => row.x_partner_referral);
    const { answer: linked } = await eventually(rows, isLinked, settleMs);
    let edits = 0;
    const editSomething = async (): Promise<void> => {
      const row = linked[below(deals)];
      edits += 1;
      const value = 10_000 + edits * 10;
      if (below(2) === 0) {
        await call("crm.lead", "write", [[row?.id ?? 0], { expected_revenue: value }], {});
        return;
      }
      const referral = await sync.client.getReferral(String(row?.x_partner_referral));
      await sync.client.patchReferral(referral, [
        { op: "replace", path: "/details/dealValue", value },
      ]);
    };
    for (let round = 0; round < kills; round += 1) {
      for (let turn = 0; turn < 3; turn += 1) await editSomething();
      await sync.kill();
      await editSomething();
      await sync.start();
    }
    const compare = async (): Promise<readonly unknown[]> => {
      const unequal: unknown[] = [];
      for (const row of await rows()) {
        const { details } = await sync.client.getReferral(String(row.x_partner_referral));
        const shown = await sync.ask<{ questions: { field?: string }[] }>(`/api/deals/${row.id}`);
        const isAsked = shown.questions.some(({ field }) => field === "dealValue");
        if (row.expected_revenue !== details?.dealValue && !isAsked) unequal.push(row.id);
      }
      return unequal;
    };
    await eventually(compare, (unequal) => unequal.length === 0, settleMs);
    expect(isLinked(await rows())).toBe(true);
    let referrals = 0;
    for await (const { name } of sync.client.listReferrals()) {
      if (name?.startsWith(`Played deal ${seed} `)) referrals += 1;
    }
    expect(referrals).toBe(deals);
  });
});
