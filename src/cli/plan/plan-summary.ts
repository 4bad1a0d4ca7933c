import type { PlannedWrite, Rehearsal, Side } from "../../sync/index.ts";

/** The counts of one direction: into the side that is written. */
export interface DirectionCounts {
  readonly create: number;
  readonly update: number;
  readonly close: number;
  readonly refuse: number;
}

/** A plan in numbers. */
export interface PlanSummary {
  /** By the side that is written. */
  readonly to: Readonly<Record<Side, DirectionCounts>>;
  readonly links: number;
  /** Writes beside them that only show the seller how a deal stands. */
  readonly told: number;
  readonly asked: number;
  readonly refused: number;
  readonly calls: number;
  readonly callsPerMinute: number;
  /** How long the writes take at least, under the call budget. */
  readonly minutes: number;
  /** Refusals of one cause together, the most frequent first. */
  readonly refusals: readonly {
    readonly reason: string;
    readonly remedy: string;
    readonly pairIds: readonly string[];
  }[];
}

function countsOf(plan: Rehearsal, side: Side): DirectionCounts {
  const count = (kind: PlannedWrite["kind"]): number =>
    plan.writes.filter((write) => write.side === side && write.kind === kind && !write.isTelling)
      .length;
  return {
    create: count("create"),
    update: count("update"),
    close: count("close"),
    refuse: plan.refusals.filter((refusal) => refusal.side === side).length,
  };
}

function refusalsByCause({ refusals }: Rehearsal): PlanSummary["refusals"] {
  const groups = new Map<string, { reason: string; remedy: string; pairIds: string[] }>();
  for (const { pairId, reason, remedy } of refusals) {
    const key = `${reason}\n${remedy}`;
    const group = groups.get(key) ?? { reason, remedy, pairIds: [] };
    group.pairIds.push(pairId);
    groups.set(key, group);
  }
  return [...groups.values()].toSorted((left, right) => right.pairIds.length - left.pairIds.length);
}

/** What one write of a plan changes; empty where it only tells the seller how the deal stands. */
export function changesOf(plan: Rehearsal, { pairId, side, kind }: PlannedWrite) {
  const changes = plan.pairs[pairId]?.changes ?? [];
  const wanted = kind === "create" ? "create" : "update";
  return changes.filter((change) => change.side === side && change.kind === wanted);
}

/** Counts a plan. */
export function planSummary(plan: Rehearsal, limit: number): PlanSummary {
  const callsPerMinute = Math.max(1, limit);
  return {
    to: { crm: countsOf(plan, "crm"), referral: countsOf(plan, "referral") },
    links: plan.links,
    told: plan.writes.filter(({ isTelling }) => isTelling).length,
    asked: plan.questions.length,
    refused: plan.refusals.length,
    calls: plan.calls,
    callsPerMinute,
    minutes: plan.calls / callsPerMinute,
    refusals: refusalsByCause(plan),
  };
}
