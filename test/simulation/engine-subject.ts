import { type Log, silentLog } from "../../src/runtime/index.ts";
import { createEngine } from "../../src/sync/engine.ts";
import type { Engine, EngineEnvironment, Witnessed } from "../../src/sync/engine-port.ts";
import type { InboxItem } from "../../src/sync/ledger/ledger-port.ts";
import type { Pair } from "../../src/sync/pair/pair.ts";
import { defaultSettings, type EngineSettings } from "../../src/sync/settings.ts";
import type { Witness } from "./check/witness.ts";
import {
  checkDrift,
  checkFalseDoubles,
  checkHistory,
  checkNeedlessQuestions,
  excuseOf,
  isQuiet,
  noteCommit,
  recordOf,
} from "./engine-insight.ts";
import { approveWhenAsked, operate } from "./engine-operator.ts";
import {
  createLedgerMirror,
  guardLedger,
  type LedgerMirror,
  type LedgerTampering,
  type MirrorSnapshot,
} from "./ledger-mirror.ts";
import { connectionIdOf, type LedgerStore, openStores } from "./ledger-stores.ts";
import { checkLinkedPairs } from "./linked-pairs.ts";
import { quotaOwnerOf, type Schedule } from "./schedule/schedule.ts";
import type { Process, Subject, SubjectFactory, Surroundings } from "./subject.ts";
import type { Deal } from "./world/deal-book.ts";
import { mappingOf } from "./world/mapping.ts";
import type { World } from "./world/world.ts";

const minute = 60_000;

/** How the engine is set up in a simulated world: production's defaults but for rhythm. */
export function settingsFor(schedule: Schedule, organisation: string): EngineSettings {
  const { settings } = schedule;
  return {
    ...defaultSettings,
    connectionId: connectionIdOf(schedule, organisation),
    quotaOwner: connectionIdOf(schedule, quotaOwnerOf(settings, organisation)),
    callsPerMinute: settings.callsPerMinute,
    pollReferralsMs: settings.pollReferralsMs,
    pollCrmMs: settings.pollCrmMs,
    auditMs: 6 * minute,
    idleMs: minute,
    cursorOverlapMs: settings.cursorOverlapMs,
    deletion: {
      ...defaultSettings.deletion,
      policy: settings.deletionPolicy,
      atLeast: settings.deletionsPerHour,
    },
    inviteMicrosoft: settings.createsMicrosoftLeg,
    matchFields: settings.matchesNoNames ? [] : ["name"],
  };
}

/** A way to take a safeguard away: what a seeded bug changes of the engine's surroundings. */
export interface Sabotage {
  readonly environment?: (environment: EngineEnvironment, life: Surroundings) => EngineEnvironment;
  readonly tampering?: LedgerTampering;
  readonly engine?: (engine: Engine) => Engine;
}

/** What one organisation's engine keeps between its lives. */
interface Store {
  readonly durable: LedgerStore;
  readonly mirror: LedgerMirror;
  /** The numbers kept outside the database. */
  witnessed: Witnessed | undefined;
  backup: MirrorSnapshot | undefined;
}

/** The engine under test, whole or with a safeguard taken away. */
export function engineSubject(
  sabotage: (schedule: Schedule) => Sabotage = () => ({}),
): SubjectFactory {
  return (world, witness) => createEngineSubject(world, witness, sabotage(world.schedule));
}

async function createEngineSubject(
  world: World,
  witness: Witness,
  sabotage: Sabotage,
): Promise<Subject> {
  const names = world.organisations.map(({ name }) => name);
  const opened = await openStores(world.schedule, names);
  const stores = new Map<string, Store>();
  for (const [index, durable] of opened.entries()) {
    const mirror = createLedgerMirror();
    witness.mustAsk(names[index] ?? "");
    stores.set(names[index] ?? "", { durable, mirror, witnessed: undefined, backup: undefined });
  }
  const storeOf = (organisation: string): Store => {
    const store = stores.get(organisation);
    if (!store) throw new Error(`no store for ${organisation}`);
    return store;
  };
  const pairsOf = (deal: Deal): readonly Pair[] =>
    [...storeOf(deal.organisation).mirror.pairs.values()].filter(
      (pair) =>
        (pair.referral !== undefined && deal.referrals.has(pair.referral.id)) ||
        (pair.crm !== undefined && deal.crmRecords.has(pair.crm.id)),
    );
  const itemsOf = (deal: Deal): readonly InboxItem[] => {
    const pairs = new Set(pairsOf(deal).map(({ id }) => id));
    return [...storeOf(deal.organisation).mirror.inbox.values()].filter(
      (item) =>
        (item.pairId !== undefined && pairs.has(item.pairId)) ||
        item.candidates?.some(
          (id) => pairs.has(id) || deal.referrals.has(id) || deal.crmRecords.has(id),
        ),
    );
  };

  witness.askMemory((recordId) =>
    [...stores.values()].some(({ mirror }) =>
      [...mirror.pairs.values()].some(({ crm }) => crm?.id === recordId),
    ),
  );

  return {
    start: (life) => startLife(world, witness, storeOf(life.organisation), life, sabotage, itemsOf),
    async backUp() {
      for (const store of stores.values()) {
        store.backup = store.mirror.snapshot();
        await store.durable.backUp();
      }
    },
    async restore() {
      for (const [name, { durable, mirror, backup, witnessed }] of stores) {
        if (!(await durable.restore()) || !backup) continue;
        mirror.restore(backup);
        // What was put back can be told from what was lost by a walk or a write in between.
        if ((witnessed?.generation ?? 0) > backup.generation) witness.mustAsk(name);
      }
    },
    isAtRest: (since) => [...stores.values()].every(({ mirror }) => isQuiet(world, mirror, since)),
    statesOf: (record) => {
      const states: string[] = [];
      for (const { mirror } of stores.values()) {
        for (const { state, referral, crm } of mirror.pairs.values()) {
          if (record === undefined || referral?.id === record || crm?.id === record)
            states.push(state);
        }
      }
      return states;
    },
    questionsAbout: (deal) =>
      itemsOf(deal)
        .filter(({ resolvedAt }) => resolvedAt === undefined)
        .map(({ kind, field }) => (field === undefined ? kind : `${kind} ${field}`))
        .sort(),
    excuseFor: (deal, field) => excuseOf(deal, pairsOf(deal), itemsOf(deal), field),
    givenUp: (index, field, value, side) => {
      const deal = world.book.deals.get(index);
      if (!deal) return undefined;
      const { mirror } = storeOf(deal.organisation);
      return recordOf(deal, mirror, field, value, side);
    },
    finalChecks: async () => {
      for (const store of stores.values()) {
        checkHistory(store.mirror, witness);
        checkLinkedPairs(world, store.mirror, witness);
        checkFalseDoubles(world, store.mirror, witness);
        checkNeedlessQuestions(world, store.mirror, witness);
      }
    },
  };
}

function startLife(
  world: World,
  witness: Witness,
  store: Store,
  life: Surroundings,
  sabotage: Sabotage,
  itemsOf: (deal: Deal) => readonly InboxItem[],
): Process {
  const { schedule } = world;
  let drift = store.mirror.connection?.drift ?? 0;
  const whole: EngineEnvironment = {
    clock: life.clock,
    random: life.random,
    log: watchedLog(witness, life),
    referrals: life.referrals,
    crm: life.crm,
    ledger: guardLedger(
      store.durable.ledger(),
      life.generation,
      store.mirror,
      world.scheduler.track,
      {
        ...sabotage.tampering,
        onCommit: (change) => {
          checkDrift(world, witness, drift, change);
          drift = change.connection?.drift ?? drift;
          noteCommit(world, change);
          if (change.pairs) world.aims.look();
        },
      },
    ),
    mapping: mappingOf(schedule.settings),
    settings: settingsFor(schedule, life.organisation),
    witness: {
      read: async () => store.witnessed,
      write: async (witnessed) => {
        if (life.generation.isAlive()) store.witnessed = witnessed;
      },
    },
  };
  const created = createEngine(sabotage.environment?.(whole, life) ?? whole);
  const engine = sabotage.engine?.(created) ?? created;
  engine.start().catch((error: unknown) => {
    if (life.generation.isAlive()) witness.report("the engine does not fail", describe(error));
  });
  approveWhenAsked({ engine, mirror: store.mirror, life, witness, world });
  return {
    notice: async ({ referralId, changedAt }) => {
      await engine.hint({ side: "referral", id: referralId, changedAt });
    },
    audit: async () => {
      await engine.auditSweep();
    },
    operate: (action, deal) => operate(engine, action, deal, itemsOf(deal), store.mirror, life),
  };
}

/** A log in which nothing may be an error: that level is for bugs. */
function watchedLog(witness: Witness, { generation }: Surroundings): Log {
  return {
    ...silentLog,
    error: ({ err }, message) => {
      if (!generation.isAlive()) return;
      witness.report("the engine does not fail", `${message}: ${describe(err)}`);
    },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
