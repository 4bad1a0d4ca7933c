import { expect, test } from "vitest";
import { createEngine } from "./engine.ts";
import { smallWorld } from "./small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

test("an engine stops at once, though its work waits for the budget, and its next life goes on", async () => {
  const world = await smallWorld({ isApproved: true });
  const id = world.crm.add(deal);
  await world.sync();
  const { quotaOwner } = world.environment.settings;
  const budget = await world.ledger.budget(quotaOwner);
  if (!budget) throw new Error("the budget was never used");
  const blockedUntil = world.clock.now() + 60_000;
  const blocked = { ...budget, revision: budget.revision + 1, blockedUntil };
  expect(await world.ledger.swapBudget(quotaOwner, budget.revision, blocked)).toBe(true);

  const engine = createEngine(world.environment);
  const running = engine.start();
  world.crm.edit(id, { dealValue: 2 });
  await engine.pollCrm();
  await world.clock.advance(5_000);
  expect((await world.onlyPair()).due).toBeDefined();
  // Nothing moves the clock from here on: who waits for the budget would wait for ever.
  await engine.stop();
  await running;
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(1);

  const next = createEngine(world.environment);
  const nextRunning = next.start();
  await world.clock.advance(90_000);
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(2);
  await next.stop();
  await nextRunning;
});
