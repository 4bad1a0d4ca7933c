import { writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { jsonSchema, validatePatch, validateReferral } from "../../src/contract/index.ts";
import { interleave, median, medianRatio } from "../statistics.ts";
import { samplePatch, sampleReferral } from "./sample.ts";

/** What `npm run bench -- validation` accepts. */
export interface ValidationBenchOptions {
  readonly json?: boolean;
  readonly calls: number;
  readonly rounds: number;
}

/** Processor time of one call, in microseconds. */
async function microsecondsOf(calls: number, call: () => boolean): Promise<number> {
  const start = process.cpuUsage();
  for (let count = 0; count < calls; count += 1) {
    if (!call()) throw new Error("the sample isn't valid");
  }
  const { system, user } = process.cpuUsage(start);
  return (user + system) / calls;
}

/**
 * What it costs to check a referral, beside what can't be spared (reading its JSON) and beside Ajv,
 * which checks the types alone: it matches no key without regard to case, knows no lifecycle, and
 * names no remedy.
 */
export async function benchValidation(options: ValidationBenchOptions): Promise<void> {
  const { calls, rounds } = options;
  const text = JSON.stringify(sampleReferral);
  const ajv = new Ajv2020({ strict: false }).compile(jsonSchema());
  const contestants = {
    parse: () => microsecondsOf(calls, () => JSON.parse(text) !== null),
    ajv: () => microsecondsOf(calls, () => ajv(sampleReferral)),
    create: () => microsecondsOf(calls, () => validateReferral(sampleReferral, "create").ok),
    read: () => microsecondsOf(calls, () => validateReferral(sampleReferral, "read").ok),
    patch: () => microsecondsOf(calls, () => validatePatch(samplePatch).ok),
  };
  await interleave(contestants, 1);
  const results = await interleave(contestants, rounds);
  const report = {
    microseconds: Object.fromEntries(
      Object.entries(results).map(([name, values]) => [
        name,
        Number(median(values).toPrecision(3)),
      ]),
    ),
    createToParse: Number(medianRatio(results.create, results.parse).toPrecision(3)),
    createToAjv: Number(medianRatio(results.create, results.ajv).toPrecision(3)),
  };
  const shown = JSON.stringify(report, undefined, options.json ? undefined : 2);
  process.stdout.write(`${shown}\n`);
  if (process.env.BENCH_OUTPUT) writeFileSync(process.env.BENCH_OUTPUT, shown);
}
