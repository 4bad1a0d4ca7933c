import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, type CrmCheck, check, createBench } from "./check.ts";
import { mishapChecks } from "./mishap-checks-suite.ts";
import { partyChecks } from "./party-checks-suite.ts";
import { recordChecks } from "./record-checks-suite.ts";
import { stageChecks } from "./stage-checks-suite.ts";
import { walkChecks } from "./walk-checks-suite.ts";
import type { ConformanceWorld } from "./world.ts";

const capabilityCheck = check(
  "its capabilities name each part once, and one that takes every other field",
  async ({ world }) => {
    const { parts, batchSize, stampResolutionMs } = world.adapter.capabilities;
    expect(new Set(parts.map((part) => part.name)).size).toBe(parts.length);
    expect(parts.filter(({ prefix }) => prefix === "").length).toBe(1);
    expect(batchSize).toBeGreaterThanOrEqual(1);
    expect(stampResolutionMs).toBeGreaterThanOrEqual(0);
  },
);

/** Every promise of the CRM port that can be tried from outside. */
export const crmChecks: readonly CrmCheck[] = [
  capabilityCheck,
  ...recordChecks,
  ...stageChecks,
  ...partyChecks,
  ...mishapChecks,
  ...walkChecks,
];

/**
 * Holds an adapter to the promises of the CRM port. An adapter's test opens a world and calls
 * this: the world's fields say what the CRM can hold, the adapter's capabilities what it can do.
 */
export function describeCrmAdapter(name: string, openWorld: () => Promise<ConformanceWorld>): void {
  describe(`${name} keeps the promises of the CRM port`, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = createBench(await openWorld());
    });
    afterAll(() => bench.world.close());
    for (const { title, run } of crmChecks) test(title, () => run(bench));
  });
}
