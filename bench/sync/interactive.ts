import { guaranteedCalls } from "../../src/sync/budget/budget-window.ts";
import { act, stream } from "../../test/simulation/index.ts";
import { kindsOf } from "./calls.ts";
import { type EngineLife, pass, startEngine, until, untilInStep } from "./engine-life.ts";
import { edit } from "./people.ts";
import { type Figure, figure, percentile } from "./report.ts";
import { type BenchWorld, createBenchWorld } from "./virtual-world.ts";

const minute = 60_000;
const linkedDeals = 480;
/** More than an hour of creates. */
const backfilledDeals = 6_000;
const beforeMs = 3 * minute;
const measuredMs = 20 * minute;

/** New deals, found by a first walk: their referrals are created in the backfill's class. */
async function beginBackfill(bench: BenchWorld, { ledger }: EngineLife): Promise<void> {
  const { world } = bench;
  for (let index = 0; index < backfilledDeals; index += 1) {
    act(world, {
      kind: "create",
      at: 0,
      deal: linkedDeals + index,
      side: "crm",
      shared: true,
      consent: true,
      incomplete: false,
    });
  }
  const connection = await ledger.connection();
  await ledger.commit({
    connection: { ...connection, crmCursor: { watermark: "", walkedAt: 0 } },
  });
}

/** How people come: so many at a moment, then nobody for a while. */
interface Rhythm {
  readonly what: string;
  readonly atOnce: number;
  readonly gapMs: (fraction: number) => number;
  /** True where no 60 s hold more than the reserved calls. */
  readonly isWithinShare: boolean;
}

const reserved = guaranteedCalls.interactive;

const rhythms: readonly Rhythm[] = [
  {
    what: `one by one, at most ${reserved} a minute (reserved)`,
    atOnce: 1,
    gapMs: (fraction) => (minute / reserved) * (1 + fraction / 5),
    isWithinShare: true,
  },
  {
    what: `${reserved} at once, every 70 s (reserved)`,
    atOnce: reserved,
    gapMs: () => 70_000,
    isWithinShare: true,
  },
  {
    what: `one by one, ${4 * reserved} a minute (four times the reserve)`,
    atOnce: 1,
    gapMs: () => minute / (4 * reserved),
    isWithinShare: false,
  },
];

/**
 * A person lets paused deals go on: each is one write in the interactive class. The answer is how
 * long each waited until it stood in Partner Center.
 */
async function releaseDeals(
  bench: BenchWorld,
  { engine, ledger }: EngineLife,
  { atOnce, gapMs }: Rhythm,
): Promise<readonly number[]> {
  const { scheduler, book } = bench.world;
  const chance = stream(atOnce, 5);
  const askedAt = new Map<string, number>();
  const waits: number[] = [];
  bench.onReferralChange(({ after }) => {
    const asked = askedAt.get(after.id);
    if (asked === undefined) return;
    askedAt.delete(after.id);
    waits.push(scheduler.now() - asked);
  });
  const endsAt = scheduler.now() + measuredMs;
  for (let next = 0; scheduler.now() < endsAt; next += atOnce) {
    for (let deal = next; deal < next + atOnce; deal += 1) {
      const [id = ""] = book.deals.get(deal)?.referrals.keys() ?? [];
      const pair = (await ledger.pairsByReferral([id])).get(id);
      askedAt.set(id, scheduler.now());
      void engine.resume({ pairId: pair?.id ?? "" });
    }
    await pass(bench, Math.round(gapMs(chance.fraction())));
  }
  await pass(bench, 2 * minute);
  if (askedAt.size > 0) throw new Error(`${askedAt.size} interactive writes never arrived`);
  return waits;
}

async function measureRhythm(rhythm: Rhythm) {
  const bench = await createBenchWorld({ seed: 3, deals: linkedDeals, pageSize: 100 });
  const life = startEngine(bench);
  await untilInStep(bench, life);
  for (const pair of await life.ledger.pairs({ limit: linkedDeals })) {
    await life.engine.pause({ pairId: pair.id });
  }
  for (let deal = 0; deal < linkedDeals; deal += 1) edit(bench, deal, "crm", deal);
  await pass(bench, minute);
  await beginBackfill(bench, life);
  const isBusy = (): boolean => kindsOf(bench.calls).writes > 20;
  await until(bench, isBusy);
  await pass(bench, beforeMs);
  const from = bench.calls.length;
  const waits = await releaseDeals(bench, life, rhythm);
  const creates = bench.calls.slice(from).filter(({ method }) => method === "POST").length;
  return { waits, creates };
}

/** How long a person's write waits while a backfill takes all the calls that it can get. */
export async function measureInteractive(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const rhythm of rhythms) {
    const { waits, creates } = await measureRhythm(rhythm);
    const what = `interactive writes during a backfill, ${rhythm.what}`;
    figures.push(
      figure(`${what}, longest wait`, Math.max(...waits) / 1000, "s", {
        ...(rhythm.isWithinShare ? { target: { atMost: 2 } } : {}),
        note:
          `${waits.length} writes, beside ${creates} creates of the backfill in ` +
          `${measuredMs / minute + 2} min`,
      }),
      figure(`${what}, p50`, percentile(waits, 0.5) / 1000, "s"),
    );
  }
  return figures;
}
