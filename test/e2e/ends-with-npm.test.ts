import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import { root } from "../checks.ts";
import { eventually } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "partner-referrals-npm-"));
const goneWithinMs = 10_000;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

test.skipIf(process.platform === "win32").each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "a server that npm started ends when npm ends by %s, and frees its port",
  { timeout: 60_000 },
  async (signal) => {
    const args = ["sandbox", "--port", "0", "--data", join(folder, signal), "--json"];
    const npm = spawn("npm", ["run", "-s", "referrals", "--", ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    const exited = new Promise((resolve) => npm.once("exit", resolve));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: npm.stdout }).once("line", resolve);
      npm.once("exit", (code) => reject(new Error(`npm ended with ${code}`)));
    });
    const { referralsUrl } = JSON.parse(line) as { referralsUrl: string };
    expect(await answers(referralsUrl)).toBe(true);
    // A terminal sends Ctrl+C to the whole group; a kill meets npm alone.
    process.kill(signal === "SIGINT" ? -(npm.pid ?? 0) : (npm.pid ?? 0), signal);
    await exited;
    await eventually(
      () => answers(referralsUrl),
      (isUp) => !isUp,
      goneWithinMs,
    );
  },
);
