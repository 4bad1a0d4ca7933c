import type { OperatorStatus } from "../../contract/index.ts";
import type { Rehearsal } from "../../sync/index.ts";
import { count, counted, moment, shown } from "../terminal/words.ts";
import { changesOf, type DirectionCounts, type PlanSummary } from "./plan-summary.ts";
import { pairTitle, timeText } from "./plan-text.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that comes from either system, safe inside HTML. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? "");

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
  border-bottom: 1px solid var(--line) }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.faint { opacity: .7 } .arrow { opacity: .5; padding: 0 .3rem }
`;

const row = (cells: readonly string[], tag: "td" | "th" = "td", numbersFrom = 99): string =>
  `<tr>${cells
    .map((cell, index) => `<${tag}${index >= numbersFrom ? ' class="n"' : ""}>${cell}</${tag}>`)
    .join("")}</tr>`;

function countsTable({ to, links, asked }: PlanSummary): string {
  const counts = (name: string, direction: DirectionCounts, linked: string): string => {
    const { create, update, close, refuse } = direction;
    const numbers = [...[create, update, close].map(count), linked, "–", count(refuse)];
    return row([name, ...numbers], "td", 1);
  };
  const titles = ["", "create", "update", "close", "link", "ask", "refuse"];
  return `<table><thead>${row(titles, "th", 1)}</thead>
<tbody>${counts("Partner Center → CRM", to.crm, count(links))}
${counts("CRM → Partner Center", to.referral, "–")}
${row(["either way", "–", "–", "–", "–", count(asked), "–"], "td", 1)}</tbody></table>`;
}

function changesTable(plan: Rehearsal): string {
  const sides = { crm: "CRM", referral: "Partner Center" } as const;
  const rows = plan.writes.map((write) => {
    const { pairId, side, kind } = write;
    const changes = changesOf(plan, write).map(({ label, from, to }) => {
      const before = kind === "create" ? "" : `${escaped(shown(from))}<span class="arrow">→</span>`;
      return `${escaped(label)}: ${before}${escaped(shown(to))}`;
    });
    const what = changes.length > 0 ? changes : [escaped(write.fields.join(", "))];
    const title = escaped(pairTitle(pairId, plan.pairs[pairId]));
    return row([title, `${kind} in ${sides[side]}`, what.join("<br>")]);
  });
  return `<table><thead>${row(["Deal", "Write", "Changes"], "th")}</thead>
<tbody>${rows.join("\n")}</tbody></table>`;
}

function questionsTable(plan: Rehearsal): string {
  const rows = plan.questions.map(({ pairId = "", sentence, crm, referral, kind }) => {
    const hasValues = kind === "conflict" || kind === "breaker";
    const values = hasValues ? [crm, referral].map((value) => escaped(shown(value))) : ["", ""];
    return row([escaped(pairTitle(pairId, plan.pairs[pairId])), escaped(sentence), ...values]);
  });
  return `<table><thead>${row(["Deal", "Question", "CRM", "Partner Center"], "th")}</thead>
<tbody>${rows.join("\n")}</tbody></table>`;
}

function refusalsTable(plan: Rehearsal, { refusals }: PlanSummary): string {
  const rows = refusals.map(({ reason, remedy, pairIds }) => {
    const deals = pairIds.map((id) => escaped(pairTitle(id, plan.pairs[id]))).join("<br>");
    return row([escaped(reason), escaped(remedy), deals]);
  });
  return `<table><thead>${row(["Why", "What to do", "Deals"], "th")}</thead>
<tbody>${rows.join("\n")}</tbody></table>`;
}

/** The plan as one HTML file that needs nothing else: for those who have to agree to it. */
export function planReport(plan: Rehearsal, summary: PlanSummary, status: OperatorStatus): string {
  const section = (title: string, size: number, table: () => string): string =>
    size === 0 ? "" : `<h2>${title} <span class="faint">(${count(size)})</span></h2>\n${table()}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Plan – partner-referrals</title>
<meta name="viewport" content="width=device-width"><style>${style}</style></head>
<body><h1>What the next run would do</h1>
<p class="faint">${escaped(status.environment)} · ${moment(status.now)} · nothing was written</p>
${countsTable(summary)}
<p>${escaped(timeText(summary))} ${counted(summary.asked, "question")} for a person.</p>
${section("Questions", summary.asked, () => questionsTable(plan))}
${section("Refused", summary.refused, () => refusalsTable(plan, summary))}
${section("Writes", plan.writes.length, () => changesTable(plan))}
</body></html>
`;
}
