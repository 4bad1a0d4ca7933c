import type { OperatorStatus } from "../../contract/index.ts";
import type { Chronicle } from "../chronicle/chronicle.ts";
import type { DealTable } from "../deals/deal-table.ts";

/** How far behind the sync is, now and in the last hour. */
export async function readStaleness(
  { deals, chronicle }: { readonly deals: DealTable; readonly chronicle: Chronicle },
  now: number,
): Promise<OperatorStatus["staleness"]> {
  const oldest = await deals.oldestPending();
  const p95Ms = chronicle.p95Ms(now);
  return {
    nowMs: oldest ? Math.max(0, now - oldest.at) : 0,
    firstWrites: chronicle.firstWrites(now),
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(oldest ? { oldestPairId: oldest.id } : {}),
  };
}
