import type { Answer, Engine } from "../../src/sync/engine-port.ts";
import type { InboxItem } from "../../src/sync/ledger/ledger-port.ts";
import { compareCalls, compareWithRun } from "./check/rehearsal.ts";
import type { Witness } from "./check/witness.ts";
import { plannedEffects } from "./engine-insight.ts";
import type { LedgerMirror } from "./ledger-mirror.ts";
import type { Action, Side } from "./schedule/schedule.ts";
import type { Surroundings } from "./subject.ts";
import type { Deal } from "./world/deal-book.ts";
import type { World } from "./world/world.ts";

/** How long a person takes to look in after being asked. */
const approvalMs = 20_000;
/** … and where a fault wants to strike what waits for it. */
const lateApprovalMs = 80_000;
/**
 * Without faults the first plan is looked at closely, after some polls, and compared with the run.
 */
const rehearsalMs = 130_000;
const runMs = 60_000;

/** An engine with the person who looks after it. */
export interface Desk {
  readonly engine: Engine;
  readonly mirror: LedgerMirror;
  readonly life: Surroundings;
  readonly witness: Witness;
  readonly world: World;
}

/** Approves plans and releases the brake, a while after being asked. */
export function approveWhenAsked(desk: Desk): void {
  const { mirror, life } = desk;
  const isWaited = desk.world.schedule.faults.some(({ aim }) => aim === "waiting");
  const lookInMs = isWaited ? lateApprovalMs : approvalMs;
  let isComing = false;
  const look = (): void => {
    const { connection } = mirror;
    if (isComing || (connection?.awaitsApproval === undefined && !isBraked(mirror))) return;
    isComing = true;
    const isCalm = desk.world.schedule.family === "calm";
    const isFirst = isCalm && connection?.awaitsApproval === "first-run";
    void life.clock
      .sleep(isFirst ? rehearsalMs : lookInMs)
      .then(() => (isFirst ? approveAndCompare(desk) : approve(desk)))
      .catch(() => {})
      .then(() => {
        isComing = false;
        look();
      });
  };
  mirror.follow(({ connection, inbox }) => {
    if (connection?.awaitsApproval !== undefined || inbox?.some(({ kind }) => kind === "brake")) {
      look();
    }
  });
  look();
}

const isBraked = ({ inbox }: LedgerMirror): boolean =>
  [...inbox.values()].some((item) => item.kind === "brake" && item.resolvedAt === undefined);

async function approve({ engine, mirror, life, witness }: Desk): Promise<void> {
  witness.released(life.organisation, isBraked(mirror));
  await engine.approve("operator");
}

/** Looks at the plan, allows it, and compares it with what was done. */
async function approveAndCompare(desk: Desk): Promise<void> {
  const { engine, mirror, life, witness, world } = desk;
  const rehearsal = await engine.rehearse();
  const planned = plannedEffects(world, mirror, rehearsal);
  const isOwn = ({ deal }: { readonly deal: number }): boolean =>
    world.book.deals.get(deal)?.organisation === life.organisation;
  const before = witness.lineage.written.length;
  const writesBefore = witness.writes.length;
  await approve(desk);
  await life.clock.sleep(runMs);
  compareWithRun(witness, planned, before, isOwn);
  const made = witness.writes
    .slice(writesBefore)
    .filter(({ side, organisation }) => side === "referrals" && organisation === life.organisation);
  compareCalls(witness, rehearsal.calls, made);
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

/** Carries out what an operator does about a deal. */
export async function operate(
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
      const answer = answerTo(item, action.choose);
      // What a person wants to have anew may come back: the deal of a referral, that is.
      const asking = mirror.pairs.get(item.pairId ?? "")?.referral;
      if (answer.choose === "create" && asking) {
        deal.deletedAt = undefined;
        deal.wasDeleted = false;
      }
      await engine.resolve(item.id, answer, "operator").then(
        () => {
          if (answer.choose === "create") deal.ordered += 1;
          if (answer.choose === "close" && asking) deal.unwanted.add(asking.id);
        },
        () => {},
      );
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
