import { createProjection, type Projection } from "../sync/index.ts";
import { type Chronicle, openChronicle } from "./chronicle/chronicle.ts";
import { type DealTable, openDealTable } from "./deals/deal-table.ts";
import { type DealFollower, followDeals } from "./deals/follow-deals.ts";
import type { Desk } from "./desk.ts";
import { readStaleness } from "./status/staleness.ts";

/** The desk with what the page remembers by itself: the list of deals and the series. */
export interface Office extends Desk {
  readonly projection: Projection;
  readonly deals: DealTable;
  readonly follower: DealFollower;
  readonly chronicle: Chronicle;
  readonly startedAt: number;
  /** Ends what runs beside the calls. */
  close(): Promise<void>;
}

const minuteMs = 60_000;

/** Opens the page's memory and keeps it up with the ledger until it is closed. */
export async function openOffice(desk: Desk): Promise<Office> {
  const { database, settings, ledger, engine, log } = desk;
  const projection = createProjection(desk.mapping);
  const deals = await openDealTable(database, settings.connectionId);
  const follower = followDeals({ engine, ledger, table: deals, projection, log });
  const chronicle = await openChronicle(database, settings.connectionId, ledger);
  const ending = new AbortController();
  const startedAt = desk.clock.now();
  const office = { ...desk, projection, deals, follower, chronicle, startedAt };
  const keeping = keep(office, ending.signal).catch((error) => {
    if (!ending.signal.aborted) log.error({ error: String(error) }, "the page's memory stopped");
  });
  return {
    ...office,
    close: async () => {
      follower.stop();
      ending.abort();
      await follower.caughtUp();
      await keeping;
    },
  };
}

/** Once a minute: what was missed is repaired, and a sample of the series is taken. */
async function keep(office: Omit<Office, "close">, signal: AbortSignal): Promise<void> {
  const { clock, chronicle, follower, ledger, settings } = office;
  for (;;) {
    await follower.compare();
    await chronicle.follow();
    const now = clock.now();
    const { nowMs, p95Ms } = await readStaleness(office, now);
    const recent = (await ledger.budget(settings.quotaOwner))?.calls ?? [];
    const calls: Record<string, number> = {};
    for (const [at, priority] of recent) {
      if (at > now - minuteMs) calls[priority] = (calls[priority] ?? 0) + 1;
    }
    const at = Math.floor(now / minuteMs) * minuteMs;
    await chronicle.sample({ at, staleMs: nowMs, p95Ms: p95Ms ?? null, calls });
    if (signal.aborted) return;
    await clock.sleep(minuteMs, signal);
  }
}
