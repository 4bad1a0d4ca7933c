import type { Command } from "commander";
import { busyStates, type DealEvent, type OperatorStatus } from "../../contract/index.ts";
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
import { type Progress, startProgress } from "../terminal/progress.ts";
import { systemTerminal } from "../terminal/terminal.ts";
import { counted } from "../terminal/words.ts";
import { waitingFor } from "./status.ts";

interface SyncOptions extends LedgerOptions {
  readonly once?: true;
}

const lookAgainMs = 300;
const atATime = 10;
/** History is read in pages of so many lines when the outcome is counted. */
const pageSize = 1_000;

const busyDeals = ({ byState }: OperatorStatus): number =>
  busyStates.reduce((sum, state) => sum + (byState[state] ?? 0), 0);

interface Outcome {
  readonly written: Readonly<Record<"crm" | "referral", number>>;
  readonly created: Readonly<Record<"crm" | "referral", number>>;
  readonly linked: number;
}

async function newestSequence(operations: Operations): Promise<number> {
  const { entries } = await operations.get<{ entries: readonly DealEvent[] }>(
    "/api/history?newest=1",
  );
  return entries.at(-1)?.sequence ?? 0;
}

/** What was written since a line of history. */
async function outcomeSince(operations: Operations, since: number): Promise<Outcome> {
  const written = { crm: 0, referral: 0 };
  const created = { crm: 0, referral: 0 };
  let linked = 0;
  for (let after = since; ; ) {
    const path = `/api/history?after=${after}&limit=${pageSize}`;
    const { entries } = await operations.get<{ entries: readonly DealEvent[] }>(path);
    for (const { kind, side } of entries) {
      if (kind === "wrote" && side) written[side] += 1;
      if (kind === "created" && side) created[side] += 1;
      if (kind === "linked") linked += 1;
    }
    const last = entries.at(-1);
    if (!last || entries.length < pageSize) return { written, created, linked };
    after = last.sequence;
  }
}

const patienceMs = 2_000;

/**
 * Waits for work to end, but after a stop only a moment: it may wait for its call budget. Work that
 * is left alone is taken up by the next run, as after a crash.
 */
async function untilAborted<T>(work: Promise<T>, stopped: AbortSignal): Promise<T | undefined> {
  const asked = new Promise<void>((resolve) => {
    if (stopped.aborted) resolve();
    else stopped.addEventListener("abort", () => resolve(), { once: true });
  });
  const patience = asked.then(() => systemClock.sleep(patienceMs)).then(() => undefined);
  return Promise.race([work, patience]);
}

/** Reconciles what is due until nothing is, telling how far it has come. */
async function work(
  operations: Operations,
  progress: Progress,
  stopped: AbortSignal,
): Promise<OperatorStatus> {
  let most = 0;
  for (;;) {
    const ran = operations.own
      ? await untilAborted(operations.own.engine.runDue(atATime), stopped)
      : 0;
    const status = await operations.get<OperatorStatus>("/api/status");
    const left = busyDeals(status);
    most = Math.max(most, left);
    progress.update(most - left, most);
    const isDone = operations.own ? ran === 0 || ran === undefined : left === 0;
    if (isDone || stopped.aborted) return status;
    if (!operations.own) await systemClock.sleep(lookAgainMs, stopped).catch(() => {});
  }
}

function outcomeText(
  { written, created, linked }: Outcome,
  status: OperatorStatus,
  wasStopped: boolean,
): string {
  const creates = created.crm + created.referral;
  const writes = written.crm + written.referral;
  const parts = [
    ...(linked > 0 ? [`${counted(linked, "deal")} linked`] : []),
    ...(creates > 0 ? [`${creates} created (${created.crm} in the CRM)`] : []),
    ...(writes > 0 ? [`${writes} updated (${written.crm} in the CRM)`] : []),
  ];
  const what = parts.length === 0 ? "Nothing had to be written" : parts.join(", ");
  const left = busyDeals(status);
  const waits = waitingFor(status);
  return [
    wasStopped
      ? `${marks.warn} Stopped: ${what}. ${counted(left, "deal")} left; run it again to go on.`
      : `${marks.good} ${what}.`,
    ...(waits > 0
      ? [
          `${marks.warn} ${counted(waits, "thing waits", "things wait")} for you. ` +
            remedyLine(status.awaitsApproval ? "referrals plan" : "referrals status"),
        ]
      : []),
  ].join("\n");
}

async function run(options: SyncOptions): Promise<void> {
  if (!options.once) {
    throw new UsageFailure("A sync that goes on is `referrals start`.", {
      remedy: "For one round, as from cron: referrals sync --once",
    });
  }
  const stopped = stopSignal();
  await withOperations(options, async (operations) => {
    const terminal = systemTerminal();
    const quiet = { ...terminal, tell: () => {}, draw: () => {} };
    const since = await newestSequence(operations);
    const progress = startProgress(options.json ? quiet : terminal, systemClock, "Syncing");
    if (!options.json && terminal.err.isInteractive) {
      terminal.draw(paint.faint("Looking at both sides…"));
    }
    await untilAborted(operations.post("/api/sync"), stopped);
    // Where no process runs all the time, nobody else makes the audit when it is due.
    if (operations.own) await untilAborted(operations.own.engine.tick(), stopped);
    const status = await work(operations, progress, stopped);
    progress.end();
    const outcome = await outcomeSince(operations, since);
    const isWhole = !stopped.aborted;
    answer(options, { ...outcome, isWhole, byState: status.byState }, () =>
      outcomeText(outcome, status, !isWhole),
    );
    // Nothing to wait for: what was under way is as safe as after a crash.
    if (!isWhole) process.exit(exitCodes.interrupted);
    process.exitCode = waitingFor(status) > 0 ? exitCodes.attention : exitCodes.done;
  });
}

/** `referrals sync --once`: one round, then the end. */
export function registerSync(program: Command): void {
  const command = program
    .command("sync")
    .description("Look at both sides once, carry over what changed, and end")
    .option("--once", "one round");
  examples(addLedgerOptions(command), [
    ["sync --once", "as from cron, where no process is to run all the time"],
    ["sync --once --json", "tells what was written"],
  ]);
  command.action(run);
}
