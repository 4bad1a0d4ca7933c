const blanks = /[ \t\n\r]*/y;
const literal = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match ? at + match[0].length : at;
}

/** RFC 8259 section 7: what may stand in a string as it is; false at the end of the text. */
function isPlain(code: number, character: string | undefined): boolean {
  return code >= 0x20 && character !== '"' && character !== "\\";
}

interface Reading {
  readonly end: number;
  readonly ok: boolean;
}

function readString(text: string, start: number): Reading {
  let at = start + 1;
  for (;;) {
    while (isPlain(text.charCodeAt(at), text[at])) at += 1;
    if (text[at] === '"') return { end: at + 1, ok: true };
    const afterEscape = skip(escapeSequence, text, at);
    if (afterEscape === at) return { end: at, ok: false };
    at = afterEscape;
  }
}

/**
 * The character offset at which a text stops being JSON, or undefined where it is JSON. The
 * platform's own message names it only sometimes, and quotes the content, which may be personal.
 */
export function jsonProblemPosition(text: string): number | undefined {
  const open: ("{" | "[")[] = [];
  let expects: "value" | "valueOrEnd" | "name" | "nameOrEnd" | "separator" = "value";
  let at = skip(blanks, text, 0);
  for (;;) {
    const character = text[at];
    const container = open.at(-1);
    if (expects === "separator") {
      if (container === undefined) return at === text.length ? undefined : at;
      if (character === ",") expects = container === "{" ? "name" : "value";
      else if (character === (container === "{" ? "}" : "]")) open.pop();
      else return at;
      at += 1;
    } else if (
      (expects === "nameOrEnd" && character === "}") ||
      (expects === "valueOrEnd" && character === "]")
    ) {
      open.pop();
      expects = "separator";
      at += 1;
    } else if (expects === "name" || expects === "nameOrEnd") {
      if (character !== '"') return at;
      const name = readString(text, at);
      if (!name.ok) return name.end;
      at = skip(blanks, text, name.end);
      if (text[at] !== ":") return at;
      at += 1;
      expects = "value";
    } else if (character === "{" || character === "[") {
      open.push(character);
      expects = character === "{" ? "nameOrEnd" : "valueOrEnd";
      at += 1;
    } else {
      const value =
        character === '"'
          ? readString(text, at)
          : { end: skip(literal, text, at), ok: skip(literal, text, at) > at };
      if (!value.ok) return value.end;
      at = value.end;
      expects = "separator";
    }
    at = skip(blanks, text, at);
  }
}
