import { expect, test } from "vitest";
import { settled, smallWorld } from "../small-world-suite.ts";

test("audits that are asked for at once are one, and those that are asked for meanwhile share the next", async () => {
  const world = await smallWorld();
  await world.sync();
  const lists = (): number => world.referrals.calls.filter((call) => call === "list").length;
  const before = lists();
  await world.engine.auditSweep();
  const ofOne = lists() - before;
  const { listPage } = world.referrals;
  let goOn = (): void => {};
  const isHeld = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  Object.assign(world.referrals, {
    listPage: async (query: Parameters<typeof listPage>[0]) => {
      await isHeld;
      return listPage(query);
    },
  });
  const first = [world.engine.auditSweep(), world.engine.auditSweep()];
  await settled();
  const later = [world.engine.auditSweep(), world.engine.auditSweep(), world.engine.auditSweep()];
  goOn();
  await Promise.all(first);
  await Promise.all(later);
  expect(lists() - before).toBe(3 * ofOne);
});

test("an audit that failed doesn't keep the next one from running", async () => {
  const world = await smallWorld();
  world.referrals.faults.push({ method: "list", fault: "unavailable" });
  const failed = expect(world.engine.auditSweep()).rejects.toThrow();
  const next = settled().then(() => world.engine.auditSweep());
  await failed;
  expect(await next).toEqual({ drift: 0 });
});
