import { expect, test } from "vitest";
import { sourceFiles } from "./sources.ts";

const mostLines = 1_500;

/** Lines of code: without blank lines, comments and imports. */
function linesOfCode(text: string): number {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^import[\s\S]*?from "[^"]+";$/gm, "")
    .replaceAll(/^\s*\/\/.*$/gm, "");
  return code.split("\n").filter((line) => line.trim() !== "").length;
}

test("the core of the engine, its four steps and its rules, is at most 1,500 lines of code", () => {
  const core = sourceFiles("src").filter(
    ({ path }) => path.startsWith("src/sync/core/") && !path.endsWith(".test.ts"),
  );
  expect(core.length).toBeGreaterThan(5);
  const total = core.reduce((sum, { text }) => sum + linesOfCode(text), 0);
  expect(total).toBeLessThanOrEqual(mostLines);
});

test("comments, imports and blank lines are no lines of code", () => {
  const text = 'import {\n  a,\n} from "b";\n\n/** c\n * d */\n// e\nconst f = 1;\n';
  expect(linesOfCode(text)).toBe(1);
});
