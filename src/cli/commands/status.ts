import type { Command } from "commander";
import type { DealPage, DealSummary, OperatorStatus, Upstream } from "../../contract/index.ts";
import { systemClock } from "../../runtime/index.ts";
import { answer, examples } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import { UsageFailure } from "../failure.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import type { Operations } from "../ledger-access/operations.ts";
import { stopSignal } from "../stop-signal.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { table } from "../terminal/table.ts";
import { count, counted, duration, relative, shown } from "../terminal/words.ts";

interface StatusOptions extends LedgerOptions {
  readonly deals?: true | string;
  readonly watch?: true;
}

const watchPauseMs = 2_000;
const listedDeals = 1_000;

/** Where a person looks next for deals in a state. */
const commandFor: Readonly<Record<string, string>> = {
  asking: "referrals conflicts",
  refusing: "referrals dead-letters",
  dead: "referrals dead-letters",
  retrying: "referrals dead-letters",
  waiting: "referrals plan, then referrals approve",
};

/** Deals that wait for a person. */
export function waitingFor({ questions, problems }: OperatorStatus): number {
  return questions + problems;
}

/** Everything that a person is alerted of: what waits, and leads that end unanswered. */
function needs(status: OperatorStatus): number {
  return waitingFor(status) + status.expiring;
}

function headline(status: OperatorStatus): string {
  const inStep = counted(status.byState["in-step"] ?? 0, "deal");
  const needed = needs(status);
  const call =
    needed === 0
      ? paint.good("Nothing needs you.")
      : paint.warn(`${counted(needed, "thing needs you", "things need you")}.`);
  return `${paint.strong(`${inStep} in step.`)} ${call}`;
}

function upstreamLine(
  { name, state, sentence, lastSuccessAt, signInEndsAt }: Upstream,
  now: number,
  isRunning: boolean,
) {
  const mark = { well: marks.good, failing: marks.bad, waiting: marks.warn, unknown: marks.none };
  const seen = lastSuccessAt === undefined ? "" : ` · last answer ${relative(lastSuccessAt, now)}`;
  const ends =
    signInEndsAt === undefined ? "" : ` · sign-in good for ${duration(signInEndsAt - now)}`;
  const atRest = state === "unknown" ? sentence : "not running";
  return [name, `${isRunning ? `${mark[state]} ${sentence}` : atRest}${seen}${ends}`] as const;
}

function budgetText({ limit, used, byClass, blockedUntil }: OperatorStatus["budget"], now: number) {
  const classes = Object.entries(byClass).map(([name, calls]) => `${name} ${calls}`);
  const spent = classes.length === 0 ? "" : ` (${classes.join(", ")})`;
  const blocked =
    blockedUntil > now ? ` · ${paint.warn(`blocked for ${duration(blockedUntil - now)}`)}` : "";
  return `${used} of ${limit} in the last minute${spent}${blocked}`;
}

/** The state of the sync on one screen. */
export function statusText(status: OperatorStatus, width: number, isRunning: boolean): string {
  const { now, byState, words, staleness, walks } = status;
  const states = Object.entries(byState)
    .filter(([, deals]) => deals > 0)
    .toSorted(([, left], [, right]) => right - left)
    .map(([state, deals]) => {
      const remedy = commandFor[state];
      return [
        (words[state] ?? state).replace("crm", "CRM").replace("partner center", "Partner Center"),
        count(deals),
        remedy === undefined ? "" : remedyLine(remedy),
      ];
    });
  const columns = [{ title: "" }, { title: "", align: "right" }, { title: "" }] as const;
  const walked = (at: number): string => (at === 0 ? "not yet" : relative(at, now));
  const facts = [
    ...status.upstreams.map((upstream) => upstreamLine(upstream, now, isRunning)),
    ["Looked at", `Partner Center ${walked(walks.referrals)}, CRM ${walked(walks.crm)}`],
    ["Oldest change", staleness.nowMs === 0 ? "all carried over" : duration(staleness.nowMs)],
    ["Calls", budgetText(status.budget, now)],
  ].map(([name = "", text = ""]) => [name, text]);
  const notes = [
    ...(isRunning ? [] : [`${marks.warn} It isn't running. ${remedyLine("referrals start")}`]),
    ...(status.isPaused ? [`${marks.warn} Paused. ${remedyLine("referrals resume --all")}`] : []),
    ...approvalNote(status),
    ...expiringNote(status),
  ];
  return [
    `${headline(status)}  ${paint.faint(status.environment)}`,
    "",
    ...(states.length > 0 ? [table(columns, states, width, "  "), ""] : []),
    table([{ title: "" }, { title: "", canShrink: true }], facts, width),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");
}

function approvalNote({ awaitsApproval }: OperatorStatus): readonly string[] {
  if (!awaitsApproval) return [];
  const why =
    awaitsApproval === "first-run"
      ? "Nothing is written before you have approved the plan."
      : "The database was restored: nothing is written before you approve.";
  return [`${marks.warn} ${why} ${remedyLine("referrals plan, then referrals approve")}`];
}

function expiringNote({ expiring }: OperatorStatus): readonly string[] {
  if (expiring === 0) return [];
  const leads = counted(expiring, "lead ends soon", "leads end soon");
  return [`${marks.warn} ${leads}, and nobody has answered. ${remedyLine("referrals alerts")}`];
}

/** Deals one by one. */
export function dealsText(deals: readonly DealSummary[], width: number): string {
  if (deals.length === 0) return "No deals here.";
  const value = (side: DealSummary["crm"]): string =>
    [shown(side?.values.dealValue), side?.values.currency ?? ""].join(" ").trim();
  const rows = deals.map((deal) => [
    deal.id.slice(0, 8),
    deal.title,
    value(deal.crm),
    value(deal.referral),
    deal.needsPerson ? paint.warn(deal.sentence) : deal.sentence,
  ]);
  return table(
    [
      { title: "id" },
      { title: "deal", canShrink: true },
      { title: "CRM", align: "right" },
      { title: "Partner Center", align: "right" },
      { title: "state", canShrink: true },
    ],
    rows,
    width,
  );
}

/** Errors: UsageFailure with the states that there are. */
async function listDeals(operations: Operations, state: true | string): Promise<DealPage> {
  const filter = state === true ? "" : `&state=${encodeURIComponent(state)}`;
  const page = await operations.get<DealPage>(`/api/deals?limit=${listedDeals}${filter}`);
  if (page.deals.length > 0 || state === true) return page;
  const { words } = await operations.get<OperatorStatus>("/api/status");
  if (state in words) return page;
  throw new UsageFailure(`No state is called "${state}".`, {
    remedy: `Use one of ${Object.keys(words).join(", ")}.`,
  });
}

async function run(options: StatusOptions): Promise<void> {
  const stopped = stopSignal();
  for (;;) {
    await withOperations(options, async (operations) => {
      if (options.deals !== undefined) {
        const page = await listDeals(operations, options.deals);
        answer(options, page, (width) => dealsText(page.deals, width));
        return;
      }
      const status = await operations.get<OperatorStatus>("/api/status");
      const isRunning = operations.url !== undefined;
      const clear = options.watch && process.stdout.isTTY ? "\u001b[2J\u001b[H" : "";
      answer(options, { ...status, isRunning, url: operations.url }, (width) => {
        return `${clear}${statusText(status, width, isRunning)}`;
      });
      process.exitCode = needs(status) > 0 ? exitCodes.attention : exitCodes.done;
    });
    if (!options.watch || stopped.aborted) return;
    await systemClock.sleep(watchPauseMs, stopped).catch(() => {});
    if (stopped.aborted) return;
  }
}

/** `referrals status`: how the sync stands, in one glance. */
export function registerStatus(program: Command): void {
  const command = program
    .command("status")
    .description("Tell how the sync stands: deals by state, what needs a person, calls, both sides")
    .option("--deals [state]", "list the deals, all or those of a state such as asking")
    .option("--watch", "look again every two seconds, until Ctrl+C");
  examples(addLedgerOptions(command), [
    ["status", "the state in one glance; exit code 2 where something needs you"],
    ["status --deals asking", "the deals that wait for a decision"],
    ["status --json | jq .byState", "for a program"],
  ]);
  command.action(run);
}
