import { ReferralsError } from "../contract/index.ts";
import type { Mapping } from "../crm/mapping-port.ts";
import { CrmError } from "../crm/port.ts";
import { createCallBudget } from "./budget/call-budget.ts";
import { reconcilePair } from "./core/reconcile.ts";
import { engineRules } from "./core/rules.ts";
import {
  commit,
  commitPair,
  type EngineContext,
  isWalked,
  mayWrite,
  quietly,
} from "./engine-context.ts";
import type {
  Answer,
  Engine,
  EngineEnvironment,
  EngineEvent,
  Hint,
  PauseScope,
  Rehearsal,
  WalkReport,
} from "./engine-port.ts";
import { type ConnectionState, LedgerConflict } from "./ledger/ledger-port.ts";
import { RestoreWatch } from "./ledger/restore-watch.ts";
import { backoffMs } from "./pair/failure.ts";
import { newPair } from "./pair/new-pair.ts";
import type { FieldValues, Pair, Side } from "./pair/pair.ts";
import { createProjection } from "./pair/projection.ts";
import { approveWrites, prefer as preferSide, release, resolveItem } from "./people/answers.ts";
import {
  approvalItem,
  beginEpoch,
  markHinted,
  pauseScope,
  replayPair,
  resumeScope,
  undoWrite,
  unlinkPair,
} from "./people/commands.ts";
import { editPair } from "./people/edits.ts";
import { rehearse } from "./people/rehearsal.ts";
import { createEmbeddedRunner } from "./run/embedded-runner.ts";
import type { Runner } from "./run/runner.ts";
import { auditSides, oneAtATime } from "./walk/audit.ts";
import { EarlyWalk } from "./walk/early-walk.ts";
import { HintGathering } from "./walk/hint-gathering.ts";
import { closeReferralWalk, type WalkMemory, walkCrm, walkReferrals } from "./walk/walk.ts";

/** Creates an engine for one connection. It does nothing until it is told to. */
export function createEngine(environment: EngineEnvironment): Engine {
  return new SyncEngine(environment);
}

type Rhythm = "referrals" | "crm" | "audit";

const mostDue = 100;

class SyncEngine implements Engine {
  readonly #environment: EngineEnvironment;
  readonly #context: EngineContext;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #memory: WalkMemory = { isFilterRefused: false };
  readonly #walks = new Map<Rhythm, Promise<WalkReport>>();
  readonly #failures = new Map<Rhythm, { readonly count: number; readonly until: number }>();
  readonly #running = new Set<string>();
  readonly #hints: HintGathering;
  readonly #early: EarlyWalk;
  readonly #watch: RestoreWatch;
  readonly #audit: () => Promise<number> = oneAtATime(() =>
    auditSides(this.#context, this.#memory),
  );
  #closing: Promise<void> | undefined;
  #stop = new AbortController();
  #runner: Runner | undefined;
  #wake: () => void = () => {};

  constructor(environment: EngineEnvironment) {
    const { clock, random, log, referrals, crm, ledger, mapping, settings } = environment;
    this.#environment = environment;
    const { quotaOwner } = settings;
    const watch = new RestoreWatch({ witness: environment.witness, ledger, quotaOwner });
    this.#watch = watch;
    this.#context = {
      clock,
      random,
      log,
      referrals,
      crm,
      ledger,
      mapping,
      settings,
      projection: createProjection(mapping),
      rules: environment.rules ?? engineRules,
      budget: createCallBudget({
        ...settings,
        clock,
        ledger,
        ending: () => this.#stop.signal,
        onCounted: (revision) => watch.countCall(revision),
      }),
      walkCrm: () => this.pollCrm(),
      walkReferrals: () => this.pollReferrals(),
      closeReferralWalk: () => this.#closeReferralWalk(),
      bearWitness: () => watch.bearWitness(),
      emit: (event, isDue) => this.#emit(event, isDue),
    };
    this.#early = new EarlyWalk(clock, settings.earlyPollGapMs);
    this.#hints = new HintGathering({
      clock,
      settings,
      walk: async () => {
        if (isWalked(await ledger.connection())) await this.#perform("referrals");
      },
    });
  }

  async open(): Promise<void> {
    const { budget, ledger, settings } = this.#context;
    const connection = await ledger.connection();
    const forgotten = await this.#watch.forgotten();
    if (forgotten === "calls") await budget.spendWindow();
    if (forgotten === "changes") {
      await beginEpoch(this.#context);
    } else if (connection.revision === 0) {
      await commit(this.#context, {
        connection: settings.isApproved ? { ...connection, awaitsApproval: undefined } : connection,
        inbox: settings.isApproved ? [] : [approvalItem(this.#context, "first-run")],
      });
    }
    await this.#watch.begin();
    // A life that ended just after an approval may have left pairs waiting for it.
    const now = await ledger.connection();
    if (mayWrite(this.#context, now)) await release(this.#context, ["waiting"]);
    if (now.brakeSince === undefined) await release(this.#context, ["deleted"]);
  }

  pollReferrals(): Promise<WalkReport> {
    return this.#walk("referrals", () =>
      walkReferrals(this.#context, this.#memory, { priority: "poll", isAudit: false }),
    );
  }

  pollCrm(): Promise<WalkReport> {
    return this.#walk("crm", () => walkCrm(this.#context, { isAudit: false }));
  }

  pollCrmSoon(delayMs: number): void {
    this.#early.ask(delayMs);
  }

  async auditSweep(): Promise<{ readonly drift: number }> {
    return { drift: await this.#audit() };
  }

  async hint({ side, id, changedAt }: Hint): Promise<boolean> {
    const { ledger, clock } = this.#context;
    const known = await (side === "referral"
      ? ledger.pairsByReferral([id])
      : ledger.pairsByRecord([id]));
    const pair = known.get(id);
    if (pair) {
      const mark = () => markHinted(this.#context, pair, side, changedAt);
      return side === "referral" ? this.#hints.during(pair.id, mark) : mark();
    }
    const { epoch } = await ledger.connection();
    const blank = newPair(this.#context, side, epoch);
    const named: Pair = {
      ...blank,
      [side]: unseen(id, epoch),
      look: { [side]: "hint" },
      due: { at: clock.now(), priority: "read" },
    };
    try {
      const store = async () => {
        await commitPair(this.#context, quietly(named));
        return true;
      };
      return await (side === "referral" ? this.#hints.during(named.id, store) : store());
    } catch (error) {
      // A walk has brought it in the meantime.
      if (error instanceof LedgerConflict) return false;
      throw error;
    }
  }

  reconcile(pairId: string): Promise<void> {
    return this.#reconcile(pairId, false);
  }

  async #reconcile(pairId: string, isPatient: boolean): Promise<void> {
    if (this.#running.has(pairId)) return;
    this.#running.add(pairId);
    try {
      await this.#hints.beforeLook(pairId, isPatient, this.#stop.signal);
      await reconcilePair(this.#context, pairId);
    } finally {
      this.#running.delete(pairId);
    }
  }

  async runDue(limit: number = mostDue): Promise<number> {
    const { ledger, clock } = this.#context;
    const due = await ledger.due(clock.now(), limit);
    for (const { pairId } of due) await this.reconcile(pairId);
    return due.length;
  }

  async nextDue(): Promise<number> {
    const connection = await this.#context.ledger.connection();
    const next = (await this.#context.ledger.nextDueAt()) ?? Number.POSITIVE_INFINITY;
    return Math.min(next, ...rhythms.map((rhythm) => this.#dueAt(rhythm, connection)));
  }

  async tick(): Promise<number> {
    for (const rhythm of rhythms) {
      const connection = await this.#context.ledger.connection();
      if (this.#dueAt(rhythm, connection) <= this.#context.clock.now()) await this.#perform(rhythm);
    }
    return this.runDue();
  }

  async start(): Promise<void> {
    this.#stop = new AbortController();
    await this.open();
    const { clock, log, ledger, settings } = this.#context;
    const embedded = createEmbeddedRunner({ clock, log, queue: ledger, ...settings });
    this.#runner = this.#environment.runner ?? embedded;
    this.#wake = () => embedded.wake();
    await this.#runner.start((pairId) => this.#reconcile(pairId, true));
    await Promise.all(rhythms.map((rhythm) => this.#keep(rhythm)));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("the engine was stopped"));
    await this.#runner?.stop();
    await Promise.allSettled(this.#walks.values());
  }

  rehearse(under?: Mapping): Promise<Rehearsal> {
    return rehearse(this.#environment, (environment) => new SyncEngine(environment), under);
  }

  replan({ rereadsCrm = false }: { readonly rereadsCrm?: boolean } = {}): Promise<void> {
    const look = (pair: Pair): Pair =>
      rereadsCrm && pair.crm
        ? { ...pair, look: { ...pair.look, crm: pair.look.crm ?? "hint" } }
        : pair;
    return release(this.#context, ["in-step", "refusing", "asking", "held"], look);
  }

  prefer(field: string, side: Side | undefined): Promise<void> {
    return preferSide(this.#context, field, side);
  }

  approve(by?: string): Promise<void> {
    return approveWrites(this.#context, by);
  }

  resolve(itemId: string, answer: Answer, by?: string): Promise<void> {
    return retried(() => resolveItem(this.#context, itemId, answer, by));
  }

  edit(pairId: string, values: FieldValues, by?: string): Promise<void> {
    return retried(() => editPair(this.#context, pairId, values, by));
  }

  undo(sequence: number, by?: string): Promise<void> {
    return undoWrite(this.#context, sequence, by);
  }

  replay(pairId: string, by?: string): Promise<void> {
    return replayPair(this.#context, pairId, by);
  }

  unlink(pairId: string, by?: string): Promise<void> {
    return retried(() => unlinkPair(this.#context, pairId, by));
  }

  pause(scope: PauseScope, by?: string): Promise<void> {
    return pauseScope(this.#context, scope, by);
  }

  resume(scope: PauseScope, by?: string): Promise<void> {
    return resumeScope(this.#context, scope, by);
  }

  async declareRestored(): Promise<void> {
    await beginEpoch(this.#context);
    await this.#watch.bearWitness();
  }

  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event: EngineEvent, isDue: boolean): void {
    if (isDue) this.#wake();
    for (const listener of this.#listeners) listener(event);
  }

  /** Callers at the same time share one walk. */
  #walk(rhythm: Rhythm, walk: () => Promise<WalkReport>): Promise<WalkReport> {
    const underWay = this.#walks.get(rhythm);
    if (underWay) return underWay;
    if (rhythm === "crm") this.#early.begun();
    const started = walk()
      .then(async (report) => {
        await this.#watch.bearWitness();
        return report;
      })
      .finally(() => this.#walks.delete(rhythm));
    this.#walks.set(rhythm, started);
    if (rhythm === "referrals") this.#hints.walkBegan(started);
    return started;
  }

  /** As with walks, callers at the same time share one. */
  #closeReferralWalk(): Promise<void> {
    this.#closing ??= closeReferralWalk(this.#context, this.#memory, "read").finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  #dueAt(rhythm: Rhythm, connection: ConnectionState): number {
    const { settings, clock } = this.#context;
    const { referralCursor, crmCursor, auditedAt } = connection;
    const lastAudit = isWalked(connection) ? auditedAt : clock.now();
    const crmAt = crmCursor.walkedAt;
    const regular = {
      referrals: referralCursor.walkedAt + settings.pollReferralsMs,
      crm: Math.min(crmAt + settings.pollCrmMs, this.#early.dueAt(crmAt)),
      audit: lastAudit + settings.auditMs,
    };
    return Math.max(regular[rhythm], this.#failures.get(rhythm)?.until ?? 0);
  }

  /** Polls or audits once; a failure of the other side is noted and tried again later. */
  async #perform(rhythm: Rhythm): Promise<void> {
    const { clock, random, settings, log } = this.#context;
    try {
      if (rhythm === "audit") await this.auditSweep();
      else await (rhythm === "crm" ? this.pollCrm() : this.pollReferrals());
      this.#failures.delete(rhythm);
    } catch (error) {
      const isExpected = error instanceof ReferralsError || error instanceof CrmError;
      if (!isExpected && !(error instanceof LedgerConflict)) throw error;
      const count = (this.#failures.get(rhythm)?.count ?? 0) + 1;
      const waitMs = error instanceof LedgerConflict ? 0 : (error.retryAfterMs ?? 0);
      const until =
        clock.now() + Math.max(waitMs, backoffMs(count, settings.retry, random.fraction()));
      this.#failures.set(rhythm, { count, until });
      log.warn({ rhythm, count, err: error }, "a walk failed and is tried again later");
    }
  }

  async #keep(rhythm: Rhythm): Promise<void> {
    const { clock, ledger, settings } = this.#context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const waitMs = this.#dueAt(rhythm, await ledger.connection()) - clock.now();
      // Looked at anew now and then: a restore moves the next audit forward.
      const sleepMs = Math.min(waitMs, settings.pollReferralsMs);
      if (waitMs <= 0) await this.#perform(rhythm);
      else if (rhythm === "crm") await this.#early.rest(sleepMs, signal);
      else await clock.sleep(sleepMs, signal).catch(() => {});
    }
  }
}

const rhythms: readonly Rhythm[] = ["referrals", "crm", "audit"];

/** A side of which only the id is known, until it has been read. */
const unseen = (id: string, epoch: number): NonNullable<Pair["crm"]> => ({
  id,
  version: "",
  stamp: "",
  document: undefined,
  shadow: {},
  changes: {},
  lookedAt: 0,
  epoch,
  presence: "present",
});

const mostTries = 10;

/** Runs a person's command again where a walk or a worker was faster. */
async function retried(command: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await command();
    } catch (error) {
      if (!(error instanceof LedgerConflict) || tries >= mostTries) throw error;
    }
  }
}
