import { createHash } from "node:crypto";
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

/** Counted up when rows are made in another way from the same pair. */
const rowVersion = 1;

/** Names what the rows of the list are made by: this code, and the mapping. */
async function shapeOf({ mapping, mappingFile }: Desk): Promise<string> {
  const fields = mapping.fields.map(({ compute, lens, ...field }) => field);
  const text = (await mappingFile?.read()) ?? "";
  const parts = JSON.stringify([rowVersion, mapping.crmKind, fields, text]);
  return createHash("sha256").update(parts).digest("base64url");
}

/** Opens the page's memory and keeps it up with the ledger until it is closed. */
export async function openOffice(desk: Desk): Promise<Office> {
  const { database, settings, ledger, engine, clock, log } = desk;
  const projection = createProjection(desk.mapping);
  const deals = await openDealTable(database, settings.connectionId, await shapeOf(desk));
  const follower = followDeals({ engine, ledger, table: deals, projection, clock, log });
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
  const { clock, follower, log } = office;
  let isBuilt = false;
  for (;;) {
    try {
      await (isBuilt ? follower.compare() : follower.build());
      isBuilt = true;
      await sample(office);
    } catch (error) {
      log.error({ error: String(error) }, "the page's memory fell behind; it tries again");
    }
    if (signal.aborted) return;
    await clock.sleep(minuteMs, signal);
  }
}

/** Notes how far behind the sync is and who spent the last minute's calls. */
async function sample(office: Omit<Office, "close">): Promise<void> {
  const { clock, chronicle, ledger, settings } = office;
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
}
