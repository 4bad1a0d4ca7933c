import { expect, test } from "vitest";
import { engineRules } from "../core/rules.ts";
import type { ReferralCursor } from "../ledger/ledger-port.ts";
import { smallWorld } from "../small-world-suite.ts";

const minute = 60_000;
const overlapMs = 5 * minute;
const { walkUntil, cursorAfterPage } = engineRules;

const landed = (cursor: ReferralCursor, newest: string, isFar: boolean, startedAt: number) =>
  cursorAfterPage({ ...onePage, cursor, newest, isFar, startedAt });

const onePage = { isLast: true, isOnePage: true, isQuiet: false } as const;

test("a near walk goes back a tenth of the overlap, a far one the whole since the last far one", () => {
  const first = landed({ stamp: "", walkedAt: 0 }, "2026-09-01T08:00:00Z", true, 1);
  const second = landed(first, "2026-09-01T08:04:00Z", false, 4 * minute);
  expect(walkUntil(second, overlapMs, false)).toBe("2026-09-01T08:03:30.000Z");
  expect(walkUntil(second, overlapMs, true)).toBe("2026-09-01T07:55:00.000Z");
});

test("what two far walks have found newest is never listed again, until something is newer", () => {
  const stamp = "2026-09-01T08:00:00.1234567Z";
  const first = landed({ stamp: "", walkedAt: 0 }, stamp, true, 1);
  const second = landed(first, "", true, 5 * minute);
  for (const isFar of [false, true]) {
    expect(walkUntil(second, overlapMs, isFar)).toBe("2026-09-01T08:00:00.124Z");
  }
  const moved = landed(second, "2026-09-01T09:00:00Z", false, 60 * minute);
  expect(walkUntil(moved, overlapMs, true)).toBe("2026-09-01T07:55:00.123Z");
});

test("a clock that was set back puts nothing at rest", () => {
  const first = landed({ stamp: "", walkedAt: 0 }, "2026-09-01T08:00:00Z", true, 60 * minute);
  const second = landed(first, "", true, 10 * minute);
  expect(walkUntil(second, overlapMs, true)).toBe("2026-09-01T07:55:00.000Z");
});

test("a change that a list shows only after minutes of other changes is found by a far walk", async () => {
  const world = await smallWorld();
  const lead = (name: string) => world.referrals.add({ name, details: { dealValue: 1 } });
  for (const name of ["Late", "Busy"]) lead(name);
  await world.sync();
  const hidden = () => world.referrals.stored.get("r1");
  world.referrals.edit("r1", { "/details/dealValue": 5 });
  const late = hidden();
  if (!late) throw new Error("no referral");
  world.referrals.stored.delete("r1");
  for (let passed = 1; passed <= 4; passed += 1) {
    await world.clock.advance(minute);
    world.referrals.edit("r2", { "/details/dealValue": 100 + passed });
    await world.engine.pollReferrals();
  }
  world.referrals.stored.set("r1", late);
  for (let passed = 1; passed <= 2; passed += 1) {
    await world.clock.advance(minute);
    await world.sync();
  }
  const pair = (await world.ledger.pairsByReferral(["r1"])).get("r1");
  expect(world.crm.records.get(pair?.crm?.id ?? "")?.fields.dealValue).toBe(5);
});
