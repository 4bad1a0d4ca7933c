import { createInterface } from "node:readline";
import type { Command } from "commander";
import { hashPassword } from "../../operations/index.ts";
import { systemRandom } from "../../runtime/index.ts";
import { answer, examples } from "../answer.ts";
import { CliFailure } from "../failure.ts";

const shortest = 8;

/** Asks twice where a person sits; else takes the first line of standard input. */
async function givenPassword(): Promise<string> {
  if (process.stdin.isTTY !== true) {
    for await (const line of createInterface({ input: process.stdin })) return line;
    return "";
  }
  const { password: ask } = await import("@inquirer/prompts");
  const apart = { output: process.stderr };
  const first = await ask({ message: "Password", mask: true }, apart);
  const second = await ask({ message: "Once more", mask: true }, apart);
  if (first === second) return first;
  throw new CliFailure("The two passwords differ.", { remedy: "Try again." });
}

/** `referrals password`: what `server.users` of a configuration holds in a password's place. */
export function registerPassword(program: Command): void {
  const command = program
    .command("password")
    .description("Print a password's hash for `server.users` in the configuration")
    .option("--json", "print one JSON object");
  examples(command, [
    ["password", "asks for it"],
    ["password < secret.txt", "takes the first line"],
  ]);
  command.action(async (options: { readonly json?: true }) => {
    const password = await givenPassword();
    if (password.length < shortest) {
      throw new CliFailure(`The password has fewer than ${shortest} characters.`, {
        remedy: "Choose a longer one.",
      });
    }
    const passwordHash = await hashPassword(password, systemRandom);
    answer(options, { passwordHash }, () => passwordHash);
  });
}
