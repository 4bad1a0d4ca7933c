import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import { type Campaign, runCampaign, runHunts } from "./campaign/campaign.ts";
import { shortcomingsOf } from "./campaign/coverage.ts";
import { judge } from "./campaign/judge.ts";
import {
  commitOfTree,
  huntText,
  progressText,
  type Report,
  reportOf,
  textOf,
} from "./campaign/report.ts";
import { ledgerOf } from "./campaign/run-share.ts";
import {
  type CampaignState,
  type Identity,
  loadState,
  saveState,
  sumOf,
} from "./campaign/state-file.ts";
import { codeOf, stopSignal } from "./campaign/stop.ts";
import { subjectNamed } from "./campaign/subjects.ts";
import { generateSchedule } from "./schedule/generate.ts";
import type { Schedule } from "./schedule/schedule.ts";
import { shrink } from "./schedule/shrink.ts";

interface Options {
  readonly schedules: string;
  readonly seed: string;
  readonly workers: string;
  readonly ledger: "memory" | "sqlite" | "mixed";
  readonly budget: string;
  readonly subject: string;
  readonly state?: string;
  readonly sum?: readonly string[];
  readonly covered?: true;
  readonly json?: true;
  readonly naive?: true;
  readonly seededBugs?: true;
  readonly trace?: true;
  readonly shrink?: true;
}

const command = new Command("simulate")
  .description("plays the sync engine in a simulated world and checks its promises")
  .option("--schedules <n>", "full schedules to play", "1000")
  .option("--seed <s>", "the first seed", process.env.SEED ?? "1")
  .option("--workers <w>", "threads", String(Math.min(8, availableParallelism())))
  .addOption(
    new Option("--ledger <kind>", "where the engine remembers")
      .choices(["memory", "sqlite", "mixed"])
      .default("mixed"),
  )
  .option("--budget <seconds>", "begin no new schedule after so many seconds", "86400")
  .option("--subject <name>", "engine, naive, or the name of a seeded bug", "engine")
  .addOption(
    new Option(
      "--state <file>",
      "keep what was played there, and go on from what it holds",
    ).conflicts(["naive", "seededBugs", "trace"]),
  )
  .option("--sum <files...>", "play nothing: add up what such files of one commit hold")
  .option("--naive", "play the naive flow in the same worlds, beside the engine")
  .option("--seeded-bugs", "take one safeguard away at a time, and show that each is missed")
  .option("--trace", "play the one schedule of --seed and print its trace")
  .option("--shrink", "with --trace: print the smallest schedule that still fails")
  .option("--covered", "demand that the faults have met the engine's states often enough")
  .option("--json", "print one JSON object");

async function campaign(options: Options, subject: string, stop: AbortSignal): Promise<Report> {
  const { ledger, state: file } = options;
  const start = performance.now();
  const schedules = Number(options.schedules);
  const seed = Number(options.seed);
  // What is played is what was checked out at the start.
  const identity: Identity = { commit: commitOfTree(), subject, ledger };
  const earlier = file === undefined ? undefined : loadState(file, { ...identity, seed });
  const keep = (sofar: Campaign): CampaignState => {
    const seconds = (earlier?.seconds ?? 0) + (performance.now() - start) / 1000;
    const state = { ...identity, seed, campaign: sofar, seconds };
    if (file !== undefined) saveState(file, state);
    return state;
  };
  const played = await runCampaign({
    subject,
    firstSeed: seed,
    schedules,
    workers: Number(options.workers),
    ledger,
    budgetMs: Number(options.budget) * 1000,
    ...(earlier ? { from: earlier.campaign } : {}),
    stop,
    onProgress: (sofar, elapsedMs) => {
      keep(sofar);
      const before = earlier?.campaign.tally.schedules ?? 0;
      process.stderr.write(`${progressText(sofar, schedules, elapsedMs, before)}\n`);
    },
  });
  return reportOf(keep(played));
}

async function huntAll(options: Options, stop: AbortSignal): Promise<number> {
  const start = performance.now();
  const isDefault = command.getOptionValueSource("schedules") === "default";
  const hunt = {
    firstSeed: Number(options.seed),
    maxSchedules: isDefault ? most : Number(options.schedules),
  };
  const bugs = await runHunts(Number(options.workers), hunt, stop);
  const found = bugs.filter(({ isFound }) => isFound).length;
  const seconds = Math.round((performance.now() - start) / 10) / 100;
  const stoppedBy = stop.aborted ? { stoppedBy: stop.reason } : {};
  const report = {
    found,
    total: bugs.length,
    commit: commitOfTree(),
    ...stoppedBy,
    seconds,
    bugs,
  };
  const sum = `${found} of ${bugs.length} seeded bugs were missed, in ${seconds} s`;
  const text = `${huntText(bugs)}\n${sum}`;
  process.stdout.write(`${options.json ? JSON.stringify(report) : text}\n`);
  if (found < bugs.length) return 1;
  return stop.aborted ? codeOf(stop.reason) : 0;
}

/** Schedules in which a seeded bug must have been noticed. */
const most = 20_000;

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

/** What the same worlds cost and break with the naive flow. */
function beside(engine: Report, naive: Report): string {
  const line = (name: string, { violations, means: { calls, writes } }: Report): string =>
    `${name}: ${violations} broken promises, ${calls} calls and ${writes} writes a schedule`;
  return [
    line("engine", engine),
    line("naive flow", naive),
    JSON.stringify(naive.byInvariant),
  ].join("\n");
}

async function main(): Promise<number> {
  command.parse();
  const options = command.opts<Options>();
  if (options.trace) return traceOne(options);
  const stop = stopSignal();
  if (options.seededBugs) return huntAll(options, stop);
  const report = options.sum
    ? reportOf(sumOf(options.sum))
    : await campaign(options, options.subject, stop);
  const withNaive = options.naive && !stop.aborted;
  const naive = withNaive ? await campaign(options, "naive", stop) : undefined;
  const whole = naive === undefined ? report : { ...report, naive };
  const text = naive === undefined ? textOf(report) : `${textOf(report)}\n${beside(report, naive)}`;
  process.stdout.write(`${options.json ? JSON.stringify(whole) : text}\n`);
  const shortcomings = options.covered ? shortcomingsOf(report.coverage, report.schedules) : [];
  for (const shortcoming of shortcomings) process.stderr.write(`${shortcoming}\n`);
  if (report.violations > 0) return 1;
  if (stop.aborted) return codeOf(stop.reason);
  return shortcomings.length > 0 ? 1 : 0;
}

process.exitCode = await main();
