import { expect, test } from "vitest";
import type { Referral } from "../../contract/index.ts";
import { createEngine } from "../engine.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";

const team = [{ email: "kim@contoso.example" }];
const deal = {
  share: true,
  name: "Migration",
  customer: "Contoso",
  dealValue: 1,
  stage: "Open",
  consent: true,
  team,
};
/** The longest that a late request lives, and then that lists lag. */
const unseenMs = 120_000 + 300_000;

/** A deal whose referral was sent without an answer; by default it never arrived. */
async function lost(
  fault: "timeout-before" | "timeout-after" = "timeout-before",
): Promise<SmallWorld> {
  const world = await smallWorld();
  world.crm.add(deal);
  world.referrals.faults.push({ method: "create", fault });
  await world.sync();
  expect((await world.onlyPair()).state).toBe("probing");
  return world;
}

async function later(world: SmallWorld): Promise<readonly Referral[]> {
  await world.clock.advance(unseenMs);
  await world.sync();
  return [...world.referrals.stored.values()];
}

test("a create isn't repeated for a deal whose mark was taken away while it was waited for", async () => {
  const world = await lost();
  world.crm.edit("c1", { share: false });
  expect(await later(world)).toEqual([]);
  expect(await world.onlyPair()).toMatchObject({ state: "unshared", creation: undefined });
  world.crm.edit("c1", { share: true });
  expect(await later(world)).toHaveLength(1);
});

test("a repeated create leaves contact data behind for which the consent was withdrawn", async () => {
  const world = await lost();
  world.crm.edit("c1", { consent: false });
  const [referral] = await later(world);
  expect(referral).toMatchObject({ name: "Migration" });
  expect(referral?.customerProfile?.team).toBeUndefined();
});

test("a create isn't repeated for a deal that can't be seen, and is once it can", async () => {
  const world = await lost();
  const { crm } = world;
  const hidden = { ...crm, read: async () => undefined };
  const whole = world.engine;
  world.engine = createEngine({ ...world.environment, crm: hidden });
  expect(await later(world)).toEqual([]);
  world.engine = whole;
  crm.edit("c1", { dealValue: 2 });
  const [referral] = await later(world);
  expect(referral?.details?.dealValue).toBe(2);
});

test("a repeated create is the same request where nothing was withdrawn, and what was edited follows", async () => {
  const world = await lost();
  const requestId = (await world.onlyPair()).creation?.requestId;
  world.crm.edit("c1", { dealValue: 2 });
  const [referral] = await later(world);
  expect(referral?.details?.dealValue).toBe(2);
  const history = await world.ledger.history((await world.onlyPair()).id);
  expect(history.find(({ kind }) => kind === "created")?.correlationId).toBe(requestId);
});

test("a referral that had arrived is linked also where the deal's mark was taken away meanwhile", async () => {
  const world = await lost("timeout-after");
  world.crm.edit("c1", { share: false, dealValue: 2 });
  await world.engine.pollCrm();
  await world.sync();
  expect((await world.onlyPair()).state).toBe("in-step");
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(2);
});
