import { writeFileSync } from "node:fs";
import { measureConditionalPatches } from "../conditional-load.ts";
import { measureLoad } from "../load.ts";
import { processorSeconds } from "../processor-time.ts";
import { interleave, median, medianRatio } from "../statistics.ts";
import { startBare } from "./bare.ts";
import { startCap } from "./cap.ts";
import type { Contestant, Document } from "./contestant.ts";
import { startJsonServer } from "./json-server.ts";
import { startOurs } from "./ours.ts";
import { measureSizes, type SizeReport } from "./sizes.ts";

/** What `npm run bench -- service` accepts. */
export interface ServiceBenchOptions {
  readonly json?: boolean;
  readonly seconds: number;
  readonly rounds: number;
  readonly rows: number;
  readonly largeRows: number;
  readonly largeData?: string;
  readonly without?: readonly string[];
  readonly only?: string;
}

type Scenario = "byId" | "page" | "conditional";
/** What one measurement saw of one contestant. */
interface Figure {
  readonly perSecond: number;
  /** Microseconds of processor time that the server spent on one request. */
  readonly processorMicroseconds: number;
  /** Of one answer, head and body; absent where an answer has no body. */
  readonly bytes?: number;
}
type Figures = Readonly<Record<string, readonly Figure[]>>;

const writers = 16;
const peers: Readonly<Record<string, (documents: readonly Document[]) => Promise<Contestant>>> = {
  "json-server": startJsonServer,
  cap: startCap,
};

function measurement(
  contestant: Contestant,
  scenario: Scenario,
  seconds: number,
): (() => Promise<Figure>) | undefined {
  const { conditional, processId } = contestant;
  if (scenario === "conditional" && !conditional) return undefined;
  return async () => {
    const load = scenario === "conditional" ? await conditional?.(writers) : contestant[scenario];
    const before = processorSeconds(processId) ?? Number.NaN;
    const { perSecond, requests, ...seen } =
      load && "referrals" in load
        ? await measureConditionalPatches(load, seconds)
        : await measureLoad(load ?? contestant.byId, seconds);
    const spent = (processorSeconds(processId) ?? Number.NaN) - before;
    return { perSecond, processorMicroseconds: (spent * 1_000_000) / requests, ...seen };
  };
}

async function compare(
  contestants: readonly Contestant[],
  scenario: Scenario,
  options: ServiceBenchOptions,
): Promise<Figures> {
  const runs = contestants.flatMap((contestant) => {
    const run = measurement(contestant, scenario, options.seconds);
    return run ? [[contestant.name, run] as const] : [];
  });
  process.stderr.write(`${scenario}: ${runs.map(([name]) => name).join(", ")}…\n`);
  // Twice: it takes the engine some seconds to compile what is called most.
  for (const [, run] of [...runs, ...runs]) await run();
  return interleave(Object.fromEntries(runs), options.rounds);
}

const twoPlaces = (value: number): number => Number(value.toFixed(2));

/** Ours divided by theirs, in each round: the middle, and the spread that it comes from. */
function ratiosOf(ours: readonly number[], theirs: readonly number[]) {
  const rounds = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)].map(twoPlaces);
  return { median: twoPlaces(medianRatio(ours, theirs)), least, most };
}

function summarize(figures: Figures, ours: string) {
  const own = figures[ours] ?? [];
  const rates = (values: readonly Figure[]) => values.map((figure) => figure.perSecond);
  const times = (values: readonly Figure[]) => values.map((one) => one.processorMicroseconds);
  return Object.entries(figures).map(([name, values]) => ({
    name,
    perSecond: Math.round(median(rates(values))),
    rateRatio: ratiosOf(rates(own), rates(values)),
    processorMicroseconds: Math.round(median(times(values))),
    // Turned round, so that in both ratios more is better for us.
    processorRatio: ratiosOf(times(values), times(own)),
    ...(values[0]?.bytes === undefined ? {} : { bytes: values[0].bytes }),
  }));
}

async function comparePeers(options: ServiceBenchOptions) {
  const ours = await startOurs(options.rows);
  const contestants: Contestant[] = [ours, await startBare(ours.documents, ours)];
  try {
    for (const [name, start] of Object.entries(peers)) {
      if (!options.without?.includes(name)) contestants.push(await start(ours.documents));
    }
    const result: Record<string, ReturnType<typeof summarize>> = {};
    for (const scenario of ["byId", "page", "conditional"] as const) {
      result[scenario] = summarize(await compare(contestants, scenario, options), ours.name);
    }
    return result;
  } finally {
    for (const contestant of contestants) await contestant.stop();
  }
}

/** Runs the comparison and prints it. */
export async function benchService(options: ServiceBenchOptions): Promise<void> {
  const report: { rows: number; peers?: unknown; sizes?: SizeReport } = { rows: options.rows };
  if (options.only !== "size") report.peers = await comparePeers(options);
  if (options.only !== "peers") report.sizes = await measureSizes(options.largeRows, options);
  const text = JSON.stringify(report, undefined, options.json ? undefined : 2);
  process.stdout.write(`${text}\n`);
  if (process.env.BENCH_OUTPUT) writeFileSync(process.env.BENCH_OUTPUT, text);
}
