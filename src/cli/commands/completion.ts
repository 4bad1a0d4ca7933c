import { Argument, type Command } from "commander";
import { examples } from "../answer.ts";
import type { CommandModule } from "../command-module.ts";
import { commandTree } from "../completion/command-tree.ts";
import { completionScript, type Shell, shells } from "../completion/scripts.ts";

/** `referrals completion`: teaches a shell to complete. */
export function registerCompletion(program: Command, all: readonly CommandModule[]): void {
  const command = program
    .command("completion")
    .addArgument(new Argument("<shell>", "which shell").choices([...shells]))
    .description("Print a script that completes commands and options in your shell");
  examples(command, [
    ["completion bash >> ~/.bashrc", "or: source <(referrals completion bash)"],
    ["completion zsh > ~/.zfunc/_referrals", "a folder of your fpath; then start a new shell"],
    ["completion fish > ~/.config/fish/completions/referrals.fish", ""],
  ]);
  command.action(async (shell: Shell) => {
    process.stdout.write(completionScript(shell, await commandTree(all)));
  });
}
