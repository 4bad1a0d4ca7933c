import type { Rehearsal, RehearsedPair } from "../../sync/index.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { table, wrapped } from "../terminal/table.ts";
import { count, counted, duration, shown } from "../terminal/words.ts";
import { changesOf, type DirectionCounts, type PlanSummary } from "./plan-summary.ts";

const minuteMs = 60_000;
const examplesPerKind = 3;
const namesPerRefusal = 3;

/** A deal's name, with its customer where the name doesn't say it. */
export function pairTitle(pairId: string, pair: RehearsedPair | undefined): string {
  const [name, customer] = [pair?.name, pair?.customer].map((value) =>
    typeof value === "string" ? value : "",
  );
  if (name && customer && name.includes(customer)) return name;
  return [customer, name].filter((part) => part !== "").join(" – ") || pairId;
}

function countsTable(summary: PlanSummary, width: number): string {
  const row = (name: string, counts: DirectionCounts, links: string): string[] => [
    name,
    count(counts.create),
    count(counts.update),
    count(counts.close),
    links,
    "–",
    counts.refuse === 0 ? "0" : paint.warn(count(counts.refuse)),
  ];
  const numbers = ["create", "update", "close", "link", "ask", "refuse"];
  const asked = ["either way", "–", "–", "–", "–", paint.warn(count(summary.asked)), "–"];
  return table(
    [{ title: "" }, ...numbers.map((title) => ({ title, align: "right" as const }))],
    [
      row("Partner Center → CRM", summary.to.crm, count(summary.links)),
      row("CRM → Partner Center", summary.to.referral, "–"),
      ...(summary.asked > 0 ? [asked] : []),
    ],
    width,
  );
}

/** How long the writes take under the call budget. */
export function timeText({ calls, callsPerMinute, minutes }: PlanSummary): string {
  const long = minutes < 1 ? "under a minute" : `about ${duration(minutes * minuteMs)}`;
  return `${counted(calls, "call")} to Partner Center, ${long} at ${callsPerMinute} calls/min.`;
}

function toldText({ told }: PlanSummary): string {
  const deals = counted(told, "deal shows its seller", "deals show their sellers");
  return `Beside that, ${deals} in the CRM how it stands.`;
}

/** Some changes as examples, a few of each kind. */
function exampleLines(plan: Rehearsal, width: number): readonly string[] {
  const arrows = { crm: "→ CRM", referral: "→ Partner Center" } as const;
  const seen = new Map<string, number>();
  const rows: string[][] = [];
  for (const write of plan.writes.filter(({ isTelling }) => !isTelling)) {
    const { pairId, side, kind } = write;
    const key = `${side} ${kind}`;
    const shownBefore = seen.get(key) ?? 0;
    seen.set(key, shownBefore + 1);
    if (shownBefore >= examplesPerKind) continue;
    const changes = changesOf(plan, write);
    const texts = changes.map(({ label, from, to }) => `${label} ${shown(from)} → ${shown(to)}`);
    const named = texts.length > 0 ? texts : write.fields;
    const what = kind === "create" ? counted(write.fields.length, "field") : named.join(", ");
    rows.push([arrows[side], kind, pairTitle(pairId, plan.pairs[pairId]), what]);
  }
  if (rows.length === 0) return [];
  const columns = [
    { title: "" },
    { title: "" },
    { title: "", canShrink: true },
    { title: "", canShrink: true },
  ];
  return ["", "For example", table(columns, rows, width, "  ")];
}

function questionLines(plan: Rehearsal, width: number): readonly string[] {
  if (plan.questions.length === 0) return [];
  const rows = plan.questions.slice(0, examplesPerKind).map((question) => {
    const { pairId = "", kind, crm, referral } = question;
    const label = plan.pairs[pairId]?.changes.find(({ field }) => field === question.field)?.label;
    const values =
      kind === "conflict" ? `CRM ${shown(crm)}, Partner Center ${shown(referral)}` : "";
    return [pairTitle(pairId, plan.pairs[pairId]), label ?? question.field ?? kind, values];
  });
  const columns = [{ title: "", canShrink: true }, { title: "" }, { title: "", canShrink: true }];
  const asks = `${marks.warn} ${counted(plan.questions.length, "question")} for you`;
  return ["", `${asks}, such as`, table(columns, rows, width, "  ")];
}

function refusalLines(plan: Rehearsal, { refusals }: PlanSummary, width: number) {
  return refusals.flatMap(({ reason, remedy, pairIds }) => {
    const titles = pairIds.slice(0, namesPerRefusal).map((id) => pairTitle(id, plan.pairs[id]));
    const more = pairIds.length > titles.length ? ", …" : "";
    const deals = `${counted(pairIds.length, "deal")} (${titles.join(", ")}${more})`;
    return [
      `${marks.warn} ${wrapped(`Refused: ${deals}. ${reason}`, width, "  ")}`,
      `  ${remedyLine(wrapped(remedy, width, "    "))}`,
    ];
  });
}

/** The plan for a person: counts, examples, what is asked and refused, how long it takes. */
export function planText(
  plan: Rehearsal,
  summary: PlanSummary,
  { width, waits }: { readonly width: number; readonly waits: boolean },
): string {
  if (plan.writes.length + summary.links + summary.asked + summary.refused === 0) {
    return "Nothing to do: both sides are in step.";
  }
  const refusals = refusalLines(plan, summary, width);
  return [
    countsTable(summary, width),
    ...(summary.told > 0 ? [paint.faint(toldText(summary))] : []),
    ...exampleLines(plan, width),
    ...questionLines(plan, width),
    ...(refusals.length > 0 ? ["", ...refusals] : []),
    "",
    `${timeText(summary)} Nothing was written.`,
    ...(waits ? [remedyLine("referrals approve")] : []),
  ].join("\n");
}
