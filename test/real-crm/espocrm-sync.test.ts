// The engine against a running EspoCRM 8: both sides edited, the engine killed, then equality.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EspoRow } from "../../src/crm/espocrm/mapping.ts";
import { listRows } from "../../src/crm/espocrm/read-deals.ts";
import { createEspoSend } from "../../src/crm/espocrm/transport.ts";
import { fetchHttp, seededRandom } from "../../src/runtime/index.ts";
import { type CrmSync, openCrmSync } from "../e2e/crm-sync.ts";
import { eventually } from "../e2e/processes.ts";

const { ESPOCRM_API_KEY = "", ESPOCRM_URL = "" } = process.env;
const kills = Number(process.env.KILLS ?? 3);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const deals = 4;
const settleMs = 120_000;

describe.skipIf(ESPOCRM_URL === "")("a real EspoCRM with the engine", () => {
  const send = createEspoSend({ http: fetchHttp, url: ESPOCRM_URL, apiKey: ESPOCRM_API_KEY });
  const create = async (target: string, body: EspoRow): Promise<string> => {
    const headers = { "x-skip-duplicate-check": "true" };
    return String(((await send({ method: "POST", target, body, headers }, {})) as EspoRow).id);
  };
  let sync: CrmSync;
  beforeAll(async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own variable
    const section = { kind: "espocrm", url: ESPOCRM_URL, apiKey: "${ESPOCRM_API_KEY}" };
    sync = await openCrmSync({ ...section, overlapSeconds: 3 }, { ESPOCRM_API_KEY });
  }, 60_000);
  afterAll(() => sync?.close());

  const rows = (): Promise<readonly EspoRow[]> => {
    const query = { select: "amount,cPartnerReferral", maxSize: 50, orderBy: "id", order: "asc" };
    const where = [["startsWith", "name", `Played deal ${seed} `]] as const;
    return listRows({ send }, "Opportunity", where, query, {});
  };

  const createDeal = async (number: number): Promise<void> => {
    const name = `Played customer ${seed} ${number}`;
    const accountId = await create("Account", { name, billingAddressCountry: "Germany" });
    const contact = await create("Contact", {
      firstName: "Pia",
      lastName: "Holm",
      emailAddress: `p${seed}-${number}@played.example`,
      phoneNumber: `+4930555${1000 + number}`,
      accountId,
    });
    await create("Opportunity", {
      name: `Played deal ${seed} ${number}`,
      amount: 1000 * number,
      closeDate: "2031-05-04",
      cPartnerSync: true,
      cPartnerConsent: true,
      accountId,
      contactsIds: [contact],
    });
  };

  const isLinked = (found: readonly EspoRow[]): boolean =>
    found.length === deals && found.every((row) => row.cPartnerReferral);

  const unequal = async (): Promise<readonly unknown[]> => {
    const found: unknown[] = [];
    for (const row of await rows()) {
      const { details } = await sync.client.getReferral(String(row.cPartnerReferral));
      const shown = await sync.ask<{ questions: { field?: string }[] }>(`/api/deals/${row.id}`);
      const isAsked = shown.questions.some(({ field }) => field === "dealValue");
      if (row.amount !== details?.dealValue && !isAsked) found.push(row.id);
    }
    return found;
  };

  test(`after ${kills} kills both sides are equal and nothing is doubled`, {
    timeout: 180_000 + kills * 30_000,
  }, async () => {
    console.log(`EspoCRM: SEED=${seed}, ${kills} kills`);
    const random = seededRandom(seed);
    const below = (limit: number): number => Math.floor(random.fraction() * limit);
    for (let number = 1; number <= deals; number += 1) await createDeal(number);
    await sync.start();
    const { answer: linked } = await eventually(rows, isLinked, settleMs);
    let edits = 0;
    const editSomething = async (): Promise<void> => {
      const row = linked[below(deals)];
      edits += 1;
      const value = 10_000 + edits * 10;
      if (below(2) === 0) {
        const target = `Opportunity/${row?.id}`;
        await send({ method: "PUT", target, body: { amount: value } }, {});
        return;
      }
      const referral = await sync.client.getReferral(String(row?.cPartnerReferral));
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
    await eventually(unequal, (found) => found.length === 0, settleMs);
    expect(isLinked(await rows())).toBe(true);
    let referrals = 0;
    for await (const { name } of sync.client.listReferrals()) {
      if (name?.startsWith(`Played deal ${seed} `)) referrals += 1;
    }
    expect(referrals).toBe(deals);
  });
});
