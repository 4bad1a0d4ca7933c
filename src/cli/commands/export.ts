import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import type { DealDetail, DealPage } from "../../contract/index.ts";
import { systemClock } from "../../runtime/index.ts";
import { answer, examples } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import type { Operations } from "../ledger-access/operations.ts";
import { stopSignal } from "../stop-signal.ts";
import { marks } from "../terminal/paint.ts";
import { startProgress } from "../terminal/progress.ts";
import { systemTerminal } from "../terminal/terminal.ts";
import { counted } from "../terminal/words.ts";
import { openJournal } from "../transfer/journal.ts";
import { type FileRow, formatOf, writeRows } from "../transfer/table-file.ts";

interface ExportOptions extends LedgerOptions {
  readonly side: string;
  readonly state?: string;
  readonly force?: true;
}

const pageSize = 200;

/** A deal as a row: what it is, then every mapped field of one side. */
function rowOf(deal: DealDetail, side: string): FileRow {
  const values = deal.fields.map((field) => [
    field.name,
    side === "crm" ? field.crm : field.referral,
  ]);
  return {
    id: deal.id,
    title: deal.title,
    state: deal.state,
    referralId: deal.referral?.id ?? "",
    crmId: deal.crm?.id ?? "",
    ...Object.fromEntries(values),
  };
}

function pagePath(after: string, state: string | undefined): string {
  const filter = state === undefined ? "" : `&state=${encodeURIComponent(state)}`;
  return `/api/deals?limit=${pageSize}&after=${encodeURIComponent(after)}${filter}`;
}

/** Adds one row after another to the journal; resolves to whether it came to the end. */
async function gather(
  operations: Operations,
  journal: ReturnType<typeof openJournal<FileRow>>,
  options: ExportOptions,
  stopped: AbortSignal,
): Promise<boolean> {
  const { byState } = await operations.get<{ byState: Record<string, number> }>("/api/status");
  const total = options.state
    ? (byState[options.state] ?? 0)
    : Object.values(byState).reduce((sum, deals) => sum + deals, 0);
  const terminal = systemTerminal();
  const quiet = { ...terminal, tell: () => {}, draw: () => {} };
  const progress = startProgress(options.json ? quiet : terminal, systemClock, "Exporting");
  let after = String(journal.lines.at(-1)?.id ?? "");
  for (;;) {
    const { deals, next } = await operations.get<DealPage>(pagePath(after, options.state));
    for (const { id } of deals) {
      if (stopped.aborted) {
        progress.end();
        return false;
      }
      const path = `/api/deals/${encodeURIComponent(id)}`;
      journal.add(rowOf(await operations.get<DealDetail>(path), options.side));
      after = id;
      progress.update(journal.lines.length, Math.max(total, journal.lines.length));
    }
    if (next === undefined || deals.length === 0) break;
  }
  progress.end();
  return true;
}

async function run(file: string, options: ExportOptions): Promise<void> {
  formatOf(file);
  if (existsSync(file) && !options.force) {
    throw new CliFailure("The file is there already.", {
      place: file,
      remedy: "Give another name, or --force to replace it.",
    });
  }
  const stopped = stopSignal();
  await withOperations(options, async (operations) => {
    const journal = openJournal<FileRow>(`${file}.partial`);
    const resumed = journal.lines.length;
    const isWhole = await gather(operations, journal, options, stopped);
    if (isWhole) {
      await writeRows(file, journal.lines);
      journal.remove();
    }
    const rows = journal.lines.length;
    answer(options, { file, rows, resumed, isWhole }, () =>
      isWhole
        ? `${marks.good} ${counted(rows, "deal")} in ${file}.`
        : `${marks.warn} Stopped after ${counted(rows, "deal")}; run it again to go on.`,
    );
    if (!isWhole) process.exitCode = exitCodes.interrupted;
  });
}

/** `referrals export`: all deals as a file for a spreadsheet or a program. */
export function registerExport(program: Command): void {
  const command = program
    .command("export")
    .argument("<file>", "ending in .csv or .json")
    .description("Write the deals with all mapped fields to a file; a stopped export goes on")
    .addOption(
      new Option("--side <side>", "whose values").choices(["referral", "crm"]).default("referral"),
    )
    .option("--state <state>", "only deals of a state, such as in-step")
    .option("--force", "replace the file");
  examples(addLedgerOptions(command), [
    ["export deals.csv", "for a spreadsheet; edit it there, then `referrals import deals.csv`"],
    ["export deals.json --state asking", "for a program"],
  ]);
  command.action(run);
}
