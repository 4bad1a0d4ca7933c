import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import { pairStates } from "../../src/sync/pair/pair.ts";
import { runCampaign, runHunts } from "./campaign/campaign.ts";
import { judge } from "./campaign/judge.ts";
import { ledgerOf } from "./campaign/run-share.ts";
import { subjectNamed } from "./campaign/subjects.ts";
import type { Tally } from "./campaign/tally.ts";
import { generateSchedule } from "./schedule/generate.ts";
import { faultKinds, type Schedule } from "./schedule/schedule.ts";
import { shrink } from "./schedule/shrink.ts";

interface Options {
  readonly schedules: string;
  readonly seed: string;
  readonly workers: string;
  readonly ledger: "memory" | "sqlite" | "mixed";
  readonly budget: string;
  readonly subject: string;
  readonly json?: true;
  readonly naive?: true;
  readonly seededBugs?: true;
  readonly trace?: true;
  readonly shrink?: true;
}

const command = new Command("simulate")
  .description("plays the sync engine in a simulated world and checks its promises")
  .option("--schedules <n>", "full schedules to play", "1000")
  .option("--seed <s>", "the first seed", "1")
  .option("--workers <w>", "threads", String(Math.min(8, availableParallelism())))
  .addOption(
    new Option("--ledger <kind>", "where the engine remembers")
      .choices(["memory", "sqlite", "mixed"])
      .default("mixed"),
  )
  .option("--budget <seconds>", "begin no new schedule after so many seconds", "86400")
  .option("--subject <name>", "engine, naive, or the name of a seeded bug", "engine")
  .option("--naive", "play the naive flow in the same worlds, beside the engine")
  .option("--seeded-bugs", "take one safeguard away at a time, and show that each is missed")
  .option("--trace", "play the one schedule of --seed and print its trace")
  .option("--shrink", "with --trace: print the smallest schedule that still fails")
  .option("--json", "print one JSON object");

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** How often a fault that can strike a pair in a state must do so in a campaign. */
const enough = 100;

/** Faults against the engine's states: how often each fault struck a pair in each state. */
function coverageOf(counts: Readonly<Record<string, number>>) {
  const table: Record<string, Record<string, number>> = {};
  const rare: Record<string, number> = {};
  for (const kind of faultKinds) {
    const row: Record<string, number> = {};
    for (const state of pairStates) {
      const count = counts[`${kind} ${state}`] ?? 0;
      row[state] = count;
      if (count > 0 && count < enough) rare[`${kind} ${state}`] = count;
    }
    table[kind] = row;
  }
  const reached = Object.values(table)
    .flatMap((row) => Object.values(row))
    .filter((n) => n > 0);
  return { reached: reached.length, rarerThan100: Object.keys(rare).length, rare, table };
}

/** The report of a campaign, as its one JSON object. */
function reportOf(tally: Tally, options: Options, seconds: number) {
  const mean = (sum: number): number => rounded(sum / Math.max(1, tally.schedules));
  return {
    schedules: tally.schedules,
    seed: Number(options.seed),
    crashes: tally.crashes,
    faults: tally.faults,
    edits: tally.edits,
    violations: tally.violations,
    commit: commit(),
    seconds: rounded(seconds),
    schedulesPerSecond: rounded(tally.schedules / seconds),
    faultFreeSchedules: tally.faultFree,
    crashOnlySchedules: tally.crashesOnly,
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

async function campaign(options: Options, subject: string) {
  const start = performance.now();
  const tally = await runCampaign({
    subject,
    firstSeed: Number(options.seed),
    schedules: Number(options.schedules),
    workers: Number(options.workers),
    ledger: options.ledger,
    budgetMs: Number(options.budget) * 1000,
    stopsAtFirst: false,
  });
  return reportOf(tally, options, (performance.now() - start) / 1000);
}

async function huntAll(options: Options): Promise<number> {
  const start = performance.now();
  const bugs = await runHunts(Number(options.workers), {
    firstSeed: Number(options.seed),
    maxSchedules: Number(options.schedules),
  });
  const found = bugs.filter(({ isFound }) => isFound).length;
  const seconds = rounded((performance.now() - start) / 1000);
  const report = { found, total: bugs.length, commit: commit(), seconds, bugs };
  process.stdout.write(`${JSON.stringify(report, undefined, options.json ? 0 : 2)}\n`);
  return found === bugs.length ? 0 : 1;
}

async function traceOne(options: Options): Promise<number> {
  const seed = Number(options.seed);
  const subject = subjectNamed(options.subject);
  let schedule = generateSchedule(seed, ledgerOf(seed, options.ledger));
  const first = await judge(schedule, subject);
  const invariant = first.violations[0]?.invariant;
  if (options.shrink && invariant !== undefined) {
    const fails = async (candidate: Schedule): Promise<boolean> => {
      const { violations } = await judge(candidate, subject).catch(() => first);
      return violations.some((violation) => violation.invariant === invariant);
    };
    schedule = await shrink(schedule, fails);
    process.stderr.write(`${JSON.stringify(schedule, undefined, 1)}\n`);
  }
  const outcome = await judge(schedule, subject, { keepTrace: true });
  for (const line of outcome.trace) process.stdout.write(`${line}\n`);
  process.stdout.write(`${JSON.stringify(outcome.violations, undefined, 1)}\n`);
  return outcome.violations.length > 0 ? 1 : 0;
}

async function main(): Promise<number> {
  command.parse();
  const options = command.opts<Options>();
  if (options.trace) return traceOne(options);
  if (options.seededBugs) return huntAll(options);
  const report = await campaign(options, options.subject);
  const naive = options.naive ? await campaign(options, "naive") : undefined;
  const whole = naive === undefined ? report : { ...report, naive };
  process.stdout.write(`${JSON.stringify(whole, undefined, options.json ? 0 : 2)}\n`);
  return report.violations > 0 ? 1 : 0;
}

process.exitCode = await main();
