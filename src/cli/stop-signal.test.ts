import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

const program = `
  import { stopSignal } from ${JSON.stringify(new URL("./stop-signal.ts", import.meta.url).href)};
  const stay = setInterval(() => {}, 1_000);
  stopSignal().addEventListener("abort", () => console.log("stopping"));
  process.on("SIGUSR2", () => { clearInterval(stay); process.exitCode = 7; });
  console.log("ready");
`;

/** A process that goes on until it is told by SIGUSR2 that its work is done. */
async function start(): Promise<{
  readonly child: ChildProcess;
  readonly line: () => Promise<unknown>;
  readonly code: Promise<number | null>;
}> {
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const line = async () => (await lines.next()).value;
  expect(await line()).toBe("ready");
  return { child, line, code };
}

test.skipIf(process.platform === "win32")(
  "a Ctrl-C that comes twice, from the terminal and passed on, is one: work goes to its end",
  async () => {
    const { child, line, code } = await start();
    child.kill("SIGINT");
    expect(await line()).toBe("stopping");
    child.kill("SIGINT");
    child.kill("SIGUSR2");
    expect(await code).toBe(7);
  },
);

test.skipIf(process.platform === "win32")(
  "asked again later, the process ends at once",
  async () => {
    const { child, line, code } = await start();
    child.kill("SIGINT");
    expect(await line()).toBe("stopping");
    const again = setInterval(() => child.kill("SIGINT"), 200);
    expect(await code).toBe(130);
    clearInterval(again);
  },
);
