// A real Tryton from Debian's packages on PostgreSQL: the kit of the CRM port, the setup, and the
// engine with both sides edited at random while engine and server are killed.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeCreateOnce } from "../../src/crm/conformance/create-once-suite.ts";
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
import { fetchHttp } from "../../src/runtime/index.ts";
import { trytonCalls } from "../conformance/crm-support.ts";
import { postgresForTests } from "../postgres.ts";
import { connectTryton, hasTryton, startTryton, type TestTryton } from "../tryton-server.ts";
import {
  kills,
  type NewPlayedDeal,
  type PlayedCrm,
  type PlayedDeal,
  playMs,
  playWithCrm,
} from "./crm-play-suite.ts";
import { type CrmSync, openCrmSync } from "./crm-sync.ts";
import { openTrytonWorld } from "./tryton-world.ts";

// Each call is one to a real server, and the kit makes thousands.
vi.setConfig({ testTimeout: 180_000 });

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

const onceSeed = `once-${Date.now().toString(16).slice(-8)}`;

const decimal = (value: number) => ({ __class__: "Decimal", decimal: String(value) });

interface Row {
  readonly id: number;
  readonly amount: { readonly decimal: string } | null;
  readonly comment: string | null;
  readonly partner_referral: string | null;
}

async function list(tryton: TestTryton, prefix: string): Promise<readonly PlayedDeal[]> {
  const names = ["amount", "comment", "partner_referral"];
  const domain = [["description", "like", `${prefix}%`]];
  const order = [["id", "ASC"]];
  const rows = await tryton.call("sale.opportunity.search_read", domain, 0, null, order, names);
  return (rows as readonly Row[]).map(({ amount, comment, id, partner_referral }) => ({
    id: String(id),
    referralId: partner_referral,
    dealValue: amount === null ? null : Number(amount.decimal),
    notes: comment,
  }));
}

async function create(tryton: TestTryton, deal: NewPlayedDeal): Promise<void> {
  const firstOf = async (model: string, name: string, value: unknown): Promise<number> =>
    ((await tryton.call(`${model}.search`, [[name, "=", value]])) as number[])[0] ?? 0;
  const country = await firstOf("country.country", "code", "DE");
  const postal_code = `5310${deal.number}`;
  const place = { street: "1 Weaver Street", city: "Bonn", postal_code, country };
  const customer = { name: deal.customer, addresses: [["create", [place]]] };
  const [party] = (await tryton.call("party.party.create", [customer])) as number[];
  const contact = { email: deal.email, first_name: "Pia", last_name: "Holm" };
  await tryton.call("sale.opportunity.create", [
    {
      description: deal.name,
      amount: decimal(deal.dealValue),
      party,
      address: await firstOf("party.address", "party", party),
      partner_sync: true,
      partner_consent: true,
      partner_contacts: [["create", [contact]]],
      state: "opportunity",
    },
  ]);
}

const sellersTryton = (tryton: TestTryton): PlayedCrm => ({
  name: "Tryton",
  list: (prefix) => list(tryton, prefix),
  create: (deal) => create(tryton, deal),
  edit: async (id, edit) => {
    const values = "notes" in edit ? { comment: edit.notes } : { amount: decimal(edit.dealValue) };
    await tryton.call("sale.opportunity.write", [Number(id)], values);
  },
  restart: () => tryton.restart(),
});

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
    const { id } = await write(world.adapter, { key: `measured ${world.keySeed}`, fields: own });
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

  let keys = 0;
  describeCreateOnce({
    adapterWith: (http) => createTrytonAdapter({ ...reach(), http }),
    isCreate: (body) => body.includes('"model.sale.opportunity.create"'),
    newKey: () => {
      keys += 1;
      return `${onceSeed}-${keys}`;
    },
    count: async (key) => {
      const domain = [["partner_referral", "=", key]];
      return Number(await tryton.call("sale.opportunity.search_count", domain));
    },
    editAsPerson: async (id, { description }) => {
      await tryton.call("sale.opportunity.write", [Number(id)], { description });
    },
    fields: { description: "Made once", amount: 5, partner_sync: true },
    edited: { description: "A person's name" },
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
      timeout: playMs,
    }, async () => {
      await playWithCrm(sellersTryton(tryton), sync);
    });
  });
});
