import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReferralsPort } from "../../src/client/index.ts";
import type { CrmAdapter } from "../../src/crm/port.ts";
import { seededRandom, silentLog } from "../../src/runtime/index.ts";
import { type Database, migrate, openDatabase } from "../../src/storage/index.ts";
import { createEngine, type Ledger, openLedger } from "../../src/sync/index.ts";
import { mappingOf, referralsOrigin, worldStart } from "../../test/simulation/index.ts";
import { interleave, median, medianRatio } from "../statistics.ts";
import { benchSettings } from "./engine-life.ts";
import { likePair, type RecordedPair, recordPair } from "./recorded-pair.ts";
import { type Figure, figure } from "./report.ts";
import { createSteppedClock, type SteppedClock } from "./stepped-clock.ts";
import { calmSettings, organisation } from "./virtual-world.ts";

const smallPairs = 10_000;
const minute = 60_000;
/** So many that code is warm and a round is long enough to be told from noise. */
const warmUpMinutes = 120;
const roundMinutes = 120;
const rounds = 7;
const pairsPerCommit = 1_000;

/** Fills a ledger through its port, as if an engine had linked all of it and walked both sides. */
async function fill(path: string, pairs: number, recorded: RecordedPair): Promise<void> {
  const database = await openDatabase(path, { synchronous: "OFF" });
  const ledger = await openLedger(database, organisation, migrate);
  const history = recorded.settle.history ?? [];
  for (let from = 0; from < pairs; from += pairsPerCommit) {
    const some = Array.from({ length: Math.min(pairsPerCommit, pairs - from) }, (_, index) =>
      likePair(recorded.pair, from + index),
    );
    await ledger.commit({
      pairs: some,
      history: some.flatMap(({ id }) => history.map((entry) => ({ ...entry, pairId: id }))),
    });
  }
  const connection = await ledger.connection();
  const stamp = new Date(worldStart - 60 * minute).toISOString();
  await ledger.commit({
    connection: {
      ...connection,
      awaitsApproval: undefined,
      auditedAt: worldStart,
      referralCursor: { stamp, walkedAt: worldStart },
      crmCursor: { watermark: "1", walkedAt: worldStart },
    },
  });
  await database.close();
}

interface Idler {
  readonly clock: SteppedClock;
  readonly stop: () => Promise<void>;
  readonly counts: { referrals: number; crm: number; ledger: number };
}

/** A CRM in which nothing happens. */
function quietCrm(counts: Idler["counts"], capabilities: CrmAdapter["capabilities"]): CrmAdapter {
  return {
    capabilities,
    read: async () => undefined,
    upsert: () => Promise.reject(new Error("an idle engine wrote")),
    async *changesSince() {
      counts.crm += 1;
      yield { kind: "watermark", watermark: "1" };
    },
  };
}

/** Counts calls to the ledger, and holds the clock while one is under way. */
function watched(ledger: Ledger, clock: SteppedClock, counts: Idler["counts"]): Ledger {
  return new Proxy(ledger, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== "function") return method;
      return (...values: unknown[]): unknown => {
        counts.ledger += 1;
        return clock.during(method.apply(target, values) as Promise<unknown>);
      };
    },
  });
}

async function startIdler(database: Database, capabilities: CrmAdapter["capabilities"]) {
  const clock = createSteppedClock(worldStart);
  const counts = { referrals: 0, crm: 0, ledger: 0 };
  const random = seededRandom(1);
  const ledger = await openLedger(database, organisation, migrate);
  const engine = createEngine({
    clock,
    random,
    log: silentLog,
    crm: quietCrm(counts, capabilities),
    ledger: watched(ledger, clock, counts),
    mapping: mappingOf(calmSettings(100)),
    settings: benchSettings,
    referrals: createReferralsPort({
      credential: {
        getToken: async () => ({ token: "org-0.1", expiresOnTimestamp: clock.now() + 10 * minute }),
      },
      endpoint: referralsOrigin,
      clock,
      random,
      http: async () => {
        counts.referrals += 1;
        return { status: 200, headers: { "content-type": "application/json" }, body: emptyList };
      },
    }),
  });
  void engine.start();
  await clock.pass(warmUpMinutes * minute);
  return { clock, counts, stop: () => engine.stop() };
}

const emptyList = '{"value":[]}';

/** Milliseconds of processor time for one idle minute. */
function cpuOfAMinute({ clock }: Idler): () => Promise<number> {
  return async () => {
    const started = process.cpuUsage();
    await clock.pass(roundMinutes * minute);
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000 / roundMinutes;
  };
}

/** What a minute costs in which nothing happens, with few and with many pairs in the ledger. */
export async function measureIdle(largePairs: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "partner-referrals-idle-"));
  const recorded = await recordPair();
  const sizes = { small: smallPairs, large: largePairs };
  const idlers: Idler[] = [];
  const databases: Database[] = [];
  try {
    for (const [name, pairs] of Object.entries(sizes)) {
      process.stderr.write(`Filling a ledger with ${pairs} pairs…\n`);
      const path = join(folder, `${name}.sqlite`);
      await fill(path, pairs, recorded);
      const megabytes = Math.round(statSync(path).size / 2 ** 20);
      process.stderr.write(`It takes ${megabytes} MB.\n`);
      const database = await openDatabase(path);
      databases.push(database);
      idlers.push(await startIdler(database, recorded.capabilities));
    }
    const [small, large] = idlers;
    if (!small || !large) throw new Error("an idler is missing");
    const before = idlers.map(({ counts }) => ({ ...counts }));
    const times = await interleave(
      { small: cpuOfAMinute(small), large: cpuOfAMinute(large) },
      rounds,
    );
    const perMinute = idlers.map(({ counts }, index) =>
      (["referrals", "crm", "ledger"] as const).map(
        (name) => (counts[name] - (before[index]?.[name] ?? 0)) / (rounds * roundMinutes),
      ),
    );
    const [few = [], many = []] = perMinute;
    const noteOf = (counts: readonly number[]): string =>
      `${counts[0]} Partner Center calls, ${counts[1]} CRM walks, ${counts[2]} ledger calls`;
    const what = (pairs: number): string => `an idle minute with ${pairs} pairs, audit apart`;
    return [
      figure(what(smallPairs), median(times.small), "ms of processor time", { note: noteOf(few) }),
      figure(what(largePairs), median(times.large), "ms of processor time", { note: noteOf(many) }),
      figure(
        `processor time of an idle minute, ${largePairs} pairs divided by ${smallPairs}`,
        medianRatio(times.large, times.small),
        "",
        { target: { atMost: 1.1 }, note: `median of ${rounds} interleaved rounds` },
      ),
      figure("calls of an idle minute, likewise", (many[0] ?? 0) / (few[0] ?? 1), "", {
        target: { atMost: 1 },
      }),
    ];
  } finally {
    for (const { clock, stop } of idlers) await Promise.all([stop(), clock.pass(minute)]);
    for (const database of databases) await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
