import { checkEnd, type DealEnd, endsOf } from "./check/end.ts";
import type { Violation } from "./check/violation.ts";
import { createWitness, type Witness } from "./check/witness.ts";
import { createGeneration, type Generation } from "./kernel/generation.ts";
import type { Action, Fault, FaultKind, Schedule } from "./schedule/schedule.ts";
import { type Process, type Subject, type SubjectFactory, surroundingsOf } from "./subject.ts";
import { createDealBook } from "./world/deal-book.ts";
import { arrangeMishaps, createPeer, createPostman, type Notice } from "./world/mishaps.ts";
import { act } from "./world/people.ts";
import { stream } from "./world/stream.ts";
import { createWorld, type World, worldStart } from "./world/world.ts";

/** What one schedule came to. */
export interface Outcome {
  readonly violations: readonly Violation[];
  /** Over every line of the trace: the same seed gives the same digest. */
  readonly digest: string;
  readonly trace: readonly string[];
  readonly pairs: number;
  /** Edits of people that landed; what they created or deleted isn't among them. */
  readonly edits: number;
  readonly crashes: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** How often a fault struck a pair in a state: `fault state`. */
  readonly coverage: ReadonlyMap<string, number>;
  readonly calls: number;
  readonly writes: number;
  readonly steps: number;
  /** What became of each deal, for comparing worlds. */
  readonly ends: readonly DealEnd[];
  /** Whether the end of every deal was compared with that of the same world without crashes. */
  readonly isCompared?: boolean;
}

const minute = 60_000;
/** The most virtual time in which everything must come to rest once the faults are over. */
const quietMs = 60 * minute;
/** What a change takes to come into sight of the lists where nothing delays it. */
const sightMs = 5_000;
/** How often it is asked whether everything has come to rest, in virtual time. */
const glanceMs = 10_000;
/** What a poll may take beyond its interval. */
const pollingMs = 5_000;

/** When the last pause of a pair is over. */
function lastResumedAt({ actions }: Schedule): number {
  return Math.max(0, ...actions.map((own) => (own.kind === "pause" ? own.at + own.forMs : 0)));
}

/** The longest that a change can stay out of lists in this schedule. */
function longestLagOf({ faults }: Schedule): number {
  const isLag = ({ kind }: Fault): boolean => kind === "list-lag" || kind === "crm-list-lag";
  return Math.max(0, ...faults.filter(isLag).map(({ amount }) => amount));
}

/** Plays one schedule to its end and judges it. */
export async function play(
  schedule: Schedule,
  createSubject: SubjectFactory,
  options: { readonly keepTrace?: boolean } = {},
): Promise<Outcome> {
  const book = createDealBook();
  let sinceStart = (): number => 0;
  const witness = createWitness(schedule, () => sinceStart(), book);
  const coverage = new Map<string, number>();
  const world: World = createWorld(schedule, witness, book, {
    keepTrace: options.keepTrace ?? false,
    onHit: (fault, record) => cover(fault, record),
    statesOf: (record) => statesOf(record),
  });
  sinceStart = world.sinceStart;
  const subject = await createSubject(world, witness);
  const { statesOf } = subject;
  const cover = (fault: Fault, record: string | undefined): void => {
    for (const state of statesOf(record)) {
      const key = `${fault.kind} ${state}`;
      coverage.set(key, (coverage.get(key) ?? 0) + 1);
    }
  };

  const host = createHost(world, statesOf, (generation) =>
    world.organisations.map(({ name }) => ({
      name,
      process: subject.start(surroundingsOf(world, name, generation)),
    })),
  );
  const postman = createPostman(world, (notice) => deliver(world, host, notice, 0));
  const peer = createPeer(world);
  // A write of the engine's lands before its answer is known: then a state has a record already.
  const lookSoon = (): unknown => world.scheduler.after(20, world.aims.look);
  witness.onReferralChange(postman);
  witness.onEngineWrite((deal, side) => {
    peer(deal, side);
    if (world.aims.isWaiting()) lookSoon();
  });
  arrangeMishaps(world);
  arrangeBackups(world, host, subject, witness);
  for (const action of schedule.actions) {
    world.scheduler.after(action.at, () => {
      world.trace.note(world.scheduler.now(), JSON.stringify(action));
      act(world, action);
      operate(world, host, action);
    });
  }
  host.start();
  await world.scheduler.runUntil(world.scheduler.now() + schedule.endsAt);
  world.faults.disarm();
  const lastAt = Math.max(
    world.scheduler.now(),
    world.lastLandingAt(),
    worldStart + lastResumedAt(schedule),
  );
  const inSightAt = lastAt + sightMs + longestLagOf(schedule);
  const calmFrom = inSightAt - worldStart;
  await world.scheduler.runUntil(inSightAt);
  for (let waited = 0; waited < quietMs; waited += glanceMs) {
    // Asked for until one has run: the process may be dead, or the budget spent.
    if (waited % (5 * minute) === 0) host.audit();
    await world.scheduler.runUntil(world.scheduler.now() + glanceMs);
    if (subject.isAtRest(calmFrom)) break;
  }
  const { pollReferralsMs, pollCrmMs } = schedule.settings;
  await checkEnd(world, witness, subject, {
    // Each side is polled once more, and nothing may come of it.
    restMs: Math.max(pollReferralsMs, pollCrmMs) + pollingMs,
    audit: host.audit,
    redeliver: () => {
      for (const deal of world.book.deals.values()) {
        for (const id of deal.referrals.keys()) {
          const stored = world.referrals.find(id);
          if (!stored) continue;
          const notice = {
            organisation: stored.organisation,
            referralId: id,
            changedAt: stored.document.updatedDateTime,
          };
          deliver(world, host, notice, 0);
          deliver(world, host, notice, 0);
        }
      }
    },
  });
  host.stop();
  return {
    violations: witness.violations,
    digest: world.trace.digest(),
    trace: world.trace.lines,
    pairs: world.book.deals.size,
    edits: witness.edits.filter(({ kind, actor }) => kind === "change" && actor !== "peer").length,
    crashes: host.crashes(),
    faults: world.faults.hits,
    coverage,
    calls: witness.calls.length,
    writes: witness.writes.length,
    steps: world.scheduler.steps(),
    ends: endsOf(world, witness, subject),
  };
}

interface Host {
  start(): void;
  /** Ends the present life; the next begins after a while, when `between` has run. */
  crash(between: () => Promise<void>): void;
  stop(): void;
  audit(): void;
  processOf(organisation: string): Process | undefined;
  crashes(): number;
}

/** Starts lives, lets them die where the crash faults say, and starts the next. */
function createHost(
  world: World,
  statesOf: Subject["statesOf"],
  begin: (
    generation: Generation,
  ) => readonly { readonly name: string; readonly process: Process }[],
): Host {
  const { scheduler, faults, schedule } = world;
  const pauses = stream(schedule.seed, 50);
  const crashes = schedule.faults
    .filter(({ kind }) => kind === "crash")
    .map((fault) => ({ fault, left: Math.max(1, fault.amount) }));
  let number = 0;
  let count = 0;
  let isOver = false;
  let generation: Generation | undefined;
  let processes: readonly { readonly name: string; readonly process: Process }[] = [];
  let between: () => Promise<void> = async () => {};

  const judge = (boundary: string): boolean => {
    if (isOver) return false;
    const now = world.sinceStart();
    // One that waits for a state doesn't hold up the others.
    const next = crashes.find(
      ({ left, fault: { at, aim } }) =>
        left > 0 && at <= now && (aim === undefined || statesOf(undefined).includes(aim)),
    );
    if (!next) return false;
    next.left -= 1;
    if (next.left > 0) return false;
    world.trace.note(scheduler.now(), `dies at ${boundary}`);
    faults.hit(next.fault);
    return true;
  };
  const start = (): void => {
    number += 1;
    generation = createGeneration(number, judge, () => {
      if (isOver) return;
      count += 1;
      world.trace.note(scheduler.now(), "crash");
      processes = [];
      scheduler.after(200 + Math.floor(pauses.fraction() * 8000), () => {
        const first = between;
        between = async () => {};
        void scheduler.track(first().then(start));
      });
    });
    processes = begin(generation);
  };
  return {
    start,
    crash(work) {
      const old = between;
      between = async () => {
        await old();
        await work();
      };
      if (generation?.isAlive()) generation.end();
    },
    stop() {
      isOver = true;
      generation?.end();
    },
    audit() {
      for (const { process } of processes) process.audit().catch(() => {});
    },
    processOf: (organisation) => processes.find(({ name }) => name === organisation)?.process,
    crashes: () => count,
  };
}

const redeliveryMs = 10_000;
const maxDeliveries = 10;

/** Sends a webhook until the process has taken it, ten times at most, as the service does. */
function deliver(world: World, host: Host, notice: Notice, tries: number): void {
  const process = host.processOf(notice.organisation);
  world.trace.note(world.scheduler.now(), `webhook ${notice.referralId} ${notice.changedAt}`);
  let isTaken = false;
  process
    ?.notice(notice)
    .then(() => {
      isTaken = true;
    })
    .catch(() => {});
  if (tries + 1 >= maxDeliveries) return;
  world.scheduler.after(redeliveryMs * (tries + 1), () => {
    if (!isTaken) deliver(world, host, notice, tries + 1);
  });
}

function operate(world: World, host: Host, action: Action): void {
  if (!["resolve", "undo", "pause"].includes(action.kind)) return;
  const deal = world.book.deals.get(action.deal);
  if (!deal) return;
  host
    .processOf(deal.organisation)
    ?.operate(action, deal)
    .catch(() => {});
}

function arrangeBackups(
  world: World,
  host: Host,
  subject: Pick<Subject, "backUp" | "restore">,
  witness: Witness,
): void {
  for (const fault of world.schedule.faults) {
    if (fault.kind !== "backup-restored") continue;
    world.scheduler.after(fault.at, () => {
      void world.scheduler.track(subject.backUp());
    });
    const strike = (): boolean => {
      world.faults.hit(fault);
      host.crash(async () => {
        await subject.restore();
        witness.restored(fault.at, world.sinceStart());
      });
      return true;
    };
    const at = Math.min(fault.at + fault.amount, world.schedule.endsAt);
    if (fault.aim === undefined) world.scheduler.after(at, strike);
    else world.aims.wait({ ...fault, at: fault.at + 1 }, { strike });
  }
}
