import { expect, test } from "vitest";
import { isTestFile, type SourceFile, sourceFiles } from "./sources.ts";

interface Ban {
  readonly pattern: RegExp;
  readonly reason: string;
  /** Folders below src in which the word is at home. */
  readonly exceptIn: readonly string[];
  /** Also in tests. */
  readonly everywhere: boolean;
}

const ambientHomes = ["runtime", "cli"];
const bans: readonly Ban[] = [
  ban(/\bDate\.now\(|\bnew Date\(\)/, "time comes from an injected Clock", [
    ...ambientHomes,
    "dashboard",
  ]),
  ban(/\bperformance\.now\(/, "time comes from an injected Clock", ambientHomes),
  ban(/\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/, "chance comes from an injected Random", [
    ...ambientHomes,
  ]),
  ban(/(?<![.\w])(?:setTimeout|setInterval|setImmediate)\(/, "waiting is Clock.sleep", [
    ...ambientHomes,
    "dashboard",
  ]),
  ban(/\bconsole\.\w/, "log through an injected Log", ["cli"]),
  ban(/\bprocess\.(?:env|argv|exit)\b/, "settings come in by argument", ambientHomes),
  ban(/:\s*any\b|\bas any\b|<any>/, "say what it is, or unknown", []),
  ban(
    /^\s*(?:export\s+)?(?:const\s+)?enum\s|^\s*(?:export\s+)?namespace\s/m,
    "erasable syntax only",
    [],
  ),
  ban(/\bTODO\b|\bFIXME\b|\bXXX\b|\bHACK\b/, "finish it or file it", [], true),
  ban(/@ts-ignore|@ts-nocheck/, "mend the type instead", [], true),
];

function ban(
  pattern: RegExp,
  reason: string,
  exceptIn: readonly string[],
  everywhere = false,
): Ban {
  return { pattern, reason, exceptIn, everywhere };
}

function complaints(file: SourceFile): readonly string[] {
  const folder = file.path.split("/")[1] ?? "";
  return bans
    .filter((rule) => rule.everywhere || !isTestFile(file.path))
    .filter((rule) => !rule.exceptIn.includes(folder))
    .flatMap((rule) =>
      file.lines.flatMap((line, index) =>
        rule.pattern.test(withoutComment(line))
          ? [`${file.path}:${index + 1}: ${rule.reason}`]
          : [],
      ),
    );
}

/** A doc comment may name what code may not use. */
function withoutComment(line: string): string {
  return /^\s*(?:\*|\/\*\*)/.test(line) ? "" : line;
}

test("no ambient clock, chance, environment or output, and no banned word in src", () => {
  expect(sourceFiles("src").flatMap(complaints)).toEqual([]);
});

test("the check sees a banned word", () => {
  const lines = ["const now = Date.now();"];
  const file = { path: "src/contract/x.ts", text: "", lines };
  expect(complaints(file)).toEqual(["src/contract/x.ts:1: time comes from an injected Clock"]);
});

test("no file is named after nothing", () => {
  const empty = /\/(?:utils?|helpers?|common|misc|manager|base)\.tsx?$/;
  const files = ["src", "test", "bench"].flatMap(sourceFiles);
  expect(files.map((file) => file.path).filter((path) => empty.test(path))).toEqual([]);
});
