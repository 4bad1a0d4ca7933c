import { Command } from "commander";
import type { CommandModule } from "../command-module.ts";

/** An option or argument value as a shell offers it. */
export interface CompletionOption {
  readonly flag: string;
  readonly description: string;
  readonly choices: readonly string[];
  /** True where a file's name follows. */
  readonly takesFile: boolean;
  readonly takesValue: boolean;
}

/** A command with what can follow it. */
export interface CompletionNode {
  /** The words that lead to it: `conflicts resolve`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly CompletionOption[];
  readonly children: readonly CompletionNode[];
  /** Values of its arguments, where they are a closed set. */
  readonly choices: readonly string[];
}

const firstSentence = (text: string): string => text.split(/[;.] |\.$/)[0] ?? "";

function nodeOf(command: Command, path: readonly string[]): CompletionNode {
  const options = command.options
    .filter((option) => option.long && !option.hidden)
    .map((option) => ({
      flag: option.long ?? "",
      description: firstSentence(option.description),
      choices: option.argChoices ?? [],
      takesFile: /<(file|folder)>/.test(option.flags),
      takesValue: option.required || option.optional,
    }));
  return {
    path,
    description: firstSentence(command.description()),
    options: [...options, helpOption],
    children: command.commands.map((child) => nodeOf(child, [...path, child.name()])),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
}

const helpOption: CompletionOption = {
  flag: "--help",
  description: "explain it",
  choices: [],
  takesFile: false,
  takesValue: false,
};

/** Every command with its options, from the commands themselves. */
export async function commandTree(all: readonly CommandModule[]): Promise<CompletionNode> {
  const program = new Command("referrals");
  for (const { load } of all) (await load())(program, all);
  const tree = nodeOf(program, []);
  const summaries = new Map(all.map(({ name, summary }) => [name, summary]));
  const children = tree.children.map((child) => ({
    ...child,
    description: firstSentence(summaries.get(child.path[0] ?? "") ?? child.description),
  }));
  return { ...tree, children };
}

/** The tree as a list, parents first. */
export function allNodes(node: CompletionNode): readonly CompletionNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}
