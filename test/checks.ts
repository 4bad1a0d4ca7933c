import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The checkout's root folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** A claim about the whole tree that a tool of its own decides. */
export interface Check {
  readonly claim: string;
  readonly script: string;
  readonly args: readonly string[];
}

/** Types and style; each counts as one test. */
export const checks: readonly Check[] = [
  { claim: "every file type-checks", script: "typescript/bin/tsc", args: ["--noEmit"] },
  {
    claim: "every file is formatted and free of lint",
    script: "@biomejs/biome/bin/biome",
    args: ["check", "--error-on-warnings", "."],
  },
];

/** The engine against its promises; it has both cores to itself, before the other tests. */
export const campaign: Check = {
  claim:
    "the engine keeps its promises in 20,000 schedules, or as many as 120 s allow, " +
    "and each fault meets each state that it can often enough",
  script: "../test/simulation/main.ts",
  args: ["--schedules", "20000", "--budget", "118", "--covered"],
};

/** Runs a script of an installed package on this Node.js; resolves to its exit code. */
export function runPackageScript(script: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${root}/node_modules/${script}`, ...args], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, PATH: `${root}/node_modules/.bin:${process.env.PATH}` },
    });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** Runs one check and prints its claim with the verdict; resolves to true where it holds. */
export async function runCheck(check: Check): Promise<boolean> {
  const passed = (await runPackageScript(check.script, check.args)) === 0;
  process.stdout.write(`${passed ? "✓" : "✗"} ${check.claim}\n`);
  return passed;
}
