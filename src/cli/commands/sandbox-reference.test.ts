import { readFileSync } from "node:fs";
import { Command } from "commander";
import { expect, it } from "vitest";
import { faultProfileSchema } from "../../http/index.ts";
import { registerSandbox } from "./sandbox.ts";

const reference = readFileSync(
  new URL("../../../docs/reference/service.md", import.meta.url),
  "utf8",
);

function sandboxCommand(): Command {
  const program = new Command();
  registerSandbox(program);
  const [sandbox] = program.commands;
  if (!sandbox) throw new Error("there is no sandbox command");
  return sandbox;
}

it("the reference names every option of the sandbox, and no other", () => {
  const table = reference.slice(0, reference.indexOf("## The operations"));
  const named = [...table.matchAll(/^\| (.+?) \|/gm)]
    .flatMap(([, cell]) => [...(cell ?? "").matchAll(/--[a-z-]+/g)])
    .map(([option]) => option);
  const known = sandboxCommand().options.map(({ long }) => String(long));
  expect([...new Set(named)].sort()).toEqual(known.sort());
});

it("the reference names every command that plays Microsoft, and no other", () => {
  const named = [...reference.matchAll(/`referrals sandbox ([a-z]+)/g)].map(([, name]) => name);
  const known = sandboxCommand().commands.map((command) => command.name());
  expect([...new Set(named)].sort()).toEqual(known.sort());
});

it("the reference names every fault", () => {
  for (const name of Object.keys(faultProfileSchema.shape)) {
    expect(reference).toContain(`\`${name}\``);
  }
});
