import type { Pipeline } from "../../contract/index.ts";
import type { DealTable } from "../deals/deal-table.ts";

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
const shownWeeks = 26;
/** The Unix epoch began on a Thursday; weeks here begin on Mondays. */
const firstMondayMs = 4 * dayMs;
const responseDays = [1, 2, 4, 7, 10, 14] as const;
const mostDeals = 1_000_000;

interface Deal {
  readonly created: number;
  readonly accepted: number | undefined;
  readonly closed: number | undefined;
  readonly substatus: string;
  readonly status: string;
  readonly currency: string | null;
  readonly value: number;
}

const momentOf = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Date.parse(String(value));

const weekOf = (at: number): number =>
  Math.floor((at - firstMondayMs) / weekMs) * weekMs + firstMondayMs;

/** Read row by row, so that other callers are answered in between. */
async function readDeals(table: DealTable): Promise<readonly Deal[]> {
  const rows = table.walk(
    `SELECT "created", "accepted", "closed", "status", "substatus", "currency",
      COALESCE("referralValue", "crmValue", 0) AS value FROM operations_deals
      WHERE connection_id = ? AND "referralId" IS NOT NULL AND "state" <> 'sibling' LIMIT ?`,
    [mostDeals],
  );
  const deals: Deal[] = [];
  for await (const row of rows) {
    deals.push({
      created: momentOf(row.created) ?? 0,
      accepted: momentOf(row.accepted),
      closed: momentOf(row.closed),
      status: String(row.status ?? ""),
      substatus: String(row.substatus ?? ""),
      currency: row.currency === null ? null : String(row.currency),
      value: Number(row.value),
    });
  }
  return deals;
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string | null) {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort((left, right) => right[1] - left[1]);
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Week = Mutable<Pipeline["weeks"][number]>;

const emptyWeek = (at: number): Week => ({
  at,
  new: 0,
  active: 0,
  newValue: 0,
  activeValue: 0,
  won: 0,
  lost: 0,
  wonValue: 0,
  lostValue: 0,
  declined: 0,
  expired: 0,
});

/** How the pipeline stood at the end of each week, told from each deal's own moments. */
function weeksOf(deals: readonly Deal[], currency: string, now: number): readonly Week[] {
  const last = weekOf(now);
  const weeks = Array.from({ length: shownWeeks }, (_, index) =>
    emptyWeek(last - (shownWeeks - 1 - index) * weekMs),
  );
  for (const deal of deals) {
    const value = deal.currency === currency ? deal.value : 0;
    for (const week of weeks) addToWeek(week, deal, value, Math.min(week.at + weekMs - 1, now));
  }
  return weeks;
}

function addToWeek(week: Week, deal: Deal, value: number, end: number): void {
  const { created, accepted, closed, substatus } = deal;
  if (created > end) return;
  if (closed !== undefined && closed <= end) {
    if (closed >= week.at) addClosed(week, substatus, value);
  } else if (accepted !== undefined && accepted <= end) {
    week.active += 1;
    week.activeValue += value;
  } else {
    week.new += 1;
    week.newValue += value;
  }
}

function addClosed(week: Week, substatus: string, value: number): void {
  if (substatus === "Won") {
    week.won += 1;
    week.wonValue += value;
  } else if (substatus === "Lost") {
    week.lost += 1;
    week.lostValue += value;
  } else if (substatus === "Declined") {
    week.declined += 1;
  } else if (substatus === "Expired") {
    week.expired += 1;
  }
}

const stageOrder = ["New", "Active", "Won", "Lost", "Declined", "Expired"];

function stagesOf(deals: readonly Deal[], currency: string): Pipeline["stages"] {
  const stageOf = ({ status, substatus }: Deal): string =>
    status === "Closed" ? substatus : status;
  return stageOrder.map((stage) => {
    const own = deals.filter((deal) => stageOf(deal) === stage);
    const valued = own.filter((deal) => deal.currency === currency);
    return { stage, deals: own.length, value: valued.reduce((sum, { value }) => sum + value, 0) };
  });
}

function responseOf(deals: readonly Deal[]): Pipeline["response"] {
  const times = deals
    .flatMap(({ created, accepted }) => (accepted === undefined ? [] : [accepted - created]))
    // A partner's own referral is accepted as it is made: nobody had to respond.
    .filter((ms) => ms > 0)
    .sort((left, right) => left - right);
  const at = (share: number): number | undefined =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const [medianMs, p90Ms] = [at(0.5), at(0.9)];
  return {
    ...(medianMs === undefined ? {} : { medianMs }),
    ...(p90Ms === undefined ? {} : { p90Ms }),
    withinDays: responseDays.map((days, index) => {
      const from = (responseDays[index - 1] ?? 0) * dayMs;
      const isWithin = (ms: number): boolean =>
        ms <= days * dayMs && (ms > from || (index === 0 && ms >= 0));
      return { days, deals: times.filter(isWithin).length };
    }),
  };
}

/** The pictures of the pipeline, from the list of deals. */
export async function readPipeline(table: DealTable, now: number): Promise<Pipeline> {
  const deals = await readDeals(table);
  const [[currency] = ["EUR"], ...others] = countBy(deals, (deal) => deal.currency);
  const won = deals.filter(({ substatus }) => substatus === "Won").length;
  const lost = deals.filter(({ substatus }) => substatus === "Lost").length;
  return {
    currency,
    otherCurrencies: others.map(([code, count]) => ({ currency: code, deals: count })),
    weeks: weeksOf(deals, currency, now),
    stages: stagesOf(deals, currency),
    ...(won + lost === 0 ? {} : { winRate: won / (won + lost) }),
    response: responseOf(deals),
  };
}
