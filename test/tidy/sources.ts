import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { root } from "../checks.ts";

/** A source file with its path from the checkout's root, `/` between the parts. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Every TypeScript file below a folder of the checkout. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => {
      const absolute = join(entry.parentPath, entry.name);
      const text = readFileSync(absolute, "utf8");
      const path = relative(root, absolute).replaceAll("\\", "/");
      return { path, text, lines: text.split("\n") };
    })
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** True for a file that only tests load. */
export function isTestFile(path: string): boolean {
  return /\.test\.tsx?$|-suite\.ts$/.test(path);
}

const importPatterns = [
  /(?:^|\n)\s*(?:import|export)\s[^;"']*?from\s*["']([^"']+)["']/g,
  /import\(\s*["']([^"']+)["']\s*\)/g,
  /(?:^|\n)\s*import\s*["']([^"']+)["']/g,
];

/** The files of ours that a file imports, as paths from the root. */
export function importsOf(file: SourceFile): readonly string[] {
  return importPatterns
    .flatMap((pattern) => [...file.text.matchAll(pattern)].map((match) => match[1] ?? ""))
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) =>
      relative(root, resolve(root, dirname(file.path), specifier)).replaceAll("\\", "/"),
    );
}
