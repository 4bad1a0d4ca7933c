import { silentLog } from "../../src/runtime/index.ts";
import { createEngine } from "../../src/sync/engine.ts";
import type { Answer, Engine, EngineEnvironment } from "../../src/sync/engine-port.ts";
import type { InboxItem, LedgerChange } from "../../src/sync/ledger-port.ts";
import type { Pair } from "../../src/sync/pair.ts";
import { defaultSettings, type EngineSettings } from "../../src/sync/settings.ts";
import { neutralValue } from "./check/values.ts";
import type { Witness } from "./check/witness.ts";
import {
  createLedgerMirror,
  guardLedger,
  type LedgerMirror,
  type LedgerTampering,
  type MirrorSnapshot,
} from "./ledger-mirror.ts";
import { connectionIdOf, type LedgerStore, openStores } from "./ledger-stores.ts";
import { familyOf } from "./schedule/generate.ts";
import {
  type Action,
  type EditedField,
  quotaOwnerOf,
  type Schedule,
  type Side,
} from "./schedule/schedule.ts";
import type { Process, Subject, SubjectFactory, Surroundings } from "./subject.ts";
import type { Deal } from "./world/deal-book.ts";
import { mappingOf } from "./world/mapping.ts";
import { type World, worldStart } from "./world/world.ts";

const second = 1000;
const minute = 60 * second;

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
    matchFields: ["name"],
  };
}

/** A way to take a safeguard away: what a seeded bug changes of the engine's surroundings. */
export interface Sabotage {
  readonly environment?: (environment: EngineEnvironment, life: Surroundings) => EngineEnvironment;
  readonly tampering?: LedgerTampering;
}

/** What one organisation's engine keeps between its lives. */
interface Store {
  readonly durable: LedgerStore;
  readonly mirror: LedgerMirror;
  /** The number kept outside the database. */
  witnessed: number | undefined;
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

  return {
    start: (life) => startLife(world, witness, storeOf(life.organisation), life, sabotage, itemsOf),
    async backUp() {
      for (const store of stores.values()) {
        store.backup = store.mirror.snapshot();
        await store.durable.backUp();
      }
    },
    async restore() {
      for (const { durable, mirror, backup } of stores.values()) {
        if ((await durable.restore()) && backup) mirror.restore(backup);
      }
    },
    isAtRest: (since) => [...stores.values()].every(({ mirror }) => isQuiet(world, mirror, since)),
    statesOf: (deal) => pairsOf(deal).map(({ state }) => state),
    excuseFor: (deal, field) => excuseOf(pairsOf(deal), itemsOf(deal), field),
    givenUp: (index, field, value, side) => {
      const deal = world.book.deals.get(index);
      if (!deal) return undefined;
      const { mirror } = storeOf(deal.organisation);
      return recordOf(deal, mirror, field, value, side);
    },
    finalChecks: async () => {
      for (const store of stores.values()) {
        checkHistory(store.mirror, witness);
        checkDrift(world, store.mirror, witness);
        checkFalseDoubles(world, store.mirror, witness);
      }
    },
  };
}

/** Nothing is due or under way, nobody is asked for approval, and an audit has run since. */
function isQuiet(world: World, mirror: LedgerMirror, since: number): boolean {
  const { connection, pairs } = mirror;
  if (!connection || connection.awaitsApproval !== undefined) return false;
  const ownSince = worldStart + since + world.schedule.settings.ownSkewMs;
  if (connection.auditedAt < ownSince) return false;
  for (const pair of pairs.values()) {
    if (pair.due || pair.attempt || pair.creation || pair.problem?.retryAt !== undefined)
      return false;
  }
  return true;
}

/** Writes what was stored into the trace, for whoever reads it. */
function noteCommit(world: World, change: LedgerChange): void {
  if (!world.trace.isKept) return;
  const note = (text: string): void => world.trace.note(world.scheduler.now(), text);
  for (const pair of change.pairs ?? []) note(`= ${pair.id.slice(0, 8)} ${pair.state}`);
  for (const { pairId, kind, side, fields, note: why } of change.history ?? []) {
    note(
      `~ ${pairId.slice(0, 8)} ${kind} ${side ?? ""} ${why ?? ""} ${JSON.stringify(fields ?? [])}`,
    );
  }
  for (const item of change.inbox ?? []) {
    note(
      `? ${item.kind} ${item.field ?? ""} ${item.resolvedAt === undefined ? item.sentence : "resolved"}`,
    );
  }
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
  const whole: EngineEnvironment = {
    clock: life.clock,
    random: life.random,
    log: silentLog,
    referrals: life.referrals,
    crm: life.crm,
    ledger: guardLedger(
      store.durable.ledger(),
      life.generation,
      store.mirror,
      world.scheduler.track,
      { ...sabotage.tampering, onCommit: (change) => noteCommit(world, change) },
    ),
    mapping: mappingOf(schedule.settings),
    settings: settingsFor(schedule, life.organisation),
    witness: {
      read: async () => store.witnessed,
      write: async (generation) => {
        if (life.generation.isAlive()) store.witnessed = generation;
      },
    },
  };
  const engine = createEngine(sabotage.environment?.(whole, life) ?? whole);
  engine.start().catch((error: unknown) => {
    if (life.generation.isAlive()) witness.report("the engine does not fail", describe(error));
  });
  approveWhenAsked(engine, store, life, witness);
  return {
    notice: async ({ referralId, changedAt }) => {
      await engine.hint({ side: "referral", id: referralId, changedAt });
    },
    operate: (action, deal) => operate(engine, action, deal, itemsOf(deal), store.mirror, life),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const approvalMs = 20 * second;

/** The person who approves plans and releases the brake: looks in a while after being asked. */
function approveWhenAsked(
  engine: Engine,
  store: Store,
  life: Surroundings,
  witness: Witness,
): void {
  let isComing = false;
  const look = (): void => {
    const { connection, inbox } = store.mirror;
    const isBraked = [...inbox.values()].some(
      (item) => item.kind === "brake" && item.resolvedAt === undefined,
    );
    if (isComing || (connection?.awaitsApproval === undefined && !isBraked)) return;
    isComing = true;
    void life.clock
      .sleep(approvalMs)
      .then(() => engine.approve("operator"))
      .then(() => witness.released(life.organisation))
      .catch(() => {})
      .then(() => {
        isComing = false;
        look();
      });
  };
  store.mirror.follow(({ connection, inbox }) => {
    if (connection?.awaitsApproval !== undefined || inbox?.some(({ kind }) => kind === "brake")) {
      look();
    }
  });
  look();
}

function answerTo(item: InboxItem, choose: Side): Answer {
  switch (item.kind) {
    case "match":
      return item.candidates?.[0] === undefined || choose === "crm"
        ? { choose: "create" }
        : { choose: "link", recordId: item.candidates[0] };
    case "double":
      return { choose: choose === "crm" ? "close" : "dismiss" };
    case "conflict":
    case "breaker":
    case "stale":
      return { choose: choose === "crm" ? "crm" : "referral" };
    default:
      return { choose: "dismiss" };
  }
}

async function operate(
  engine: Engine,
  action: Action,
  deal: Deal,
  items: readonly InboxItem[],
  mirror: LedgerMirror,
  life: Surroundings,
): Promise<void> {
  const mine = [...mirror.pairs.values()].find(
    (pair) =>
      (pair.referral !== undefined && deal.referrals.has(pair.referral.id)) ||
      (pair.crm !== undefined && deal.crmRecords.has(pair.crm.id)),
  );
  if (action.kind === "resolve") {
    for (const item of items) {
      if (item.resolvedAt !== undefined) continue;
      await engine.resolve(item.id, answerTo(item, action.choose), "operator").catch(() => {});
    }
  }
  if (!mine) return;
  if (action.kind === "undo") {
    const last = mirror.history.findLastIndex(
      ({ kind, pairId }) => kind === "wrote" && pairId === mine.id,
    );
    if (last >= 0) await engine.undo(last + 1, "operator");
  }
  if (action.kind === "pause") {
    await engine.pause({ pairId: mine.id }, "operator");
    await life.clock.sleep(action.forMs);
    await engine.resume({ pairId: mine.id }, "operator");
  }
}

/** Why a deal, or one of its fields, may rest unequal: the engine has said so to a person. */
function excuseOf(
  pairs: readonly Pair[],
  items: readonly InboxItem[],
  field: EditedField | undefined,
): string | undefined {
  for (const item of items) {
    if (item.resolvedAt !== undefined) continue;
    if (item.field === undefined || item.field === field) return `inbox: ${item.kind}`;
  }
  for (const pair of pairs) {
    if (pair.problem !== undefined && pair.problem.retryAt === undefined) return "dead letter";
    if (pair.paused) return "paused";
    if (pair.ended !== undefined) return pair.ended;
    if (pair.isHeld) return "held";
    if (field === undefined) {
      if (pair.refusals.length > 0) return `refused: ${pair.refusals[0]?.reason}`;
      continue;
    }
    if (pair.parked[field]) return `parked: ${pair.parked[field]?.reason}`;
    const refusal = pair.refusals.find((refused) => refused.field === field);
    if (refusal) return `refused: ${refusal.reason}`;
  }
  return undefined;
}

const givingUp = new Set(["conflict", "resolved", "undone"]);

/** Whether a value that was overwritten stands on the record: as a conflict's side, or as answered or undone by a person. */
function recordOf(
  deal: Deal,
  mirror: LedgerMirror,
  field: EditedField,
  value: string,
  side: Side,
): "conflict" | "person" | undefined {
  const ids = new Set<string>();
  for (const [pairId, records] of mirror.everOnRecord.records) {
    for (const id of records) {
      if (deal.referrals.has(id) || deal.crmRecords.has(id)) ids.add(pairId);
    }
  }
  let isConflict = false;
  const means = (candidate: unknown, own: Side): boolean =>
    candidate !== undefined && neutralValue(field, own, candidate) === value;
  for (const item of mirror.everOnRecord.inbox) {
    if (item.field !== field || item.pairId === undefined || !ids.has(item.pairId)) continue;
    const isMeant = means(item.referral, "referrals") || means(item.crm, "crm");
    if (isMeant && item.resolvedAt !== undefined) return "person";
    isConflict ||= isMeant;
  }
  for (const entry of mirror.everOnRecord.history) {
    if (!givingUp.has(entry.kind) || !ids.has(entry.pairId)) continue;
    for (const line of entry.fields ?? []) {
      if (line.field !== field) continue;
      const isMeant =
        means(line.referral, "referrals") ||
        means(line.crm, "crm") ||
        means(line.from, side) ||
        means(line.to, side);
      if (isMeant && entry.kind !== "conflict") return "person";
      isConflict ||= isMeant;
    }
  }
  return isConflict ? "conflict" : undefined;
}

/** Where nothing hides a change for good, the polls find everything and the audit nothing. */
function checkDrift(world: World, mirror: LedgerMirror, witness: Witness): void {
  const drift = mirror.connection?.drift ?? 0;
  if (familyOf(world.schedule.seed) !== "lists" || drift === 0) return;
  witness.report("bounded staleness", `${drift} changes were found by the audit only`);
}

/** Nobody is asked about a double where every deal has one record on each side. */
function checkFalseDoubles(world: World, mirror: LedgerMirror, witness: Witness): void {
  const isDoubled = [...world.book.deals.values()].some(
    ({ referrals, crmRecords }) =>
      crmRecords.size > 1 || [...referrals.values()].filter((leg) => leg === "partner").length > 1,
  );
  const asked = [...mirror.inbox.values()].find(({ kind }) => kind === "double");
  if (isDoubled || !asked) return;
  witness.report(
    "at most one live record per pair and side",
    `asked about a double that is none: ${asked.sentence}`,
  );
}

/** Replays what was agreed and compares it with the shadows. */
function checkHistory(mirror: LedgerMirror, witness: Witness): void {
  const replayed = new Map<string, Map<string, { referral: unknown; crm: unknown }>>();
  for (const entry of mirror.history) {
    if (entry.kind !== "agreed") continue;
    const shadows = replayed.get(entry.pairId) ?? new Map();
    replayed.set(entry.pairId, shadows);
    for (const { field, referral, crm } of entry.fields ?? [])
      shadows.set(field, { referral, crm });
  }
  for (const pair of mirror.pairs.values()) {
    if (!pair.referral || !pair.crm) continue;
    for (const [field, shadow] of replayed.get(pair.id) ?? []) {
      const own = { referral: pair.referral.shadow[field], crm: pair.crm.shadow[field] };
      if (JSON.stringify(own) !== JSON.stringify(shadow)) {
        witness.report(
          "history replays",
          `${field} of pair ${pair.id} replays to ${JSON.stringify(shadow)}, the shadows are ${JSON.stringify(own)}`,
        );
      }
    }
  }
}
