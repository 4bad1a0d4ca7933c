import { fullLimit, guaranteedCalls } from "../../src/sync/budget/budget-window.ts";
import type { EditedField } from "../../test/simulation/index.ts";
import { kindsOf } from "./calls.ts";
import { pass, startEngine, until, untilInStep } from "./engine-life.ts";
import { edit } from "./people.ts";
import { type Figure, figure } from "./report.ts";
import { callsPerMinute, createBenchWorld } from "./virtual-world.ts";

const minute = 60_000;
const edits = 5_000;

/**
 * Calls that outbound writes can get in a window: the effective ceiling less what others are sure
 * of.
 */
export function outboundShare(): number {
  const others = Object.entries(guaranteedCalls).filter(([name]) => name !== "outbound");
  return fullLimit(callsPerMinute) - others.reduce((sum, [, calls]) => sum + calls, 0);
}

/**
 * The least milliseconds in which so many writes fit: a share at once, the next as its window
 * ends.
 */
export function leastMs(writes: number): number {
  return (Math.ceil(writes / outboundShare()) - 1) * minute;
}

/** How long a burst of edits in the CRM takes until the last one stands in Partner Center. */
export async function measureDrain(): Promise<readonly Figure[]> {
  const bench = await createBenchWorld({ seed: 2, deals: edits, pageSize: 100 });
  const { scheduler } = bench.world;
  const life = startEngine(bench);
  await untilInStep(bench, life);
  await pass(bench, 10 * minute);
  const [before, since] = [bench.calls.length, scheduler.now()];
  const missing = new Map<string, EditedField>();
  for (let deal = 0; deal < edits; deal += 1) edit(bench, deal, "crm", deal);
  for (const { referrals } of bench.world.book.deals.values()) {
    for (const id of referrals.keys()) missing.set(id, "notes");
  }
  let drainedAt = since;
  bench.onReferralChange(({ actor, after }) => {
    if (actor === "engine" && missing.delete(after.id)) drainedAt = scheduler.now();
  });
  await until(bench, () => missing.size === 0);
  const calls = bench.calls.slice(before);
  const { writes, reads, walks, furtherPages } = kindsOf(calls);
  const wasted = calls.filter(({ status }) => status === 412 || status === 429).length;
  const least = leastMs(edits);
  const tookMs = drainedAt - since;
  return [
    figure("a burst of 5,000 outbound edits, divided by the minimum", tookMs / least, "", {
      target: { atMost: 1.05 },
      note:
        `${Math.round(tookMs / 1000)} s of virtual time, at least ${least / 1000} s at ` +
        `${outboundShare()} outbound calls a minute; ${missing.size} edits missing; ` +
        `${writes} writes, ${reads} reads, ${walks} polls, ${furtherPages} further pages`,
    }),
    figure("wasted calls (412, 429) in that burst", (100 * wasted) / calls.length, "%", {
      target: { atMost: 0.5 },
    }),
  ];
}
