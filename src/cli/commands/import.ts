import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import type { Command } from "commander";
import type { DealDetail } from "../../contract/index.ts";
import { systemClock } from "../../runtime/index.ts";
import { answer, examples } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import type { Operations } from "../ledger-access/operations.ts";
import { stopSignal } from "../stop-signal.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { startProgress } from "../terminal/progress.ts";
import { wrapped } from "../terminal/table.ts";
import { systemTerminal } from "../terminal/terminal.ts";
import { counted, shown } from "../terminal/words.ts";
import { changesOfRow } from "../transfer/changes-of-row.ts";
import { type Journal, openJournal } from "../transfer/journal.ts";
import { formatOf, type ReadRow, readRows, writeRows } from "../transfer/table-file.ts";

interface ImportOptions extends LedgerOptions {
  readonly dryRun?: true;
}

/** What became of a row. */
interface RowOutcome {
  readonly line: number;
  /** Of the row's content: an edited row is done anew. */
  readonly digest: string;
  readonly outcome: "changed" | "unchanged" | "failed";
  readonly deal?: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly reason?: string;
}

const shownErrors = 10;

const digestOf = (row: ReadRow): string =>
  createHash("sha256").update(JSON.stringify(row)).digest("base64url").slice(0, 16);

const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

async function importRow(
  operations: Operations,
  row: ReadRow,
  isDryRun: boolean,
): Promise<RowOutcome> {
  const base = { line: row.line, digest: digestOf(row) };
  const { id, referralId, crmId } = row.values;
  const named = [id, referralId, crmId].find((value) => typeof value === "string" && value !== "");
  if (named === undefined) {
    const reason = "the row names no deal (id, referralId or crmId); new deals begin in the CRM";
    return { ...base, outcome: "failed", reason };
  }
  try {
    const path = `/api/deals/${encodeURIComponent(String(named))}`;
    const deal = await operations.get<DealDetail>(path);
    const changes = changesOfRow(row.values, deal);
    if (!changes.ok) {
      return { ...base, outcome: "failed", deal: deal.title, reason: changes.reason };
    }
    const { values } = changes;
    if (Object.keys(values).length === 0) {
      return { ...base, outcome: "unchanged", deal: deal.title };
    }
    if (!isDryRun) await operations.post(`${path}/edit`, { values });
    return { ...base, outcome: "changed", deal: deal.title, values };
  } catch (error) {
    return { ...base, outcome: "failed", reason: sentenceOf(error) };
  }
}

async function importRows(
  operations: Operations,
  rows: readonly ReadRow[],
  journal: Journal<RowOutcome> | undefined,
  options: ImportOptions,
  stopped: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const done = new Map(
    (journal?.lines ?? [])
      .filter(({ outcome }) => outcome !== "failed")
      .map((outcome) => [`${outcome.line} ${outcome.digest}`, outcome]),
  );
  const terminal = systemTerminal();
  const quiet = { ...terminal, tell: () => {}, draw: () => {} };
  const progress = startProgress(options.json ? quiet : terminal, systemClock, "Importing");
  const outcomes: RowOutcome[] = [];
  for (const row of rows) {
    if (stopped.aborted) break;
    const before = done.get(`${row.line} ${digestOf(row)}`);
    const outcome = before ?? (await importRow(operations, row, options.dryRun === true));
    if (!before) journal?.add(outcome);
    outcomes.push(outcome);
    progress.update(outcomes.length, rows.length);
  }
  progress.end();
  return outcomes;
}

/** The rows that failed, with the reason, as a file to mend and to import again. */
async function writeErrors(
  path: string,
  rows: readonly ReadRow[],
  outcomes: readonly RowOutcome[],
): Promise<boolean> {
  const reasons = new Map(
    outcomes
      .filter(({ outcome }) => outcome === "failed")
      .map(({ line, reason = "" }) => [line, reason]),
  );
  rmSync(path, { force: true });
  if (reasons.size === 0) return false;
  const failed = rows.filter(({ line }) => reasons.has(line));
  await writeRows(
    path,
    failed.map(({ line, values }) => ({ line, error: reasons.get(line), ...values })),
  );
  return true;
}

interface Summary {
  readonly counts: Readonly<Record<RowOutcome["outcome"], number>>;
  readonly isWhole: boolean;
  /** Rows that an earlier run had done. */
  readonly resumed: number;
  readonly errorsFile?: string;
}

function importText(
  outcomes: readonly RowOutcome[],
  { counts, isWhole, resumed, errorsFile }: Summary,
  options: ImportOptions,
  width: number,
): string {
  const verb = options.dryRun ? "would be changed" : "changed";
  const examplesOfChanges = options.dryRun
    ? outcomes
        .filter(({ values }) => values !== undefined)
        .slice(0, shownErrors)
        .map(({ deal, values = {} }) => {
          const texts = Object.entries(values).map(([name, value]) => `${name} → ${shown(value)}`);
          return `  ${deal}: ${texts.join(", ")}`;
        })
    : [];
  const errors = outcomes
    .filter(({ outcome }) => outcome === "failed")
    .slice(0, shownErrors)
    .map(({ line, reason = "" }) => `  ${wrapped(`line ${line}: ${reason}`, width, "    ")}`);
  const before = resumed > 0 ? ` (${resumed} rows were done before)` : "";
  const changed = `${counted(counts.changed, "deal")} ${verb}`;
  const head = `${changed}, ${counts.unchanged} as they are${before}`;
  return [
    isWhole ? `${marks.good} ${head}.` : `${marks.warn} ${head}. Stopped; run it again to go on.`,
    ...examplesOfChanges,
    ...(counts.failed > 0 ? [`${marks.bad} ${counted(counts.failed, "row")} failed:`] : []),
    ...errors,
    ...(errorsFile === undefined
      ? []
      : [`  ${remedyLine(`mend ${errorsFile} and import it, or this file again`)}`]),
    ...(options.dryRun ? [paint.faint("Nothing was written.")] : []),
  ].join("\n");
}

async function run(file: string, options: ImportOptions): Promise<void> {
  const format = formatOf(file);
  const rows = await readRows(file);
  const stopped = stopSignal();
  await withOperations(options, async (operations) => {
    const journal = options.dryRun ? undefined : openJournal<RowOutcome>(`${file}.progress`);
    const known = new Set(journal?.lines.map(({ line, digest }) => `${line} ${digest}`));
    const outcomes = await importRows(operations, rows, journal, options, stopped);
    const isWhole = outcomes.length === rows.length;
    const count = (wanted: RowOutcome["outcome"]): number =>
      outcomes.filter(({ outcome }) => outcome === wanted).length;
    const counts = {
      changed: count("changed"),
      unchanged: count("unchanged"),
      failed: count("failed"),
    };
    const errorsPath = file.replace(/\.\w+$/, `.errors.${format}`);
    const hasErrors = !options.dryRun && (await writeErrors(errorsPath, rows, outcomes));
    if (isWhole && counts.failed === 0) journal?.remove();
    const resumed = outcomes.filter(
      ({ line, digest, outcome }) => outcome !== "failed" && known.has(`${line} ${digest}`),
    ).length;
    const summary: Summary = {
      counts,
      isWhole,
      resumed,
      ...(hasErrors ? { errorsFile: errorsPath } : {}),
    };
    answer(options, { ...summary, rows: outcomes }, (width) =>
      importText(outcomes, summary, options, width),
    );
    if (!isWhole) process.exitCode = exitCodes.interrupted;
    else if (counts.failed > 0) process.exitCode = exitCodes.attention;
  });
}

/** `referrals import`: edits from a file, each through the engine. */
export function registerImport(program: Command): void {
  const command = program
    .command("import")
    .argument("<file>", "ending in .csv or .json, as `referrals export` writes it")
    .description(
      "Carry edited cells of a file into both systems, each through the engine. A row that fails " +
        "doesn't stop the others; a stopped import goes on.",
    )
    .option("--dry-run", "tell what would change; write nothing");
  examples(addLedgerOptions(command), [
    ["import deals.csv --dry-run", "what the edited cells would change"],
    ["import deals.csv", "carry them out; rows that fail are in deals.errors.csv"],
  ]);
  command.action(run);
}
