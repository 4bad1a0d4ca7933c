import type { Command } from "commander";
import type { DealDetail, DealEvent, DealField } from "../../contract/index.ts";
import { systemClock } from "../../runtime/index.ts";
import { answer, examples } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import { findDeal, shortId } from "../ledger-access/deal-search.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { table, wrapped } from "../terminal/table.ts";
import { count, duration, moment, relative, shown } from "../terminal/words.ts";
import { wholeNumber } from "./whole-number.ts";

interface ShowOptions extends LedgerOptions {
  readonly history: number;
}

const sides = { referral: "Partner Center", crm: "CRM" } as const;

const verbs: Readonly<Record<string, string>> = {
  seen: "a change was seen",
  linked: "linked",
  created: "created",
  wrote: "written",
  agreed: "in step",
  conflict: "changed on both sides",
  resolved: "decided",
  edited: "edited",
  refused: "not carried over",
  undone: "undone",
  paused: "paused",
  resumed: "resumed",
  problem: "a problem",
  deleted: "deleted",
  unlinked: "no longer kept in step",
  restored: "restored",
  approved: "approved",
};

function fieldChange(field: NonNullable<DealEvent["fields"]>[number]): string {
  const { from, to, fromWord, toWord, referral, crm } = field;
  if (from !== undefined || to !== undefined) {
    return `${field.field} ${shown(fromWord ?? from)} → ${shown(toWord ?? to)}`;
  }
  const values = [referral, crm].filter((value) => value !== undefined).map(shown);
  return values.length === 0 ? field.field : `${field.field} ${[...new Set(values)].join(" / ")}`;
}

const mostFields = 3;

/** What happened, in a few words. */
export function eventText({ kind, side, fields = [], by, note }: DealEvent): string {
  const where = side === undefined ? "" : ` in ${sides[side]}`;
  const named = fields.slice(0, mostFields).map(fieldChange).join(", ");
  const more = fields.length > mostFields ? ` and ${fields.length - mostFields} more` : "";
  const what = fields.length === 0 ? "" : `: ${named}${more}`;
  const who = by === undefined ? "" : ` (by ${by})`;
  return `${verbs[kind] ?? kind}${where}${what}${who}${note ? ` – ${note}` : ""}`;
}

/** Lines of history: number, time, what happened. */
export function eventsText(events: readonly DealEvent[], width: number): string {
  const rows = events.map((event) => [
    paint.faint(`#${event.sequence}`),
    moment(event.at),
    eventText(event),
  ]);
  return table(
    [{ title: "", align: "right" }, { title: "" }, { title: "", canShrink: true }],
    rows,
    width,
    "  ",
  );
}

const fieldMarks: Readonly<Record<DealField["state"], string>> = {
  "in-step": "",
  "changed-in-crm": "changed in the CRM",
  "changed-in-referral": "changed in Partner Center",
  "changed-in-both": "changed in both",
  parked: "left alone",
};

function fieldStateText({ state, sending, note }: DealField): string {
  if (sending) return `sending to ${sides[sending]}…`;
  const text = fieldMarks[state];
  if (state === "parked" || state === "changed-in-both") return paint.warn(text);
  return text === "" && note !== undefined ? paint.warn("see below") : text;
}

function fieldsTable(fields: readonly DealField[], width: number): string {
  const rows = fields.map((field) => [
    field.label,
    shown(field.crm),
    shown(field.agreedReferral),
    shown(field.referral),
    fieldStateText(field),
  ]);
  const columns = [
    { title: "" },
    { title: "CRM", canShrink: true },
    { title: "agreed", canShrink: true },
    { title: "Partner Center", canShrink: true },
    { title: "" },
  ];
  return table(columns, rows, width, "  ");
}

function notes({ fields, questions, problem }: DealDetail, width: number): readonly string[] {
  const withNotes = fields.filter(({ note }) => note !== undefined);
  return [
    ...(problem
      ? [
          `${marks.bad} ${wrapped(problem.sentence, width, "  ")}`,
          `  ${remedyLine(problem.remedy)}`,
        ]
      : []),
    ...withNotes.map(
      ({ label, note = "" }) => `${marks.warn} ${wrapped(`${label}: ${note}`, width, "  ")}`,
    ),
    ...questions.map(
      (question) =>
        `${marks.warn} ${wrapped(question.sentence, width, "  ")}\n  ` +
        remedyLine(`referrals conflicts resolve ${shortId(question)} --crm, or --referral`),
    ),
  ];
}

function lifecycleText({ lifecycle, referral }: DealDetail, now: number): string {
  if (!referral) return "not in Partner Center";
  const { status, substatus, moves, expiresAt } = lifecycle;
  const expires = expiresAt === undefined ? "" : ` · answer due ${relative(expiresAt, now)}`;
  const next =
    moves.length === 0 ? "final" : `may: ${moves.map(({ action }) => action).join(", ")}`;
  return `${status}/${substatus}${expires} · ${next}`;
}

/** A deal with both sides, what was agreed, its history and what comes next. */
export function dealText(deal: DealDetail, now: number, width: number, lines: number): string {
  const state = deal.needsPerson ? paint.warn(deal.sentence) : deal.sentence;
  const seen = Math.max(deal.crm?.lookedAt ?? 0, deal.referral?.lookedAt ?? 0);
  const { history, next, related } = deal;
  const left = next.at === undefined || next.at <= now ? "" : ` in ${duration(next.at - now)}`;
  const ids = [
    ["deal", deal.id],
    ["CRM", deal.crm ? `${deal.crm.id}  ${paint.faint(deal.crm.url ?? "")}` : "–"],
    ["Partner Center", deal.referral?.id ?? "–"],
    ["stage", lifecycleText(deal, now)],
    ["next", `${next.sentence}${left}`],
    ...related.map((other) => ["related", `${other.title} (${other.id.slice(0, 8)})`]),
  ];
  const shownHistory = history.slice(-lines);
  const older = history.length - shownHistory.length;
  const said = notes(deal, width);
  return [
    `${paint.strong(deal.title)}`,
    `${state} · seen ${relative(seen, now)}`,
    "",
    table([{ title: "" }, { title: "", canShrink: true }], ids, width, "  "),
    "",
    fieldsTable(deal.fields, width),
    ...(said.length > 0 ? ["", ...said] : []),
    "",
    `History${older > 0 ? paint.faint(` (${count(older)} older: referrals history …)`) : ""}`,
    eventsText(shownHistory, width),
  ].join("\n");
}

/** `referrals show`: one deal with everything that is known of it. */
export function registerShow(program: Command): void {
  const command = program
    .command("show")
    .argument("<deal>", "id of the deal, its referral or CRM record, or words of its name")
    .description("Show a deal: both sides, what was agreed, its history, and what comes next")
    .option("--history <lines>", "lines of history to show", wholeNumber(0), 12);
  examples(addLedgerOptions(command), [
    ["show contoso", "the deal whose name holds the word"],
    ["show 3f2a91c0 --json", "everything as JSON"],
  ]);
  command.action(async (named: string, options: ShowOptions) => {
    await withOperations(options, async (operations) => {
      const deal = await findDeal(operations, named);
      const now = systemClock.now();
      answer(options, deal, (width) => dealText(deal, now, width, options.history));
      process.exitCode = deal.needsPerson ? exitCodes.attention : exitCodes.done;
    });
  });
}
