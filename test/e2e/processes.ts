import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { root } from "../checks.ts";

/** A command of ours in a process of its own. */
export interface RunningProcess {
  /** Its first line of standard output, parsed. */
  readonly line: Record<string, unknown>;
  /** Ends it as a power failure would. */
  kill(): Promise<void>;
  /** Asks it to stop, and resolves to its exit code. */
  stop(): Promise<number | null>;
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

/** Starts `referrals …args` from the sources and resolves once it has printed its first line. */
export async function startProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningProcess> {
  const program = [
    "--disable-warning=ExperimentalWarning",
    `${root}/src/cli/main.ts`,
    ...args,
    "--json",
  ];
  const child = spawn(process.execPath, program, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints = `${complaints}${chunk}`.slice(-4_000);
  });
  const exited = exitOf(child);
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    exited.then((code) => reject(new Error(`ended with ${code}: ${complaints}`)));
  });
  return {
    line: JSON.parse(line),
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    stop: async () => {
      child.kill("SIGTERM");
      return exited;
    },
  };
}

/** Below every system's own range, so that no connection is given the port in the meantime. */
const [firstPort, ports] = [20_000, 10_000];

/** A port to listen on that must be known before: free now, and given to nobody by the system. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * ports);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}

/** Twelve a second at most would spend a visitor's hundred calls a minute; this spends a few. */
const pauseMs = 200;

/** Asks again until the answer satisfies; throws with the last answer when the time is over. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  withinMs: number,
): Promise<{ readonly answer: T; readonly elapsedMs: number }> {
  const started = performance.now();
  for (;;) {
    const answer = await ask();
    const elapsedMs = performance.now() - started;
    if (satisfies(answer)) return { answer, elapsedMs };
    if (elapsedMs > withinMs) {
      throw new Error(`not within ${withinMs} ms; the last answer: ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
