import type { Command } from "commander";
import type { DealEvent } from "../../contract/index.ts";
import { answer, confirmed, examples } from "../answer.ts";
import { CliFailure } from "../failure.ts";
import { findDeal } from "../ledger-access/deal-search.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import type { Operations } from "../ledger-access/operations.ts";
import { marks, remedyLine } from "../terminal/paint.ts";
import { eventsText, eventText } from "./show.ts";
import { wholeNumber } from "./whole-number.ts";

interface HistoryOptions extends LedgerOptions {
  readonly lines: number;
}

interface UndoOptions extends LedgerOptions {
  readonly yes?: true;
}

const defaultLines = 50;
/** The operator's API hands out no more at once. */
const mostLines = 1_000;

async function readEvents(
  operations: Operations,
  named: string | undefined,
  lines: number,
): Promise<readonly DealEvent[]> {
  if (named !== undefined) return (await findDeal(operations, named)).history.slice(-lines);
  const { entries } = await operations.get<{ entries: readonly DealEvent[] }>(
    `/api/history?newest=${lines}`,
  );
  return entries.toSorted((left, right) => left.sequence - right.sequence);
}

async function history(named: string | undefined, options: HistoryOptions): Promise<void> {
  await withOperations(options, async (operations) => {
    const events = await readEvents(operations, named, options.lines);
    const takeBack = `Take a write back: ${remedyLine("referrals undo <number>")}`;
    answer(options, { events }, (width) =>
      events.length === 0
        ? "Nothing has happened yet. What is seen, written, decided and refused appears here."
        : `${eventsText(events, width)}\n\n${takeBack}`,
    );
  });
}

/** The write that is meant: a line's number, or the newest write of a deal. */
async function writeToUndo(operations: Operations, named: string): Promise<DealEvent> {
  if (/^#?\d+$/.test(named)) {
    const sequence = Number(named.replace("#", ""));
    const path = `/api/history?after=${sequence - 1}&limit=1`;
    const { entries } = await operations.get<{ entries: readonly DealEvent[] }>(path);
    const found = entries.find((entry) => entry.sequence === sequence);
    if (found) return found;
    throw new CliFailure(`History has no line ${sequence}.`, {
      remedy: "Look for its number: referrals history",
    });
  }
  const { history: events, title } = await findDeal(operations, named);
  const newest = events.findLast(({ kind }) => kind === "wrote");
  if (newest) return newest;
  throw new CliFailure(`Nothing was written in ${title} that could be undone.`, {
    remedy: "Only writes of the sync can be undone; see `referrals history`.",
  });
}

async function undo(named: string, options: UndoOptions): Promise<void> {
  await withOperations(options, async (operations) => {
    const event = await writeToUndo(operations, named);
    const sure = `Undo #${event.sequence}: ${eventText(event)}?`;
    if (!(await confirmed(sure, options.yes))) return;
    await operations.post("/api/undo", { sequence: event.sequence });
    const when = operations.url ? "is" : "will be, when the sync runs next,";
    answer(options, { undone: event }, () =>
      [
        `${marks.good} The old value ${when} written back.`,
        "  Both sides keep what they have in this field until you resume it:",
        `  ${remedyLine(`referrals resume ${event.pairId.slice(0, 8)} --field <name>`)}`,
      ].join("\n"),
    );
  });
}

/** `referrals history`: what happened. */
export function registerHistory(program: Command): void {
  const command = program
    .command("history")
    .argument("[deal]", "id or words of its name; without it, all deals")
    .description("Tell what happened: what was seen, written, decided and refused, and by whom")
    .option(
      "-n, --lines <count>",
      "the newest so many lines",
      wholeNumber(1, mostLines),
      defaultLines,
    );
  examples(addLedgerOptions(command), [
    ["history", "the newest lines of all deals"],
    ["history contoso -n 200", "of one deal"],
  ]);
  command.action(history);
}

/** `referrals undo`: takes back a write of the sync. */
export function registerUndo(program: Command): void {
  const command = program
    .command("undo")
    .argument("<write>", "number of a line of history, or a deal for its newest write")
    .description(
      "Write back the value that a write of the sync replaced, and leave the field alone",
    )
    .option("--yes", "don't ask again");
  examples(addLedgerOptions(command), [
    ["undo 41", "the write in line 41 of the history"],
    ["undo contoso --yes", "the newest write of this deal"],
  ]);
  command.action(undo);
}
