// A real Tryton from Debian's packages on PostgreSQL: the kit of the CRM port, the setup, and the
// engine with
// both sides edited at random while engine and server are killed. KILLS=20 lengthens it; SEED=n
// repeats it.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeCrmAdapter } from "../../src/crm/conformance/crm-adapter-suite.ts";
import { describeReadyMapping } from "../../src/crm/conformance/ready-mapping-suite.ts";
import { lastWatermark, walk, write } from "../../src/crm/conformance/steps.ts";
import { crmFieldsOf } from "../../src/crm/index.ts";
import {
  createTrytonAdapter,
  inspectTryton,
  readTrytonFields,
  readyTrytonMapping,
} from "../../src/crm/tryton/index.ts";
import { fetchHttp, seededRandom } from "../../src/runtime/index.ts";
import { trytonCalls } from "../conformance/crm-support.ts";
import { postgresForTests } from "../postgres.ts";
import { connectTryton, hasTryton, startTryton, type TestTryton } from "../tryton-server.ts";
import { type CrmSync, openCrmSync } from "./crm-sync.ts";
import { eventually } from "./processes.ts";
import { openTrytonWorld } from "./tryton-world.ts";

// Each call is one to a real server, and the kit makes thousands.
vi.setConfig({ testTimeout: 180_000 });

const kills = Number(process.env.KILLS ?? 3);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const { TRYTON_ADMIN_PASSWORD = "", TRYTON_URL } = process.env;
const postgres = await postgresForTests();
const canRun = TRYTON_URL !== undefined || (postgres !== undefined && hasTryton());

/** The server at TRYTON_URL, or one of our own. */
async function openTryton(): Promise<TestTryton> {
  if (TRYTON_URL !== undefined) {
    const connected = await connectTryton(TRYTON_URL, TRYTON_ADMIN_PASSWORD);
    return { ...connected, restart: async () => {}, stop: async () => {} };
  }
  if (!postgres) throw new Error("there is no PostgreSQL");
  return startTryton((await postgres.createDatabase()).url);
}

const deals = 5;
const settleMs = 60_000;

interface Row {
  readonly id: number;
  readonly amount: { readonly decimal: string } | null;
  readonly comment: string | null;
  readonly partner_referral: string | null;
  readonly partner_error: string | null;
}

async function rowsOf(tryton: TestTryton): Promise<readonly Row[]> {
  const names = ["amount", "comment", "partner_referral", "partner_error"];
  const domain = [["description", "like", `Played deal ${seed} %`]];
  const order = [["id", "ASC"]];
  const rows = await tryton.call("sale.opportunity.search_read", domain, 0, null, order, names);
  return rows as readonly Row[];
}

const decimal = (value: number) => ({ __class__: "Decimal", decimal: String(value) });

async function createDeals(tryton: TestTryton): Promise<void> {
  const [country] = (await tryton.call("country.country.search", [
    ["code", "=", "DE"],
  ])) as number[];
  for (let number = 1; number <= deals; number += 1) {
    const place = {
      street: "1 Weaver Street",
      city: "Bonn",
      postal_code: `5310${number}`,
      country,
    };
    const party = (await tryton.call("party.party.create", [
      { name: `Played customer ${seed} ${number}`, addresses: [["create", [place]]] },
    ])) as number[];
    const addresses = (await tryton.call("party.address.search", [
      ["party", "=", party[0]],
    ])) as number[];
    const contact = {
      email: `person${number}@played.example`,
      first_name: "Pia",
      last_name: "Holm",
    };
    await tryton.call("sale.opportunity.create", [
      {
        description: `Played deal ${seed} ${number}`,
        amount: decimal(1000 * number),
        party: party[0],
        address: addresses[0],
        partner_sync: true,
        partner_consent: true,
        partner_contacts: [["create", [contact]]],
        state: "opportunity",
      },
    ]);
  }
}

/** Edits both sides at random, kills the engine each round and the server once, and compares. */
async function playWith(tryton: TestTryton, sync: CrmSync): Promise<void> {
  console.log(`Tryton: SEED=${seed}, ${kills} kills`);
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  await createDeals(tryton);
  await sync.start();
  const linked = await eventually(
    () => rowsOf(tryton),
    (rows) => rows.length === deals && rows.every((row) => row.partner_referral),
    settleMs,
  );
  let edits = 0;
  const editSomething = async (): Promise<void> => {
    const row = linked.answer[below(deals)];
    if (!row?.partner_referral) throw new Error("the deal isn't linked");
    edits += 1;
    const isAmount = below(2) === 0;
    const value = 10_000 + edits * 10 + below(10);
    if (below(2) === 0) {
      const change = isAmount ? { amount: decimal(value) } : { comment: `by phone: ${value}` };
      await tryton.call("sale.opportunity.write", [row.id], change);
      return;
    }
    const referral = await sync.client.getReferral(row.partner_referral);
    const path = isAmount ? "/details/dealValue" : "/details/notes";
    const text = isAmount ? value : `by mail: ${value}`;
    await sync.client.patchReferral(referral, [{ op: "replace", path, value: text }]);
  };
  for (let round = 0; round < kills; round += 1) {
    for (let turn = 0; turn < 4; turn += 1) await editSomething();
    await new Promise((wake) => setTimeout(wake, below(600)));
    await sync.kill();
    if (round === 1) await tryton.restart();
    await editSomething();
    await sync.start();
  }
  const compare = async () => {
    const unequal: string[] = [];
    for (const row of await rowsOf(tryton)) {
      const { details } = await sync.client.getReferral(row.partner_referral ?? "");
      const shown = await sync.ask<{ questions: { field?: string }[] }>(`/api/deals/${row.id}`);
      const asked = new Set(shown.questions.map(({ field }) => field));
      const amount = row.amount === null ? null : Number(row.amount.decimal);
      if (amount !== details?.dealValue && !asked.has("dealValue"))
        unequal.push(`${row.id} amount`);
      if ((row.comment ?? "") !== (details?.notes ?? "") && !asked.has("notes")) {
        unequal.push(`${row.id} notes`);
      }
    }
    return unequal;
  };
  await eventually(compare, (unequal) => unequal.length === 0, settleMs);
  const after = await rowsOf(tryton);
  expect(after).toHaveLength(deals);
  expect(new Set(after.map((row) => row.partner_referral)).size).toBe(deals);
  let referrals = 0;
  for await (const { name } of sync.client.listReferrals()) {
    if (name?.startsWith(`Played deal ${seed} `)) referrals += 1;
  }
  expect(referrals).toBe(deals);
}

describe.skipIf(!canRun)("a real Tryton", () => {
  let tryton: TestTryton;
  beforeAll(async () => {
    tryton = await openTryton();
  }, 300_000);
  afterAll(() => tryton?.stop());

  describeCrmAdapter("Tryton", async () => openTrytonWorld(tryton));

  const mapping = readyTrytonMapping();
  const fields = crmFieldsOf(mapping);
  const reach = () => {
    const { password, url, user } = tryton;
    return { http: fetchHttp, url, user, password, fields };
  };

  test("a changed field and a quiet poll cost what the table of CRMs says", async () => {
    const world = openTrytonWorld(tryton);
    const own = { description: "Measured", amount: 1 };
    const { id } = await write(world.adapter, { key: `measured ${seed}`, fields: own });
    const record = await world.adapter.read(id, {});
    const order = { key: "change", recordId: id, expectedVersion: record?.version ?? "" };
    const before = world.callCount();
    await write(world.adapter, { ...order, fields: { amount: 2 } });
    expect(world.callCount() - before).toBe(trytonCalls.change);
    const walkOn = async (since: string) => lastWatermark(await walk(world.adapter, since));
    const watermark = await walkOn(await walkOn(""));
    const quiet = world.callCount();
    await walkOn(watermark);
    expect(world.callCount() - quiet).toBe(trytonCalls.rest);
  });

  test("the setup finds everything, and reads stages and fields from the server", async () => {
    const found = await inspectTryton(reach());
    expect(found).toMatchObject({ user: "sync", missing: [], problems: [] });
    expect(found.stages).toContainEqual({ value: "lead", label: "Lead" });
    const help = (await readTrytonFields(reach())).find(({ name }) => name === "partner_help");
    expect(help?.choices).toContainEqual({
      value: "QuotesOrLicensing",
      label: "Quotes or licensing",
    });
  });

  test("the setup names what the mapping needs and the server lacks", async () => {
    const wrong = { ...reach(), fields: [...fields, "forecast", "partner_forecast"] };
    const { missing, problems } = await inspectTryton(wrong);
    expect(missing.map(({ name }) => name)).toEqual(["field sale.opportunity.partner_forecast"]);
    expect(problems.map(({ sentence }) => sentence)).toEqual([
      "the mapping names forecast, which isn't there",
    ]);
  });

  describeReadyMapping("Tryton", {
    mapping,
    open: async () => ({ adapter: createTrytonAdapter(reach()), close: async () => {} }),
  });

  describe("with the engine", () => {
    let sync: CrmSync;
    beforeAll(async () => {
      const { password, url, user } = tryton;
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own variable
      const section = { kind: "tryton", url, user, password: "${TRYTON_PASSWORD}" };
      sync = await openCrmSync({ ...section, overlapSeconds: 3 }, { TRYTON_PASSWORD: password });
    }, 60_000);
    afterAll(() => sync?.close());

    test(`after ${kills} kills both sides are equal and nothing is doubled`, {
      timeout: 120_000 + kills * 20_000,
    }, async () => {
      await playWith(tryton, sync);
    });
  });
});
