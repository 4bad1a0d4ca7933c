import { fullLimit } from "../../src/sync/budget/budget-window.ts";
import {
  type EditedField,
  type Side,
  sides,
  stream,
  valuesOfDeal,
  valuesOfReferral,
} from "../../test/simulation/index.ts";
import { deliverWebhooks, type EngineLife, pass, startEngine, untilInStep } from "./engine-life.ts";
import { edit } from "./people.ts";
import { type Figure, figure, percentile } from "./report.ts";
import { type BenchWorld, callsPerMinute, createBenchWorld } from "./virtual-world.ts";

const minute = 60_000;
/** Every deal is edited about once an hour on either side: more load is more deals. */
const editsOfADealPerHour = 1;
const warmUpMs = 5 * minute;
const measuredMs = 60 * minute;
const settleMs = 15 * minute;
/** With webhooks: how often the CRM, which isn't Partner Center's budget, is asked for changes. */
const fastCrmPollMs = 500;

interface Waiting {
  readonly deal: number;
  readonly field: EditedField;
  readonly value: string;
  readonly from: Side;
  readonly at: number;
}

/** Notes when each edit stands on the other side. */
function watchArrivals(bench: BenchWorld) {
  const waiting = new Map<string, Waiting>();
  const delays: Record<Side, number[]> = { crm: [], referrals: [] };
  const { scheduler, book } = bench.world;
  const key = (deal: number, field: EditedField): string => `${deal} ${field}`;
  const arrived = (deal: number | undefined, at: Side, value: (field: EditedField) => string) => {
    if (deal === undefined) return;
    for (const field of ["dealValue", "notes", "closingDate"] as const) {
      const edited = waiting.get(key(deal, field));
      if (!edited || edited.from === at || value(field) !== edited.value) continue;
      delays[edited.from].push(scheduler.now() - edited.at);
      waiting.delete(key(deal, field));
    }
  };
  bench.onReferralChange(({ after }) => {
    const values = valuesOfReferral(after);
    arrived(book.ofReferral(after.id)?.index, "referrals", (field) => values[field]);
  });
  bench.onCrmChange(({ id, after }) => {
    if (!after) return;
    const values = valuesOfDeal(after);
    arrived(book.ofCrmRecord(id)?.index, "crm", (field) => values[field]);
  });
  return {
    delays,
    waiting,
    /**
     * An edit over one that hasn't arrived takes its place: the reader is behind since the first.
     */
    add(edited: Waiting): void {
      const earlier = waiting.get(key(edited.deal, edited.field));
      const at = earlier?.from === edited.from ? earlier.at : edited.at;
      waiting.set(key(edited.deal, edited.field), { ...edited, at });
    },
  };
}

/**
 * Edits that are neither on the other side, nor asked about, nor overtaken on their own side by
 * another edit: there must be none.
 */
async function unexplained(
  { world }: BenchWorld,
  { ledger }: EngineLife,
  waiting: readonly Waiting[],
): Promise<number> {
  let count = 0;
  for (const { deal, field, value, from } of waiting) {
    const [referralId = ""] = world.book.deals.get(deal)?.referrals.keys() ?? [];
    const pair = (await ledger.pairsByReferral([referralId])).get(referralId);
    const row = world.organisations[0]?.crm.find(pair?.crm?.id ?? "");
    const document = world.referrals.find(referralId)?.document;
    if (!pair || !row || !document) throw new Error(`deal ${deal} has no pair`);
    const questions = await ledger.inbox({ pairId: pair.id, isOpen: true, limit: 10 });
    const isAsked = questions.some((question) => question.field === field);
    const own = from === "crm" ? valuesOfDeal(row.fields) : valuesOfReferral(document);
    if (!isAsked && own[field] === value) count += 1;
  }
  return count;
}

interface Scenario {
  readonly hasWebhooks: boolean;
  readonly share: number;
}

async function measureScenario({ hasWebhooks, share }: Scenario) {
  const perMs = (share * fullLimit(callsPerMinute)) / minute;
  const deals = Math.round((perMs * 60 * minute) / editsOfADealPerHour);
  const bench = await createBenchWorld({ seed: Math.round(share * 100), deals, pageSize: 100 });
  const { scheduler } = bench.world;
  const life = startEngine(bench, hasWebhooks ? { pollCrmMs: fastCrmPollMs } : {});
  if (hasWebhooks) deliverWebhooks(bench, life);
  await untilInStep(bench, life);
  await pass(bench, 10 * minute);
  const watch = watchArrivals(bench);
  const chance = stream(bench.world.schedule.seed, 99);
  const measuredFrom = scheduler.now() + warmUpMs;
  const endsAt = measuredFrom + measuredMs;
  let edits = 0;
  let callsBefore = 0;
  // One call each at best; people on both sides, independent of one another.
  for (;;) {
    await pass(bench, Math.max(1, Math.round(-Math.log(1 - chance.fraction()) / perMs)));
    if (scheduler.now() >= endsAt) break;
    if (scheduler.now() < measuredFrom) callsBefore = bench.calls.length;
    const from = sides[Math.floor(chance.fraction() * sides.length)] ?? "crm";
    const deal = Math.floor(chance.fraction() * deals);
    const { field, value } = edit(bench, deal, from, Math.floor(chance.fraction() * 3));
    if (scheduler.now() < measuredFrom) continue;
    edits += 1;
    watch.add({ deal, field, value, from, at: scheduler.now() });
  }
  const calls = bench.calls.slice(callsBefore);
  await pass(bench, settleMs);
  const lost = await unexplained(bench, life, [...watch.waiting.values()]);
  return { ...watch, edits, calls, lost };
}

function figuresOf(
  { hasWebhooks, share }: Scenario,
  { delays, waiting, edits, calls, lost }: Awaited<ReturnType<typeof measureScenario>>,
): readonly Figure[] {
  const how = `${hasWebhooks ? "webhooks" : "poll only"}, ${share * 100} % of the budget`;
  const isHeld = hasWebhooks && share <= 0.5;
  const usedShare = calls.length / (measuredMs / minute) / fullLimit(callsPerMinute);
  const wasted = calls.filter(({ status }) => status === 412 || status === 429).length;
  const note =
    `${edits} edits (${waiting.size - lost} met another edit of their field and gave way or are ` +
    `asked about, ${lost} lost), ${Math.round(100 * usedShare)} % of the budget used in all`;
  const ofSide = (from: Side): readonly Figure[] =>
    ([0.5, 0.95, 0.99] as const).map((part) => {
      const what = `${from === "crm" ? "outbound" : "inbound"} p${part * 100}, ${how}`;
      const seconds = percentile(delays[from], part) / 1000;
      const target = isHeld && part === 0.99 ? { target: { atMost: 1 } } : {};
      return figure(what, seconds, "s", { ...target, note });
    });
  return [
    ...ofSide("crm"),
    ...ofSide("referrals"),
    figure(`wasted calls (412, 429), ${how}`, (100 * wasted) / calls.length, "%", {
      target: { atMost: 0.5 },
      note: `${wasted} of ${calls.length}`,
    }),
  ];
}

/** How old each side is, from an edit until it stands on the other, and the calls spent in vain. */
export async function measureStaleness(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const hasWebhooks of [true, false]) {
    for (const share of [0.1, 0.5, 0.9]) {
      const scenario = { hasWebhooks, share };
      figures.push(...figuresOf(scenario, await measureScenario(scenario)));
    }
  }
  return figures;
}
