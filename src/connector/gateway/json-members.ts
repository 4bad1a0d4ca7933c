/** Where a member's value stands in a JSON text: from `start` up to, and without, `end`. */
export interface MemberPlace {
  readonly start: number;
  readonly end: number;
}

const isSpace = (character: string | undefined): boolean =>
  character === " " || character === "\n" || character === "\r" || character === "\t";

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text[at])) at += 1;
  return at;
}

/** The place after a string that begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
  throw new SyntaxError("a string doesn't end");
}

/** The place after a value that begins at `from`. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (character === "," || isSpace(character))) return at;
    at += 1;
  }
  throw new SyntaxError("a value doesn't end");
}

/**
 * The members of the object that a JSON text is, by name, without parsing their values: what is
 * passed on keeps every byte, numbers of any length included. Errors: SyntaxError.
 */
export function jsonMembers(text: string): ReadonlyMap<string, MemberPlace> {
  const members = new Map<string, MemberPlace>();
  let at = skipSpace(text, 0);
  if (text[at] !== "{") throw new SyntaxError("not an object");
  at = skipSpace(text, at + 1);
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at);
    const name = JSON.parse(text.slice(at, nameEnd)) as string;
    at = skipSpace(text, nameEnd);
    if (text[at] !== ":") throw new SyntaxError("a name without a value");
    const start = skipSpace(text, at + 1);
    const end = endOfValue(text, start);
    members.set(name, { start, end });
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  if (text[at] !== "}") throw new SyntaxError("an object doesn't end");
  return members;
}
