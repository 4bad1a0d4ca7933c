import { expect, test } from "vitest";
import { generateSchedule } from "./generate.ts";

test("no name is typed twice in a schedule: two records with one name would be one deal", () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const names = generateSchedule(seed, "memory").actions.flatMap((action) =>
      action.kind === "edit" && action.field === "name" ? [action.value] : [],
    );
    expect(new Set(names).size, `seed ${seed}`).toBe(names.length);
  }
});

test("in about a sixth of the worlds a referral shows its deal's id", () => {
  let shown = 0;
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const { settings } = generateSchedule(seed, "memory");
    if (settings.showsDealId) shown += 1;
  }
  expect(shown / 2_000).toBeGreaterThan(0.15);
  expect(shown / 2_000).toBeLessThan(0.2);
});
