import { expect, test } from "vitest";
import type { Referral } from "../../contract/index.ts";
import { createEngine } from "../engine.ts";
import { type SmallWorld, settled, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };
const capabilities = {
  stateFields: { referralId: "referralId", microsoftCrmId: "msxId", syncState: "syncState" },
};

const legs = (world: SmallWorld): readonly Referral[] => [...world.referrals.stored.values()];

/** The longest that a late request lives, and then that lists lag. */
const unseenMs = 120_000 + 300_000;

test("a co-sell deal becomes the partner's referral and then Microsoft's, in one engagement", async () => {
  const world = await smallWorld({ inviteMicrosoft: true }, {}, capabilities);
  world.crm.add(deal);
  await world.sync();
  const [own, microsoft] = legs(world);
  expect(microsoft).toMatchObject({
    engagementId: own?.engagementId,
    externalReferenceId: "c1",
    customerProfile: { name: "Contoso" },
    target: [{ type: "BusinessProfileLocation", id: "msft" }],
  });
  await world.sync();
  expect(legs(world)).toHaveLength(2);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("without the setting, or without consent to share, Microsoft isn't invited", async () => {
  const world = await smallWorld({}, {}, capabilities);
  world.crm.add(deal);
  await world.sync();
  expect(legs(world)).toHaveLength(1);
});

test("a crash between the legs resumes with the second one", async () => {
  const world = await smallWorld({ inviteMicrosoft: true }, {}, capabilities);
  world.crm.add(deal);
  const { referrals } = world;
  let made = 0;
  const dying = createEngine({
    ...world.environment,
    referrals: {
      ...referrals,
      create: (referral, options) => {
        made += 1;
        return made === 1 ? referrals.create(referral, options) : new Promise(() => {});
      },
    },
  });
  await dying.pollReferrals();
  await dying.pollCrm();
  void dying.runDue();
  await settled();
  expect(legs(world)).toHaveLength(1);
  expect((await world.onlyPair()).state).toBe("inviting-microsoft");
  await world.restart();
  while ((await world.engine.runDue()) > 0);
  await world.clock.advance(unseenMs);
  await world.sync();
  expect(legs(world)).toHaveLength(2);
});

test("a lost answer to the second leg is probed by engagement and target, and not taken for the first", async () => {
  const world = await smallWorld({ inviteMicrosoft: true }, {}, capabilities);
  world.crm.add(deal);
  const { referrals } = world;
  let made = 0;
  const engine = createEngine({
    ...world.environment,
    referrals: {
      ...referrals,
      create: (referral, options) => {
        made += 1;
        if (made === 2) referrals.faults.push({ method: "create", fault: "timeout-after" });
        return referrals.create(referral, options);
      },
    },
  });
  const sync = async (): Promise<void> => {
    await engine.pollReferrals();
    await engine.pollCrm();
    while ((await engine.runDue()) > 0);
  };
  await sync();
  await world.clock.advance(unseenMs);
  await sync();
  expect(made).toBe(2);
  expect(legs(world)).toHaveLength(2);
  expect((await world.onlyPair()).invitation).toBe("done");
});

test("the id in Microsoft's CRM reaches the deal, from Microsoft's side of the engagement", async () => {
  const world = await smallWorld({ inviteMicrosoft: true }, {}, capabilities);
  world.crm.add(deal);
  await world.sync();
  world.referrals.edit("r2", { "/trackingInfo/microsoftMsxId": "MSX-1" });
  await world.sync();
  await world.sync();
  expect(world.crm.records.get("c1")?.fields.msxId).toBe("MSX-1");
  const upserts = world.crm.calls.filter((call) => call === "upsert").length;
  await world.clock.advance(60_000);
  await world.sync();
  expect(world.crm.calls.filter((call) => call === "upsert")).toHaveLength(upserts);
});

test("of two sides of Microsoft's that are placed at the same time, the younger one is asked about", async () => {
  const world = await smallWorld({}, {}, capabilities);
  world.crm.add(deal);
  await world.sync();
  const { engagementId } = legs(world)[0] ?? expect.unreachable();
  const target = [{ type: "BusinessProfileLocation", id: "msft" }] as Referral["target"];
  const add = (): string =>
    world.referrals.add({ engagementId, target, status: "New", substatus: "Pending" });
  const [elder, younger] = [add(), add()];
  await world.engine.pollReferrals();
  const rows = await world.ledger.pairsByReferral([younger, elder]);
  await Promise.all([...rows.values()].map(({ id }) => world.engine.reconcile(id)));
  const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
  expect(questions.map(({ kind, pairId }) => [kind, pairId])).toEqual([
    ["double", rows.get(younger)?.id],
  ]);
});
