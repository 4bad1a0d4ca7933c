import { deliverWebhooks, type EngineLife, pass, startEngine, untilInStep } from "./engine-life.ts";
import { runNaiveFlow } from "./naive.ts";
import type { ArrivedCall } from "./network.ts";
import { edit } from "./people.ts";
import { type Figure, figure } from "./report.ts";
import { type BenchWorld, createBenchWorld } from "./virtual-world.ts";

const minute = 60_000;
const deals = 500;
const pageSize = 100;
/** Outbound edits come one by one, below half of the ceiling. */
const outbound = { edits: 600, everyMs: 1_500 };
const inbound = { bursts: 10, size: 100, withinMs: 2_000, everyMs: 10 * minute };
/** Between the first run, an edit that moves the cursor away from it, and what is measured. */
const quietMs = 10 * minute;
/** After the last edit, until everything has arrived on the other side. */
const settleMs = 5 * minute;

/** Calls by what they were for. */
export interface CallKinds {
  readonly writes: number;
  readonly reads: number;
  /** First pages of walks: an idle engine makes them too. */
  readonly walks: number;
  readonly furtherPages: number;
}

/** Sorts calls by what they were for. */
export function kindsOf(calls: readonly ArrivedCall[]): CallKinds {
  const count = (wanted: (call: ArrivedCall) => boolean): number => calls.filter(wanted).length;
  const isList = ({ method, url }: ArrivedCall): boolean =>
    method === "GET" && /\/referrals(\?|$)/.test(url);
  const isFurther = (call: ArrivedCall): boolean => isList(call) && call.url.includes("skiptoken");
  return {
    writes: count(({ method }) => method !== "GET"),
    reads: count((call) => call.method === "GET" && !isList(call)),
    walks: count((call) => isList(call) && !isFurther(call)),
    furtherPages: count(isFurther),
  };
}

async function editOutbound(bench: BenchWorld): Promise<number> {
  for (let index = 0; index < outbound.edits; index += 1) {
    edit(bench, index % deals, "crm", index);
    await pass(bench, outbound.everyMs);
  }
  await pass(bench, settleMs);
  return outbound.edits;
}

async function editInbound(bench: BenchWorld): Promise<number> {
  for (let burst = 0; burst < inbound.bursts; burst += 1) {
    for (let index = 0; index < inbound.size; index += 1) {
      edit(bench, (burst * 37 + index) % deals, "referrals", index);
      await pass(bench, inbound.withinMs / inbound.size);
    }
    await pass(bench, inbound.everyMs);
  }
  return inbound.bursts * inbound.size;
}

interface Measured {
  readonly changes: number;
  readonly calls: CallKinds;
  readonly total: number;
  readonly minutes: number;
}

type Start = (bench: BenchWorld) => Promise<unknown>;

async function measure(
  start: Start,
  work: (bench: BenchWorld) => Promise<number>,
): Promise<Measured> {
  const bench = await createBenchWorld({ seed: 1, deals, pageSize });
  await start(bench);
  const { scheduler } = bench.world;
  const [before, since] = [bench.calls.length, scheduler.now()];
  const changes = await work(bench);
  const made = bench.calls.slice(before);
  const calls = kindsOf(made);
  return { changes, calls, total: made.length, minutes: (scheduler.now() - since) / minute };
}

const startOurs =
  (hasWebhooks: boolean): Start =>
  async (bench) => {
    const life: EngineLife = startEngine(bench);
    if (hasWebhooks) deliverWebhooks(bench, life);
    await untilInStep(bench, life);
    await pass(bench, quietMs);
    // Walks go back from the newest change: else they list the first run, also in an idle engine.
    edit(bench, 0, "crm", outbound.edits);
    await pass(bench, quietMs);
  };

function noteOf({ calls, total, changes, minutes }: Measured): string {
  const { writes, reads, walks, furtherPages } = calls;
  return (
    `${total} calls for ${changes} changes in ${Math.round(minutes)} min: ${writes} writes, ` +
    `${reads} reads, ${walks} polls, ${furtherPages} further pages`
  );
}

function perChange(what: string, measured: Measured, atMost?: number): readonly Figure[] {
  const { calls, total, changes, minutes } = measured;
  const caused = total - calls.walks + Math.max(0, calls.walks - Math.ceil(idleWalks * minutes));
  return [
    figure(`${what}, beyond the polls of an idle engine`, caused / changes, "calls/change", {
      ...(atMost === undefined ? {} : { target: { atMost } }),
      note: noteOf(measured),
    }),
    figure(`${what}, with every poll counted`, total / changes, "calls/change"),
  ];
}

/** Polls that an idle engine makes a minute, by its default settings. */
const idleWalks = 2;

/** Partner Center calls for each change that was synchronised, ours and the naive flow's. */
export async function measureCalls(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const hasWebhooks of [true, false]) {
    const how = hasWebhooks ? "with webhooks" : "poll only";
    const start = startOurs(hasWebhooks);
    figures.push(...perChange(`outbound ${how}`, await measure(start, editOutbound), 1.02));
    figures.push(
      ...perChange(`inbound bursts of 100 ${how}`, await measure(start, editInbound), 0.02),
    );
  }
  for (const [what, work] of [
    ["outbound", editOutbound],
    ["inbound bursts of 100", editInbound],
  ] as const) {
    const measured = await measure(runNaiveFlow, work);
    const ratio = measured.total / measured.changes;
    figures.push(figure(`naive flow ${what}`, ratio, "calls/change", { note: noteOf(measured) }));
  }
  return figures;
}
