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
