import { execFileSync } from "node:child_process";
import type { Campaign } from "./campaign.ts";
import { type Coverage, coverageOf, enough, notMet } from "./coverage.ts";
import type { Hunt } from "./hunt.ts";
import type { CampaignState } from "./state-file.ts";

/** The commit that is checked out. */
export function commitOfTree(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** The report of a campaign, as its one JSON object. */
export function reportOf({ campaign, seed, seconds, commit }: CampaignState) {
  const { tally, nextSeed, stoppedBy } = campaign;
  const mean = (sum: number): number => rounded(sum / Math.max(1, tally.schedules));
  return {
    schedules: tally.schedules,
    seed,
    nextSeed,
    crashes: tally.crashes,
    faults: tally.faults,
    edits: tally.edits,
    violations: tally.violations,
    commit,
    ...(stoppedBy === undefined ? {} : { stoppedBy }),
    seconds: rounded(seconds),
    schedulesPerSecond: rounded(tally.schedules / seconds),
    faultFreeSchedules: tally.faultFree,
    crashOnlySchedules: tally.crashesOnly,
    comparedWithoutCrashes: tally.compared,
    lightSchedules: tally.light,
    onSqlite: tally.onSqlite,
    means: {
      pairs: mean(tally.pairs),
      edits: mean(tally.edits),
      faults: mean(tally.faults),
      faultKinds: mean(tally.kinds),
      crashes: mean(tally.crashes),
      calls: mean(tally.calls),
      writes: mean(tally.writes),
      callsPerEdit: rounded(tally.calls / Math.max(1, tally.edits)),
    },
    faultKinds: tally.faultKinds,
    byInvariant: tally.byInvariant,
    coverage: coverageOf(tally.coverage),
    failures: tally.failures,
  };
}

/** The report of a campaign as an object. */
export type Report = ReturnType<typeof reportOf>;

function coverageText({ table, rare, byChance, never, wrong }: Coverage): string {
  const states = Object.keys(Object.values(table)[0] ?? {});
  const heads = states.map((state, index) => `${index + 1} ${state}`).join(" · ");
  const width = 6;
  const row = (name: string, cells: readonly (string | number)[]): string =>
    name.padEnd(26) + cells.map((cell) => String(cell).padStart(width)).join("");
  const lines = Object.entries(table).map(([kind, counts]) => row(kind, Object.values(counts)));
  const listed = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([cell, count]) => `${cell} ${count}`)
      .join(", ") || "none";
  const reasons = new Set(Object.values(never).filter((reason) => reason !== notMet));
  return [
    `How often each fault met each state: ${heads}`,
    row(
      "",
      [...states.keys()].map((index) => index + 1),
    ),
    ...lines,
    `Met fewer than ${enough} times, of those that can be: ${listed(rare)}.`,
    `Met by chance alone, and not asked for: ${listed(byChance)}.`,
    ...(wrong.length > 0 ? [`Met although said to be impossible: ${wrong.join(", ")}.`] : []),
    ...[...reasons].map((reason) => {
      const names = Object.keys(never).filter((name) => never[name] === reason);
      return `Can't be met, because ${reason}: ${names.join(", ")}.`;
    }),
  ].join("\n");
}

function failureText({ seed, ledger, violations: [first] }: Report["failures"][number]): string {
  return `  seed ${seed} on ${ledger}: ${first?.invariant}: ${first?.what}`;
}

/** The report of a campaign for people. */
export function textOf(report: Report): string {
  const { schedules, seconds, seed, nextSeed, violations, means, failures } = report;
  const { faultFreeSchedules, crashOnlySchedules, lightSchedules, onSqlite } = report;
  const compared = report.comparedWithoutCrashes;
  const ending = report.stoppedBy === undefined ? "" : `, stopped by ${report.stoppedBy}`;
  return [
    `${schedules} schedules in ${seconds} s (${report.schedulesPerSecond}/s)${ending}`,
    `  seeds ${seed} to ${nextSeed - 1}, ${onSqlite} on SQLite; beside them ${lightSchedules} light,`,
    `  ${faultFreeSchedules} without faults, ${crashOnlySchedules} with crashes only`,
    `  (${compared} compared with their world without crashes, ${crashOnlySchedules - compared} not)`,
    `In the mean ${means.pairs} pairs, ${means.edits} edits, ${means.crashes} crashes,`,
    `  ${means.faults} faults of ${means.faultKinds} kinds, ${means.calls} calls, ${means.writes} writes`,
    coverageText(report.coverage),
    `Broken promises: ${violations}`,
    ...failures.map(failureText),
  ].join("\n");
}

/**
 * One line on how far a campaign is, and how to go on with it; `earlier` schedules were played
 * before `elapsedMs` began.
 */
export function progressText(
  { tally, nextSeed }: Campaign,
  wanted: number,
  elapsedMs: number,
  earlier: number,
): string {
  const rate = ((tally.schedules - earlier) / elapsedMs) * 1000;
  const leftMinutes = (wanted - tally.schedules) / Math.max(rate, 0.01) / 60;
  return [
    `${tally.schedules} of ${wanted} schedules, ${rate.toFixed(0)}/s`,
    `${leftMinutes.toFixed(1)} min left, ${tally.violations} violations`,
    `--seed ${nextSeed} goes on from here`,
  ].join(", ");
}

/** The report of a hunt for people. */
export function huntText(hunts: readonly Hunt[]): string {
  return hunts
    .map(({ name, isFound, schedulesUntilFound, broken, seed }) => {
      if (!isFound) return `✗ ${name}: not missed in ${schedulesUntilFound} schedules`;
      const what = broken.join("; ");
      return `✓ ${name}: missed after ${schedulesUntilFound} schedules (seed ${seed}): ${what}`;
    })
    .join("\n");
}
