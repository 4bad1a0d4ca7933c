import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../test/checks.ts";

/** A server in a process of its own, with the first line that it printed. */
export interface Child {
  readonly firstLine: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a program and resolves once it has printed a line. */
export async function startChild(
  command: string,
  args: readonly string[],
  folder: string = root,
): Promise<Child> {
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PATH: `${root}/node_modules/.bin:${process.env.PATH}` },
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = (): Promise<void> => {
    child.kill("SIGTERM");
    return exited;
  };
  const lines = createInterface({ input: child.stdout });
  const firstLine = await new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    child.once("exit", (code) => reject(new Error(`${command} ${args[0]} ended with ${code}`)));
  });
  return { firstLine, process: child, stop };
}

/** Starts a TypeScript file of ours on this Node.js. */
export function startScript(
  path: string,
  args: readonly string[],
  folder?: string,
): Promise<Child> {
  const quiet = "--disable-warning=ExperimentalWarning";
  return startChild(process.execPath, [quiet, resolve(root, path), ...args], folder);
}

/** Starts a command of ours. */
export function startCommand(args: readonly string[]): Promise<Child> {
  return startScript("src/cli/main.ts", args);
}
