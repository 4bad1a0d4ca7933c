import { describe, expect, it } from "vitest";
import { naiveFlow } from "./naive-flow.ts";
import { play } from "./play.ts";
import { generateSchedule } from "./schedule/generate.ts";

describe("the naive flow in the simulated world", () => {
  it("runs byte for byte the same for the same seed, and differently for another", async () => {
    const one = await play(generateSchedule(11, "memory"), naiveFlow, { keepTrace: true });
    const again = await play(generateSchedule(11, "memory"), naiveFlow, { keepTrace: true });
    const other = await play(generateSchedule(12, "memory"), naiveFlow);
    expect(again.trace).toEqual(one.trace);
    expect(again.digest).toBe(one.digest);
    expect(other.digest).not.toBe(one.digest);
  });

  it("loses updates and makes doubles, which the checker reports", async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const { violations } = await play(generateSchedule(seed, "memory"), naiveFlow);
      for (const { invariant } of violations) seen.add(invariant);
    }
    expect(seen).toContain("no lost update");
    expect(seen).toContain("at most one live record per pair and side");
    expect(seen).toContain("no resurrection, no delete from absence");
    expect(seen).toContain("contact data leaves only with consent");
  });
});
