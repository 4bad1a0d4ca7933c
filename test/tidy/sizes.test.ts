import { expect, test } from "vitest";
import { sourceFiles } from "./sources.ts";

// Functions are held to 70 lines by the linter (noExcessiveLinesPerFunction in biome.json).
const maxLinesPerFile = 400;
const maxColumns = 100;
// The formatter keeps a claim on its line, and a claim may be a whole sentence.
const title = /^\s*(?:(?:test|it|describe)\b.*[("`]|"[^"]*",$|`[^`]*`,$)/;

const files = ["src", "test", "bench", "examples"].flatMap(sourceFiles);

test(`no file is longer than ${maxLinesPerFile} lines`, () => {
  const long = files.filter((file) => file.lines.length - 1 > maxLinesPerFile);
  expect(long.map((file) => `${file.path}: ${file.lines.length - 1} lines`)).toEqual([]);
});

test(`no line is longer than ${maxColumns} columns`, () => {
  const long = files.flatMap((file) =>
    file.lines.flatMap((line, index) =>
      line.length > maxColumns && !title.test(line)
        ? [`${file.path}:${index + 1}: ${line.length} columns`]
        : [],
    ),
  );
  expect(long).toEqual([]);
});
