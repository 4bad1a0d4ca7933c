import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandModules } from "../../src/cli/command-modules.ts";
import { exitCodes } from "../../src/cli/exit-codes.ts";
import { root } from "../checks.ts";

const page = readFileSync(join(root, "docs/reference/cli.md"), "utf8");

test("the command line's page names every command and no other", () => {
  const named = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map((match) => match[1]);
  expect(named.toSorted()).toEqual(commandModules.map((module) => module.name).toSorted());
});

test("the command line's page names every exit code and no other", () => {
  const named = [...page.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(named.toSorted((left, right) => left - right)).toEqual(Object.values(exitCodes));
});
