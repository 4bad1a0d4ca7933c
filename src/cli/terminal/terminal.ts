/** What a terminal can show. */
export interface Abilities {
  readonly hasColour: boolean;
  readonly hasUnicode: boolean;
  /** A person sits there: prompts and moving lines make sense. */
  readonly isInteractive: boolean;
  /** Columns; unlimited where nobody looks at it directly. */
  readonly width: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const defaultWidth = 80;

/** The first of the variables that decide the character set, as POSIX orders them. */
function locale({ LC_ALL, LC_CTYPE, LANG }: Environment): string {
  return LC_ALL || LC_CTYPE || LANG || "";
}

function hasUnicode(environment: Environment): boolean {
  if (environment.TERM === "dumb" || environment.TERM === "linux") return false;
  const name = locale(environment);
  return name === "" || /utf-?8/i.test(name);
}

function hasColour(environment: Environment, stream: Stream): boolean {
  // https://no-color.org: set to anything but the empty string.
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== "0";
  return stream.isTTY === true && environment.TERM !== "dumb";
}

/** Finds out what a stream can show. */
export function abilitiesOf(environment: Environment, stream: Stream): Abilities {
  const isTerminal = stream.isTTY === true;
  const told = Number(environment.COLUMNS);
  const width = told > 0 ? told : (stream.columns ?? defaultWidth);
  return {
    hasColour: hasColour(environment, stream),
    hasUnicode: hasUnicode(environment),
    isInteractive: isTerminal && environment.TERM !== "dumb",
    width: isTerminal || told > 0 ? width : Number.POSITIVE_INFINITY,
  };
}

/** Colours only: what moves the cursor is another matter. */
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** Each symbol's stand-in is as wide as the symbol, so that tables stay aligned. */
const standIns: Readonly<Record<string, string>> = {
  "✓": "+",
  "✗": "x",
  "→": ">",
  "←": "<",
  "↔": "=",
  "↻": "~",
  "●": "*",
  "○": "o",
  "·": "-",
  "–": "-",
  "—": "-",
  "…": "~",
  "─": "-",
  "│": "|",
  "█": "#",
  "░": ".",
  "’": "'",
  "“": '"',
  "”": '"',
  "×": "x",
  "≤": "<",
};
/** A lone ">" before a command would be copied along, and send it into a file. */
const beforeCommand = new RegExp(`→(?=(?:${colours.source})* (?:referrals|npm) )`, "g");
const symbols = new RegExp(`[${Object.keys(standIns).join("")}]`, "g");

/** A text as these abilities can show it: without colours, without symbols. */
export function degrade(text: string, { hasColour, hasUnicode }: Abilities): string {
  const coloured = hasColour ? text : text.replace(colours, "");
  if (hasUnicode) return coloured;
  return coloured
    .replace(beforeCommand, "->")
    .replace(symbols, (symbol) => standIns[symbol] ?? "?");
}

/** Where a command prints. Texts are written with colours and symbols; what can't be shown goes. */
export interface Terminal {
  readonly out: Abilities;
  readonly err: Abilities;
  /** The answer: standard output, with a line's end. */
  print(text: string): void;
  /** What only accompanies it: standard error, so that a pipe gets the answer alone. */
  tell(text: string): void;
  /** Standard error without a line's end, for a line that moves. */
  draw(text: string): void;
}

/** The terminal that this process runs in. */
export function systemTerminal(): Terminal {
  const out = abilitiesOf(process.env, process.stdout);
  const err = abilitiesOf(process.env, process.stderr);
  return {
    out,
    err,
    print: (text) => void process.stdout.write(`${degrade(text, out)}\n`),
    tell: (text) => void process.stderr.write(`${degrade(text, err)}\n`),
    draw: (text) => void process.stderr.write(degrade(text, err)),
  };
}
