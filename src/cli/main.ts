// The composition root's door: finds the command, loads only that command's module, and turns what
// goes wrong into one message with cause, place and remedy.
import { Command, CommanderError, type Option } from "commander";
import type { CommandModule } from "./command-module.ts";
import { addCommand, commandModules } from "./command-modules.ts";
import { exitCodes } from "./exit-codes.ts";
import { printFailure, UsageFailure } from "./failure.ts";
import { nearest } from "./nearest.ts";
import { packageVersion } from "./package-version.ts";

function createProgram(): Command {
  return new Command("referrals")
    .description("Keeps a CRM and Microsoft Partner Center referrals in step, both ways.")
    .version(packageVersion(), "-v, --version", "print the version")
    .helpCommand("help [command]", "explain a command")
    .showHelpAfterError("Run `referrals --help` for the commands and options.")
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions: inheritedOptions })
    .exitOverride();
}

/** What a verb takes of its command's options: where its data are, and in what form it answers. */
const inheritable = ["--config", "--data", "--json"];

function inheritedOptions(verb: Command): Option[] {
  const own = new Set(verb.options.map(({ long }) => long));
  const above = verb.parent?.options ?? [];
  return above.filter(({ long }) => long && inheritable.includes(long) && !own.has(long));
}

/** Lets a mistake in the command line be told as one JSON object, where JSON was asked for. */
function tellAsJson(command: Command): void {
  command.configureOutput({ writeErr: () => {} });
  for (const verb of command.commands) tellAsJson(verb);
}

/** What was wrong with a command line: Commander's own sentence, with its guess after it. */
function usageFailure({ message }: CommanderError): UsageFailure {
  const sentence = message.replace(/^error: /, "").replace(/\s+/g, " ");
  return new UsageFailure(sentence, { remedy: "Add --help for what it takes, with examples." });
}

/** A command that does something without a verb would take a mistyped verb for an argument. */
function refuseUnknownVerbs(command: Command): void {
  command.allowExcessArguments().hook("preAction", (_command, acting) => {
    const [typed] = acting.args.slice(acting.registeredArguments.length);
    if (acting !== command || typed === undefined) return;
    const verbs = command.commands.map((verb) => verb.name());
    const meant = nearest(typed, verbs);
    const suggestion = meant === undefined ? "" : `\n(Did you mean ${meant}?)`;
    command.error(`error: ${command.name()} has no verb "${typed}"${suggestion}`);
  });
}

/** Errors of a command and of its verbs come back here, with a word on where help is. */
function makeHelpful(command: Command): void {
  command.exitOverride().showHelpAfterError("Add --help for what it takes, with examples.");
  if (command.commands.length > 0) refuseUnknownVerbs(command);
  for (const verb of command.commands) makeHelpful(verb);
}

/** The named command's module, or undefined where every command is to be shown. */
function wantedModule(argv: readonly string[]): CommandModule | undefined {
  const words = argv.filter((word) => !word.startsWith("-"));
  const name = words[0] === "help" ? words[1] : words[0];
  return commandModules.find((module) => module.name === name);
}

async function main(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  const wanted = wantedModule(argv);
  const asJson = argv.includes("--json");
  try {
    if (wanted) await addCommand(program, wanted);
    else
      for (const { name, group, summary } of commandModules)
        program.command(name).helpGroup(`${group}:`).description(summary);
    for (const command of program.commands) makeHelpful(command);
    if (asJson) tellAsJson(program);
    if (argv.length === 0) {
      program.outputHelp();
      return exitCodes.done;
    }
    await program.parseAsync([...argv], { from: "user" });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.done;
      if (asJson) printFailure(usageFailure(error), asJson);
      return exitCodes.usage;
    }
    // A person left a prompt by Ctrl+C.
    if (error instanceof Error && error.name === "ExitPromptError") return exitCodes.interrupted;
    printFailure(error, asJson);
    return error instanceof UsageFailure ? exitCodes.usage : exitCodes.failed;
  }
}

// Whoever reads the answer may stop reading, such as `head`: nobody is there to be told.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}
process.exitCode = await main(process.argv.slice(2));
// What a command had opened before it failed must not keep it alive: a listening sandbox, a ledger.
if (process.exitCode === exitCodes.failed) process.stderr.write("", () => process.exit());
