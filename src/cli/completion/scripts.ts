import { allNodes, type CompletionNode } from "./command-tree.ts";

/** Shells that can complete. */
export const shells = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = (typeof shells)[number];

/** A text between single quotes of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const keyOf = ({ path }: CompletionNode): string => path.join(" ");

const wordsOf = ({ children, options, choices }: CompletionNode): string =>
  [
    ...children.map(({ path }) => path.at(-1) ?? ""),
    ...choices,
    ...options.map(({ flag }) => flag),
  ].join(" ");

/** Shell code that finds the longest command among the words typed so far, in `$path`. */
function bash(tree: CompletionNode): string {
  const nodes = allNodes(tree);
  const known = nodes.slice(1).map((node) => quoted(keyOf(node)));
  const cases = nodes.map(
    (node) => `    ${quoted(keyOf(node))}) words=${quoted(wordsOf(node))} ;;`,
  );
  const values = nodes.flatMap((node) =>
    node.options
      .filter(({ choices }) => choices.length > 0)
      .map(
        ({ flag, choices }) =>
          `    ${quoted(`${keyOf(node)}|${flag}`)}) words=${quoted(choices.join(" "))} ;;`,
      ),
  );
  const files = nodes.flatMap((node) =>
    node.options.filter(({ takesFile }) => takesFile).map(({ flag }) => flag),
  );
  return `# bash completion for referrals; to be sourced:  source <(referrals completion bash)
_referrals() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" word words="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "\${path:+$path }$word" in
    ${known.join(" | ")}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$previous" in
    ${[...new Set(files)].join(" | ")})
      COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path|$previous" in
${values.join("\n")}
  esac
  if [ -z "$words" ]; then
    case "$path" in
${cases.join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _referrals referrals
`;
}

const zshEscaped = (text: string): string => text.replace(/([:\\])/g, "\\$1");

function zsh(tree: CompletionNode): string {
  const nodes = allNodes(tree);
  const known = nodes.slice(1).map((node) => quoted(keyOf(node)));
  const cases = nodes.map((node) => {
    const entries = [
      ...node.children.map((child) => [child.path.at(-1) ?? "", child.description]),
      ...node.choices.map((choice) => [choice, ""]),
      ...node.options.map(({ flag, description }) => [flag, description]),
    ].map(([word = "", text = ""]) => quoted(`${zshEscaped(word)}:${zshEscaped(text)}`));
    return `    ${quoted(keyOf(node))}) entries=(${entries.join(" ")}) ;;`;
  });
  return `#compdef referrals
# zsh completion for referrals:  referrals completion zsh > "\${fpath[1]}/_referrals"
_referrals() {
  local trail="" word
  local -a entries
  for word in \${words[2,CURRENT-1]}; do
    case "\${trail:+$trail }$word" in
    ${known.join(" | ")}) trail="\${trail:+$trail }$word" ;;
    esac
  done
  case "\${words[CURRENT-1]}" in
    --config | --data | --html) _files; return ;;
  esac
  case "$trail" in
${cases.join("\n")}
  esac
  _describe -t commands referrals entries || _files
}
if [ "$funcstack[1]" = "_referrals" ]; then _referrals "$@"; else compdef _referrals referrals; fi
`;
}

const fishQuoted = (text: string): string =>
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function fish(tree: CompletionNode): string {
  const lines = allNodes(tree).flatMap((node) => {
    const siblings = node.children.map(({ path }) => path.at(-1) ?? "");
    const seen = node.path.map((word) => `__fish_seen_subcommand_from ${word}`);
    const open =
      siblings.length > 0 && node.path.length > 0
        ? [`not __fish_seen_subcommand_from ${siblings.join(" ")}`]
        : [];
    const condition =
      node.path.length === 0 ? "__fish_use_subcommand" : [...seen, ...open].join("; and ");
    const here = `complete -c referrals -n ${fishQuoted(condition)}`;
    const inside = `complete -c referrals -n ${fishQuoted(seen.join("; and ") || "true")}`;
    return [
      ...node.children.map(
        ({ path, description }) =>
          `${here} -f -a ${fishQuoted(path.at(-1) ?? "")} -d ${fishQuoted(description)}`,
      ),
      ...node.choices.map((choice) => `${here} -f -a ${fishQuoted(choice)}`),
      ...node.options.map(({ flag, description, choices, takesValue, takesFile }) => {
        const value = takesValue ? (takesFile ? " -r" : " -x") : "";
        const words = choices.length > 0 ? ` -a ${fishQuoted(choices.join(" "))}` : "";
        const name = `-l ${flag.replace(/^--/, "")}`;
        return `${inside} ${name}${value}${words} -d ${fishQuoted(description)}`;
      }),
    ];
  });
  const head = "# fish completion for referrals:  referrals completion fish | source";
  return `${[head, ...lines].join("\n")}\n`;
}

const writers: Readonly<Record<Shell, (tree: CompletionNode) => string>> = { bash, zsh, fish };

/** The script that teaches a shell to complete. Pure. */
export function completionScript(shell: Shell, tree: CompletionNode): string {
  return writers[shell](tree);
}
