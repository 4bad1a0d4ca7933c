import type { Command } from "commander";
import { CliFailure } from "./failure.ts";
import { systemTerminal } from "./terminal/terminal.ts";

/** Prints a command's answer: for a program one JSON object, for a person what `text` says. */
export function answer(
  options: { readonly json?: true },
  value: unknown,
  text: (width: number) => string,
): void {
  const terminal = systemTerminal();
  if (options.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  else terminal.print(text(terminal.out.width));
}

/** Adds examples to a command's help: what to type, and what for. */
export function examples(command: Command, lines: readonly (readonly [string, string])[]): Command {
  const width = Math.max(...lines.map(([typed]) => typed.length));
  const text = lines.map(([typed, purpose]) =>
    `  referrals ${typed.padEnd(width)}  ${purpose}`.trimEnd(),
  );
  return command.addHelpText("after", `\nExamples:\n${text.join("\n")}`);
}

/** Errors: CliFailure with the question where no person sits at the terminal. */
export function requirePerson(question: string): void {
  if (process.stdin.isTTY === true) return;
  throw new CliFailure(`Nobody is here to confirm this: ${question}`, {
    remedy: "Say --yes where a script decides.",
  });
}

/** Asks yes or no; without a person at the terminal only `--yes` goes on. */
export async function confirmed(question: string, isYes: boolean | undefined): Promise<boolean> {
  if (isYes) return true;
  requirePerson(question);
  const { confirm } = await import("@inquirer/prompts");
  // Standard output is the answer's alone.
  return confirm({ message: question, default: false }, { output: process.stderr });
}
