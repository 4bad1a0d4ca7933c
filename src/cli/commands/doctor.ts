import type { Command } from "commander";
import { answer, examples } from "../answer.ts";
import { checkCrm } from "../doctor/check-crm.ts";
import { checkAlerts, checkDatabase } from "../doctor/check-ground.ts";
import { checkMapping } from "../doctor/check-mapping.ts";
import { checkPartnerCenter } from "../doctor/check-partner-center.ts";
import { doctorText } from "../doctor/doctor-text.ts";
import type { Finding } from "../doctor/finding.ts";
import { exitCodes } from "../exit-codes.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  requireConfig,
} from "../ledger-access/open-operations.ts";
import { paint } from "../terminal/paint.ts";
import { systemTerminal } from "../terminal/terminal.ts";

async function run(options: LedgerOptions): Promise<void> {
  const config = await requireConfig(options);
  const terminal = systemTerminal();
  const moves = !options.json && terminal.err.isInteractive;
  if (moves) terminal.draw(paint.faint("Looking at both sides; nothing is changed…"));
  const { findings: mapped, mapping } = await checkMapping(config);
  const [partnerCenter, crm, database] = await Promise.all([
    checkPartnerCenter(config),
    mapping ? checkCrm(config, mapping) : [],
    checkDatabase(config),
  ]);
  if (moves) terminal.draw("\r\u001b[2K");
  const findings: readonly Finding[] = [
    ...partnerCenter,
    ...crm,
    ...mapped,
    ...database,
    ...checkAlerts(config),
  ];
  const problems = findings.filter(({ verdict }) => verdict === "bad").length;
  const warnings = findings.filter(({ verdict }) => verdict === "warn").length;
  answer(options, { findings, problems, warnings }, (width) => doctorText(findings, width));
  process.exitCode = problems > 0 ? exitCodes.attention : exitCodes.done;
}

/** `referrals doctor`: everything that a sync needs, looked at before it is missed. */
export function registerDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description(
      "Check sign-in, role, webhooks, CRM rights and columns, clocks, mapping and database; " +
        "change nothing. Exit code 2 where there is a problem.",
    );
  examples(addLedgerOptions(command), [
    ["doctor", "each finding with its remedy"],
    ["doctor --json", "for a monitor"],
  ]);
  command.action(run);
}
