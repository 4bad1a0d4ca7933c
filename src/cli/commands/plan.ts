import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { OperatorStatus } from "../../contract/index.ts";
import type { Rehearsal } from "../../sync/index.ts";
import { answer, confirmed, examples, requirePerson } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import type { Operations } from "../ledger-access/operations.ts";
import { planReport } from "../plan/plan-report.ts";
import { planSummary } from "../plan/plan-summary.ts";
import { planText } from "../plan/plan-text.ts";
import { marks, paint } from "../terminal/paint.ts";
import { systemTerminal } from "../terminal/terminal.ts";

interface PlanOptions extends LedgerOptions {
  readonly html?: string;
}

interface ApproveOptions extends LedgerOptions {
  readonly yes?: true;
}

async function rehearse(operations: Operations, isQuiet: boolean): Promise<Rehearsal> {
  const terminal = systemTerminal();
  const moves = !isQuiet && terminal.err.isInteractive;
  if (moves) terminal.draw(paint.faint("Looking at both sides; nothing is written…"));
  try {
    return await operations.get<Rehearsal>("/api/plan");
  } finally {
    if (moves) terminal.draw("\r\u001b[2K");
  }
}

async function plan(options: PlanOptions): Promise<void> {
  await withOperations(options, async (operations) => {
    const rehearsal = await rehearse(operations, options.json === true);
    const status = await operations.get<OperatorStatus>("/api/status");
    const summary = planSummary(rehearsal, status.budget.limit);
    if (options.html !== undefined) {
      writeFileSync(options.html, planReport(rehearsal, summary, status), { mode: 0o600 });
    }
    const waits = status.awaitsApproval !== undefined;
    answer(options, { ...rehearsal, summary, awaitsApproval: status.awaitsApproval }, (width) => {
      const where = options.html === undefined ? "" : `\nThe report is in ${options.html}.`;
      return `${planText(rehearsal, summary, { width, waits })}${where}`;
    });
    const needsPerson = summary.refused > 0 || summary.asked > 0;
    process.exitCode = needsPerson ? exitCodes.attention : exitCodes.done;
  });
}

async function approve(options: ApproveOptions): Promise<void> {
  await withOperations(options, async (operations) => {
    const status = await operations.get<OperatorStatus>("/api/status");
    if (status.awaitsApproval === undefined) {
      answer(options, { approved: false }, () => "Nothing waits for approval: writes flow.");
      return;
    }
    const question = "Allow these writes, and all later ones?";
    if (!options.yes) {
      requirePerson(question);
      const rehearsal = await rehearse(operations, options.json === true);
      const summary = planSummary(rehearsal, status.budget.limit);
      const { out, tell } = systemTerminal();
      tell(planText(rehearsal, summary, { width: out.width, waits: false }));
    }
    if (!(await confirmed(question, options.yes))) return;
    await operations.post("/api/approve");
    const next = operations.url ? "Writing has begun." : "Start it: referrals start";
    answer(options, { approved: true }, () => `${marks.good} Approved. ${next}`);
  });
}

/** `referrals plan`: what the next run would do. */
export function registerPlan(program: Command): void {
  const command = program
    .command("plan")
    .description("Tell what the next run would create, change, link, ask and refuse; write nothing")
    .option("--html <file>", "also write a report with every change, to be read in a browser");
  examples(addLedgerOptions(command), [
    ["plan", "counts and examples"],
    ["plan --html plan.html", "and every change, for those who have to agree"],
    ["plan --json", "everything for a program; exit code 2 where something is asked or refused"],
  ]);
  command.action(plan);
}

/** `referrals approve`: allows the first writes. */
export function registerApprove(program: Command): void {
  const command = program
    .command("approve")
    .description("Allow the writes of the plan: once at the first run, and after a restore")
    .option("--yes", "don't show the plan and don't ask");
  examples(addLedgerOptions(command), [
    ["approve", "shows the plan and asks"],
    ["approve --yes", "for a script that has looked at `plan --json`"],
  ]);
  command.action(approve);
}
