import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { type Figure, figureLines } from "./report.ts";

/** What `npm run bench -- sync` accepts. */
export interface SyncBenchOptions {
  readonly json?: boolean;
  readonly only?: string;
  readonly realTime?: boolean;
  /** Pairs of the larger ledger of the part idle. */
  readonly largePairs: number;
}

type Part = (options: SyncBenchOptions) => Promise<readonly Figure[]>;

/** Loaded one by one: a part pays for its own imports alone. */
const parts: Readonly<Record<string, Part>> = {
  calls: async () => (await import("./calls.ts")).measureCalls(),
  drain: async ({ realTime }) => [
    ...(await (await import("./drain.ts")).measureDrain()),
    ...(realTime ? await (await import("./real-drain.ts")).measureRealDrain() : []),
  ],
  staleness: async () => (await import("./staleness.ts")).measureStaleness(),
  interactive: async () => (await import("./interactive.ts")).measureInteractive(),
  planner: async () => (await import("./planner.ts")).measurePlanner(),
  settles: async () => (await import("./settles.ts")).measureSettles(),
  idle: async ({ largePairs }) => (await import("./idle.ts")).measureIdle(largePairs),
};

/** Runs the parts and prints their figures. */
export async function benchSync(options: SyncBenchOptions): Promise<void> {
  const names = options.only === undefined ? Object.keys(parts) : [options.only];
  const report: Record<string, readonly Figure[]> = {};
  for (const name of names) {
    const part = parts[name];
    if (!part) throw new Error(`--only ${name}: choose one of ${Object.keys(parts).join(", ")}`);
    process.stderr.write(`${name}…\n`);
    report[name] = await part(options);
    if (!options.json) process.stdout.write(`${name}\n${figureLines(report[name])}\n\n`);
  }
  const machine = { node: process.version, cores: cpus().length, load: loadavg()[0] };
  const text = JSON.stringify({ machine, figures: report });
  if (options.json) process.stdout.write(`${text}\n`);
  if (process.env.BENCH_OUTPUT) writeFileSync(process.env.BENCH_OUTPUT, text);
  // A virtual world's engine would wait for ever for a time that no longer passes.
  process.exit(0);
}
