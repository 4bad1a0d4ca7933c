import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";

/** Lines of JSON beside a file: what is done already, so that a stopped command goes on. */
export interface Journal<Line> {
  readonly lines: readonly Line[];
  add(line: Line): void;
  remove(): void;
}

function parsedLines<Line>(text: string): Line[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as Line];
    } catch {
      // The last line of a process that was killed while it wrote.
      return [];
    }
  });
}

/** Opens a journal, with what an earlier run left in it. */
export function openJournal<Line>(path: string): Journal<Line> {
  const lines = existsSync(path) ? parsedLines<Line>(readFileSync(path, "utf8")) : [];
  return {
    lines,
    add: (line) => {
      // On a line of its own, so that a line cut short by a crash doesn't swallow it.
      appendFileSync(path, `\n${JSON.stringify(line)}\n`, { mode: 0o600 });
      lines.push(line);
    },
    remove: () => rmSync(path, { force: true }),
  };
}
