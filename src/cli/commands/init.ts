import { existsSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { CrmError } from "../../crm/index.ts";
import { examples } from "../answer.ts";
import { configFileName } from "../config/config-file.ts";
import type { Config } from "../config/config-schema.ts";
import { loadConfig, secretsFileName } from "../config/load-config.ts";
import { vendorOf } from "../crm/registry.ts";
import type { ConnectedCrm, CrmInspection } from "../crm/vendor.ts";
import { sentenceOf } from "../doctor/finding.ts";
import { exitCodes } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { allVendorQuestions, askAll, crmFlag, crmOption, type InitFlags } from "../init/answers.ts";
import { type Asker, interactiveAsker, unattendedAsker } from "../init/asker.ts";
import { configText, secretsText } from "../init/config-text.ts";
import { mappingFor } from "../init/mapping-text.ts";
import { connectCrm, readMapping } from "../start/connections.ts";
import { isOfSandbox } from "../start/data-folder.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { systemTerminal, type Terminal } from "../terminal/terminal.ts";
import { counted } from "../terminal/words.ts";
import { signInByDeviceCode } from "./sign-in.ts";

interface InitOptions extends Omit<InitFlags, "crmAnswers"> {
  readonly config: string;
  readonly yes?: true;
  readonly force?: true;
  readonly apply?: true;
  readonly signIn: boolean;
  readonly json?: true;
  readonly [option: string]: unknown;
}

/** Keeps a file that is there under another name, so that nothing is lost. */
function keepOld(path: string, isForced: boolean | undefined): void {
  if (!existsSync(path)) return;
  if (!isForced) {
    throw new CliFailure("There is a configuration already.", {
      place: resolve(path),
      remedy: "Edit it, give another name with --config, or --force to replace it (it is kept).",
    });
  }
  renameSync(path, `${path}.before`);
}

function flagsOf(options: InitOptions): InitFlags {
  const names = allVendorQuestions().map(({ name }) => name);
  const given = names.map((name) => [name, options[crmOption(name)]] as const);
  const crmAnswers = Object.fromEntries(given.filter(([, value]) => typeof value === "string"));
  return { ...options, crmAnswers: crmAnswers as Readonly<Record<string, string>> };
}

/** Looks at the CRM, creates what is missing where that is wanted, and looks again. */
async function prepareCrm(
  crm: ConnectedCrm,
  asker: Asker,
  apply: boolean,
  terminal: Terminal,
): Promise<CrmInspection> {
  const found = await crm.inspect();
  for (const { sentence, remedy } of found.problems) {
    terminal.tell(`${marks.bad} ${sentence}\n  ${remedyLine(remedy)}`);
  }
  if (found.missing.length === 0 || !crm.prepare) return found;
  const amount = counted(found.missing.length, "column, key or table", "columns, keys and tables");
  terminal.tell(`${marks.warn} The CRM lacks ${amount} that the mapping uses.`);
  if (!apply && !(await asker.confirm("Create them now?", false))) return found;
  try {
    await crm.prepare((done) => terminal.tell(`${marks.good} created ${done}`));
  } catch (error) {
    if (!(error instanceof CrmError)) throw error;
    terminal.tell(`${marks.warn} Not all of it was created: ${sentenceOf(error)}`);
  }
  return crm.inspect();
}

/** Fits the ready mapping to what the CRM's metadata say. */
async function writeMapping(
  config: Config,
  path: string,
  asker: Asker,
  { apply, force }: InitOptions,
  terminal: Terminal,
): Promise<readonly string[]> {
  const { mapping: _file, ...withReady } = config;
  const ready = await vendorOf(config.crm.kind).mappingText(config.crm);
  try {
    const crm = await connectCrm(config, await readMapping(withReady));
    const found = await prepareCrm(crm, asker, apply === true, terminal);
    const columns = await crm.fields?.();
    await crm.close?.();
    keepOld(path, force);
    // What the setup can create stays: it creates what the mapping names.
    const lacking = crm.prepare ? [] : found.missing;
    writeFileSync(path, mappingFor(ready, { ...found, missing: lacking }, columns));
    return found.missing.map(({ name }) => name);
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    // The file is of use without it, and the doctor says the same with a remedy.
    terminal.tell(`${marks.warn} The CRM can't be looked at yet: ${sentenceOf(error)}`);
    keepOld(path, force);
    writeFileSync(path, mappingFor(ready, { missing: [], stages: [] }, undefined));
    return [];
  }
}

async function signIn(config: Config, options: InitOptions, terminal: Terminal): Promise<boolean> {
  if (config.partnerCenter.clientSecret !== undefined || !options.signIn) return false;
  try {
    await signInByDeviceCode(config, (message) => terminal.tell(`\n${paint.strong(message)}`));
    terminal.tell(`${marks.good} Signed in to Partner Center.`);
    return true;
  } catch (error) {
    terminal.tell(`${marks.warn} Not signed in: ${sentenceOf(error)}`);
    terminal.tell(`  ${remedyLine("referrals sign-in")}`);
    return false;
  }
}

async function run(options: InitOptions): Promise<void> {
  const terminal = systemTerminal();
  const path = resolve(options.config);
  const folder = dirname(path);
  if (existsSync(path) && !options.force) keepOld(path, false);
  const isAttended = !options.yes && process.stdin.isTTY === true;
  const asker = isAttended ? await interactiveAsker() : unattendedAsker();
  const flags = flagsOf(options);
  const data = flags.data ?? (isOfSandbox(join(folder, "data")) ? "./ledger" : "./data");
  const answers = await askAll(asker, { ...flags, data });
  const { text, secrets } = configText(answers);
  const secretsPath = join(folder, secretsFileName);
  keepOld(path, options.force);
  writeFileSync(path, text);
  if (Object.keys(secrets).length > 0) {
    keepOld(secretsPath, true);
    writeFileSync(secretsPath, secretsText(secrets), { mode: 0o600 });
  }
  const config = loadConfig(path, process.env);
  const isSignedIn = await signIn(config, options, terminal);
  const mappingPath = config.mapping ?? join(folder, "mapping.yaml");
  const missing = await writeMapping(config, mappingPath, asker, options, terminal);
  const files = [path, mappingPath, ...(Object.keys(secrets).length > 0 ? [secretsPath] : [])];
  const needsSignIn = !isSignedIn && config.partnerCenter.clientSecret === undefined;
  if (options.json) terminal.print(JSON.stringify({ files, isSignedIn, missing }));
  else terminal.print(nextSteps(files, missing.length, needsSignIn));
  if (missing.length > 0 || needsSignIn) process.exitCode = exitCodes.attention;
}

function nextSteps(files: readonly string[], missing: number, needsSignIn: boolean): string {
  const steps = [
    ...(needsSignIn ? [["referrals sign-in", "sign in to Partner Center by device code"]] : []),
    ...(missing > 0 ? [["referrals crm setup --apply", "create what the CRM lacks"]] : []),
    ["referrals doctor", "check everything"],
    ["referrals plan", "see what the first run would do; it writes nothing"],
    ["referrals approve", "allow it"],
    ["referrals start", "and let it run"],
  ];
  const width = Math.max(...steps.map(([typed = ""]) => typed.length));
  return [
    `${marks.good} Written: ${files.join(", ")}`,
    "",
    "Next:",
    ...steps.map(([typed = "", purpose = ""]) =>
      [`  ${paint.accent(typed.padEnd(width))}`, paint.faint(purpose)].join("  "),
    ),
  ].join("\n");
}

/** `referrals init`: the wizard that writes a configuration. */
export function registerInit(program: Command): void {
  const command = program
    .command("init")
    .description(
      "Write a commented configuration and a mapping fitted to your CRM; sign in by device code. " +
        "Each question has a flag.",
    )
    .option("--config <file>", "where to write it", configFileName)
    .option("--environment <name>", "sandbox, staging or production")
    .option("--authority <tenant>", "tenant id of the Partner Center account, or its address")
    .option("--client-id <id>", "application (client) id of the app registration")
    .option("--client-secret <secret>", "only for a sandbox")
    .option("--referrals-url <url>", "only for a sandbox")
    .option("--webhook-url <url>", "public address of this process; polling unless told")
    .option("--data <folder>", "folder of the state")
    .option("--port <number>", "port of the page")
    .option("--crm <kind>", "which CRM");
  for (const { name, ask } of allVendorQuestions()) {
    command.option(`${crmFlag(name)} <value>`, ask);
  }
  command
    .option("--apply", "create what the CRM lacks without asking")
    .option("--no-sign-in", "sign in later: referrals sign-in")
    .option("--yes", "ask nothing: flags and defaults decide")
    .option("--force", "replace a configuration; the old one is kept as .before")
    .option("--json", "print what was written as one JSON object");
  examples(command, [
    ["init", "asks for what it needs"],
    ["init --crm dynamics365 --environment staging", "asks for the rest"],
    ["init --yes --authority T --client-id A --crm …", "for a script: every answer by a flag"],
  ]);
  command.action(run);
}
