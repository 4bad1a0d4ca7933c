import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureLoad } from "../load.ts";
import { interleave, median, medianRatio } from "../statistics.ts";
import { type OurService, startOurService } from "./ours.ts";

/** What the number of referrals costs. */
export interface SizeReport {
  readonly small: number;
  readonly large: number;
  /** Time of an indexed query at the large size divided by the small one's, by query. */
  readonly slowdown: Readonly<Record<string, number>>;
  readonly milliseconds: Readonly<
    Record<string, { readonly small: number; readonly large: number }>
  >;
  /** Milliseconds of the page by status with `$count=true` at the large size, one at a time. */
  readonly countingMs: number;
  /** Resident memory after that: counting runs on a thread, which is ended once it was idle. */
  readonly residentMegabytesAfterCounting: number;
  /** From the start of the process to its first answer, at the large size; of several starts. */
  readonly startMs: number;
  /** Resident memory of the large one after the load, in megabytes. */
  readonly residentMegabytes: number;
}

const smallRows = 10_000;

/**
 * Queries whose result is as large in both databases: at most 200 rows, each served by an index.
 */
const queries: Readonly<Record<string, string>> = {
  "page by status": "$filter=status eq 'Active'&$orderby=updatedDateTime desc&$top=100",
  "newest changes": "$orderby=updatedDateTime desc&$top=200",
  "by engagement": "$filter=engagementId eq '{engagementId}'",
};

/** Told apart: what is counted grows with the table, so no index makes it cost the same. */
const counting = "$filter=status eq 'Active'&$orderby=updatedDateTime desc&$top=100&$count=true";
const countingCalls = 5;
const starts = 5;

function residentMegabytes(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

async function queryPath(service: OurService, query: string): Promise<string> {
  const headers = { authorization: `Bearer ${service.token}` };
  const response = await fetch(`${service.referralsUrl}?$top=1`, { headers });
  const [row] = ((await response.json()) as { value: Record<string, string>[] }).value;
  const text = query.replace(/\{(\w+)\}/g, (_whole, name: string) => row?.[name] ?? "");
  const { pathname } = new URL(service.referralsUrl);
  return `${pathname}?${encodeURI(text).replaceAll("+", "%2B")}`;
}

async function millisecondsPerCall(
  service: OurService,
  query: string,
  seconds: number,
): Promise<number> {
  const { origin } = new URL(service.referralsUrl);
  const headers = { authorization: `Bearer ${service.token}` };
  const requests = [{ path: await queryPath(service, query) }];
  return 1000 / (await measureLoad({ url: origin, headers, requests }, seconds)).perSecond;
}

async function startSeveralTimes(folder: string) {
  let service = await startOurService(folder);
  const times = [service.startMs];
  while (times.length < starts) {
    await service.stop();
    service = await startOurService(folder);
    times.push(service.startMs);
  }
  return { service, startMs: median(times) };
}

async function countingMs(service: OurService): Promise<number> {
  const headers = { authorization: `Bearer ${service.token}` };
  const times: number[] = [];
  for (let call = 0; call < countingCalls; call += 1) {
    const started = performance.now();
    await (await fetch(`${service.referralsUrl}?${counting}`, { headers })).text();
    times.push(performance.now() - started);
  }
  return Math.round(median(times));
}

/** Compares indexed queries over 10,000 and over many referrals, and a start over many. */
export async function measureSizes(
  largeRows: number,
  options: { readonly seconds: number; readonly rounds: number; readonly largeData?: string },
): Promise<SizeReport> {
  const newFolder = (name: string) => mkdtempSync(join(tmpdir(), `partner-referrals-${name}-`));
  const smallFolder = newFolder("small");
  const largeFolder = options.largeData ?? newFolder("large");
  const folders = options.largeData === undefined ? [smallFolder, largeFolder] : [smallFolder];
  process.stderr.write(`Making ${largeRows} referrals…\n`);
  await (await startOurService(largeFolder, largeRows)).stop();
  const { service: large, startMs } = await startSeveralTimes(largeFolder);
  const small = await startOurService(smallFolder, smallRows);
  try {
    const slowdown: Record<string, number> = {};
    const milliseconds: Record<string, { small: number; large: number }> = {};
    for (const [name, query] of Object.entries(queries)) {
      const times = await interleave(
        {
          large: () => millisecondsPerCall(large, query, options.seconds),
          small: () => millisecondsPerCall(small, query, options.seconds),
        },
        options.rounds,
      );
      slowdown[name] = Number(medianRatio(times.large, times.small).toFixed(2));
      milliseconds[name] = { small: median(times.small), large: median(times.large) };
    }
    const resident = residentMegabytes(large.processId);
    return {
      small: smallRows,
      large: largeRows,
      slowdown,
      milliseconds,
      startMs: Math.round(startMs),
      residentMegabytes: resident,
      countingMs: await countingMs(large),
      residentMegabytesAfterCounting: residentMegabytes(large.processId),
    };
  } finally {
    await large.stop();
    await small.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}
