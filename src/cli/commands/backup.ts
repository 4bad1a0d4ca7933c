import { accessSync, constants, copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Command } from "commander";
import { systemClock } from "../../runtime/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { answer, confirmed, examples } from "../answer.ts";
import { CliFailure } from "../failure.ts";
import {
  addLedgerOptions,
  dataFolder,
  type LedgerOptions,
  requireConfig,
} from "../ledger-access/open-operations.ts";
import { openOwnSync } from "../ledger-access/open-own-sync.ts";
import { claimDataFolder, ledgerFile, witnessFile } from "../start/data-folder.ts";
import { marks, remedyLine } from "../terminal/paint.ts";

interface BackupOptions extends LedgerOptions {
  readonly force?: true;
}

interface RestoreOptions extends LedgerOptions {
  readonly yes?: true;
}

async function backup(file: string, options: BackupOptions): Promise<void> {
  const path = join(dataFolder(options), ledgerFile);
  if (!existsSync(path)) {
    throw new CliFailure("There is no ledger to back up.", {
      place: path,
      remedy: "Name the folder with --data, or the configuration with --config.",
    });
  }
  if (existsSync(file) && !options.force) {
    throw new CliFailure("The file is there already.", {
      place: file,
      remedy: "Give another name, or --force to replace it.",
    });
  }
  accessSync(dirname(resolve(file)), constants.W_OK);
  const database = await openDatabase(path);
  // Beside it first: an older backup goes only when the new one is whole.
  const beginning = `${file}.new`;
  rmSync(beginning, { force: true });
  try {
    await database.backup?.(resolve(beginning));
    renameSync(beginning, file);
  } finally {
    rmSync(beginning, { force: true });
    await database.close();
  }
  answer(options, { file: resolve(file), from: path }, () =>
    [
      `${marks.good} The ledger is in ${file}. Work went on meanwhile.`,
      "  It holds customers' data: keep it as safe as the CRM. The sign-in isn't in it.",
    ].join("\n"),
  );
}

/** Errors: CliFailure unless the file is a sound ledger. */
function requireLedger(file: string): void {
  const remedy = "Give a file that `referrals backup` wrote.";
  if (!existsSync(file)) throw new CliFailure("There is no such file.", { place: file, remedy });
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    const [row] = database.prepare("PRAGMA quick_check(1)").all();
    const isSound = String(Object.values(row ?? {})[0]) === "ok";
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    database.close();
    const isLedger = tables.some(({ name }) => name === "ledger_history");
    if (isSound && isLedger) return;
    throw new Error(isSound ? "it holds no ledger" : "it is damaged");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliFailure(`The file can't be restored: ${reason}.`, { place: file, remedy, cause });
  }
}

/** Puts the file in the ledger's place; the old one is kept beside. */
function replaceLedger(file: string, data: string): string | undefined {
  const path = join(data, ledgerFile);
  const stamp = new Date(systemClock.now()).toISOString().replace(/[:.]/g, "-");
  const kept = `${path}.before-restore-${stamp}`;
  const hadOne = existsSync(path);
  if (hadOne) {
    // What the journal still holds goes into the file that is kept.
    const database = new DatabaseSync(path);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    renameSync(path, kept);
  }
  for (const ending of ["-wal", "-shm"]) rmSync(`${path}${ending}`, { force: true });
  copyFileSync(file, `${path}.new`);
  renameSync(`${path}.new`, path);
  // The new epoch is declared, so it needn't be noticed as well.
  rmSync(join(data, witnessFile), { force: true });
  return hadOne ? kept : undefined;
}

async function restore(file: string, options: RestoreOptions): Promise<void> {
  requireLedger(file);
  const config = await requireConfig(options);
  const { data } = config;
  const question =
    "Both systems will be read anew; what differs is asked, and nothing is written before you " +
    "approve. Restore?";
  if (!(await confirmed(question, options.yes))) return;
  const release = claimDataFolder(data);
  const kept = replaceLedger(file, data);
  release();
  const operations = await openOwnSync(config, data);
  try {
    const { engine, ledger } = operations.own ?? {};
    await engine?.declareRestored();
    const epoch = (await ledger?.connection())?.epoch;
    const old = kept ? ` The old ledger is ${kept}.` : "";
    answer(options, { restored: resolve(file), kept, epoch }, () =>
      [
        `${marks.good} Restored; epoch ${epoch} begins.${old}`,
        `  ${remedyLine("referrals plan, then referrals approve, then referrals start")}`,
      ].join("\n"),
    );
  } finally {
    await operations.close();
  }
}

/** `referrals backup`: a copy of the ledger. */
export function registerBackup(program: Command): void {
  const command = program
    .command("backup")
    .argument("<file>", "where to write the copy")
    .description("Write a consistent copy of the ledger to one file, while the sync goes on")
    .option("--force", "replace the file");
  examples(addLedgerOptions(command), [
    ["backup ledger-monday.sqlite", "one file; the sync needn't stop"],
  ]);
  command.action(backup);
}

/** `referrals restore`: a copy in the ledger's place, and a new epoch. */
export function registerRestore(program: Command): void {
  const command = program
    .command("restore")
    .argument("<file>", "what `referrals backup` wrote")
    .description(
      "Put a backup in the ledger's place. A new epoch begins: both systems are read anew, what " +
        "differs is asked, and nothing is written before you approve.",
    )
    .option("--yes", "don't ask");
  examples(addLedgerOptions(command), [
    ["restore ledger-monday.sqlite", "the sync must be stopped; the old ledger is kept"],
  ]);
  command.action(restore);
}
