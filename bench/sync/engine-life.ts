import { createReferralsPort } from "../../src/client/index.ts";
import { silentLog } from "../../src/runtime/index.ts";
import {
  createEngine,
  createMemoryLedger,
  defaultSettings,
  type Engine,
  type EngineSettings,
  type Ledger,
} from "../../src/sync/index.ts";
import { mappingOf, referralsOrigin, stream } from "../../test/simulation/index.ts";
import {
  type BenchWorld,
  callsPerMinute,
  clockOf,
  immortal,
  organisation,
} from "./virtual-world.ts";

/** An engine that runs in a world. */
export interface EngineLife {
  readonly engine: Engine;
  readonly ledger: Ledger;
}

const second = 1_000;
const minute = 60 * second;

/** Production's defaults; a person's approval isn't what is measured. */
export const benchSettings: EngineSettings = {
  ...defaultSettings,
  connectionId: organisation,
  quotaOwner: organisation,
  callsPerMinute,
  isApproved: true,
  // Audits are measured apart: none falls due while a measurement runs.
  auditMs: 10_000 * minute,
};

/** Starts an engine on a ledger in memory. */
export function startEngine(bench: BenchWorld, settings: Partial<EngineSettings> = {}): EngineLife {
  const { world, crm } = bench;
  const clock = clockOf(world);
  const random = world.randomFor(1, organisation);
  const ledger = createMemoryLedger();
  const engine = createEngine({
    clock,
    random,
    log: silentLog,
    crm,
    ledger,
    mapping: mappingOf(world.schedule.settings),
    settings: { ...benchSettings, ...settings },
    referrals: createReferralsPort({
      credential: {
        getToken: async () => ({
          token: `${organisation}.1`,
          expiresOnTimestamp: clock.now() + 1_000 * minute,
        }),
      },
      endpoint: referralsOrigin,
      http: world.referralsHttp(immortal),
      clock,
      random,
    }),
  });
  engine.start().catch((error: unknown) => {
    // A bug of the engine: no figure is worth printing any more.
    setImmediate(() => {
      throw error;
    });
  });
  return { engine, ledger };
}

/** Milliseconds from a change to its webhook's arrival; Microsoft documents none. */
const webhookMs = { least: 50, spread: 200 };

/**
 * Sends a webhook for every change of a referral, the engine's own writes included, as the service
 * does.
 */
export function deliverWebhooks(bench: BenchWorld, { engine }: EngineLife): void {
  const chance = stream(bench.world.schedule.seed, 77);
  bench.onReferralChange(({ after }) => {
    const delayMs = webhookMs.least + Math.floor(chance.fraction() * webhookMs.spread);
    bench.world.scheduler.after(delayMs, () => {
      void engine.hint({ side: "referral", id: after.id, changedAt: after.updatedDateTime });
    });
  });
}

const patienceMs = 48 * 60 * minute;

/** Lets time pass until something holds; throws where it doesn't within two days. */
export async function until(
  { world }: BenchWorld,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const giveUpAt = world.scheduler.now() + patienceMs;
  do {
    if (world.scheduler.now() > giveUpAt) throw new Error("what was waited for never happened");
    await world.scheduler.runUntil(world.scheduler.now() + second);
  } while (!(await holds()));
}

/** Lets time pass until every deal is in step and nothing is due. */
export function untilInStep(bench: BenchWorld, { ledger }: EngineLife): Promise<void> {
  const deals = bench.world.book.deals.size;
  return until(bench, async () => {
    const counts = await ledger.countByState();
    return (counts["in-step"] ?? 0) >= deals && (await ledger.nextDueAt()) === undefined;
  });
}

/** Lets time pass. */
export function pass({ world }: BenchWorld, forMs: number): Promise<void> {
  return world.scheduler.runUntil(world.scheduler.now() + forMs);
}
