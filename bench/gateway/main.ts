import { writeFileSync } from "node:fs";
import { measureLimits } from "./limits.ts";
import { measureOverhead } from "./overhead.ts";

/** What `npm run bench -- gateway` accepts. */
export interface GatewayBenchOptions {
  readonly json?: boolean;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly duration: number;
  readonly only?: string;
}

/** Runs both measurements and prints them. */
export async function benchGateway(options: GatewayBenchOptions): Promise<void> {
  const { seconds, rounds, connections, duration, only } = options;
  const report = {
    ...(only === "limits" ? {} : { overhead: await measureOverhead(seconds, rounds) }),
    ...(only === "overhead" ? {} : { limits: await measureLimits(connections, duration) }),
  };
  const text = JSON.stringify(report, undefined, options.json ? undefined : 2);
  process.stdout.write(`${text}\n`);
  if (process.env.BENCH_OUTPUT) writeFileSync(process.env.BENCH_OUTPUT, text);
}
