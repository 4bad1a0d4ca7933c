import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "../../checks.ts";
import { type Campaign, runCampaign } from "./campaign.ts";
import type { Report } from "./report.ts";
import { type CampaignState, loadState, saveState, sumOf } from "./state-file.ts";
import { emptyTally } from "./tally.ts";

const folder = mkdtempSync(join(tmpdir(), "partner-referrals-campaign-"));
const main = `${root}/test/simulation/main.ts`;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly report: Report;
}

/** Plays as the command does, and sends it a signal once it has told how far it is. */
function playUntilStopped(
  args: readonly string[],
  signal: "SIGINT" | "SIGTERM" | undefined,
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", main, "--workers", "1", "--json", ...args],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  let complaints = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    complaints += `${line}\n`;
    if (signal && line.includes("goes on from here")) child.kill(signal);
  });
  return new Promise((resolve, reject) => {
    child.once("close", (code) => {
      if (output === "") reject(new Error(`ended with ${code}, without a word: ${complaints}`));
      else resolve({ code, report: JSON.parse(output) });
    });
  });
}

const endless = ["--schedules", "1000000", "--ledger", "memory"];

describe("A campaign that is stopped", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "by %s tells what it has counted, and ends with %i",
    {
      timeout: 120_000,
    },
    async (signal, expected) => {
      const { code, report } = await playUntilStopped(endless, signal);
      expect(report.byInvariant).toEqual({});
      expect(code).toBe(expected);
      expect(report).toMatchObject({ seed: 1, stoppedBy: signal, violations: 0 });
      expect(report.schedules).toBeGreaterThan(0);
      const { faultFreeSchedules, crashOnlySchedules, lightSchedules, nextSeed } = report;
      const beside = faultFreeSchedules + crashOnlySchedules + lightSchedules;
      expect(report.schedules + beside, "every seed before the next one is counted").toBe(
        nextSeed - 1,
      );
    },
  );

  test("goes on from its file, and tells one total", { timeout: 120_000 }, async () => {
    const file = join(folder, "part.json");
    const args = [...endless, "--state", file];
    const first = await playUntilStopped(args, "SIGTERM");
    const wanted = first.report.schedules + 1;
    const last = await playUntilStopped([...args, "--schedules", String(wanted)], undefined);
    expect(last.code).toBe(0);
    expect(last.report.seed).toBe(1);
    expect(last.report.stoppedBy).toBeUndefined();
    expect(last.report.schedules).toBeGreaterThanOrEqual(wanted);
    expect(last.report.nextSeed).toBeGreaterThan(first.report.nextSeed);
    expect(last.report.seconds).toBeGreaterThan(first.report.seconds);
  });
});

describe("Parts of a campaign", () => {
  const played = (schedules: number, from?: Campaign): Promise<Campaign> =>
    runCampaign({
      subject: "engine",
      ledger: "memory",
      firstSeed: 1,
      schedules,
      workers: 1,
      budgetMs: Number.POSITIVE_INFINITY,
      ...(from ? { from } : {}),
    });

  test("add up to what one campaign comes to", { timeout: 120_000 }, async () => {
    const first = await played(1);
    const parts = await played(first.tally.schedules + 1, first);
    const whole = await played(first.tally.schedules + 1);
    expect(whole.nextSeed).toBe(81);
    expect(parts).toEqual(whole);
  });

  const state = (seed: number, nextSeed: number, more: Partial<CampaignState> = {}): string => {
    const tally = { ...emptyTally(), schedules: nextSeed - seed };
    const file = join(folder, `${seed}-${nextSeed}.json`);
    const identity = { commit: "a1", subject: "engine", ledger: "mixed" } as const;
    saveState(file, {
      ...identity,
      seed,
      campaign: { tally, nextSeed, stoppedBy: "budget" },
      seconds: 2,
      ...more,
    });
    return file;
  };

  test("are added up wherever their seeds begin, and are not stopped any more", () => {
    const sum = sumOf([state(501, 511), state(1, 41)]);
    expect(sum).toMatchObject({ seed: 1, seconds: 4, commit: "a1" });
    expect(sum.campaign.nextSeed).toBe(511);
    expect(sum.campaign.tally.schedules).toBe(50);
    expect(sum.campaign.stoppedBy).toBeUndefined();
  });

  test("of two commits, subjects or ledgers, or with a seed in common, make no sum", () => {
    const one = state(1, 41);
    expect(() => sumOf([one, state(41, 42, { commit: "b2" })])).toThrow(/commit b2, not a1/);
    expect(() => sumOf([one, state(42, 43, { subject: "naive" })])).toThrow(/subject naive/);
    expect(() => sumOf([one, state(43, 44, { ledger: "sqlite" })])).toThrow(/ledger sqlite/);
    expect(() => sumOf([one, state(40, 80)])).toThrow(/seeds that another file has as well/);
  });

  test("go on only where commit, subject, ledger and first seed are the same", () => {
    const file = state(1, 41);
    const same = { commit: "a1", subject: "engine", ledger: "mixed", seed: 1 } as const;
    expect(loadState(file, same)?.campaign.nextSeed).toBe(41);
    expect(() => loadState(file, { ...same, commit: "b2" })).toThrow(/of commit a1, not b2/);
    expect(() => loadState(file, { ...same, seed: 7 })).toThrow(/begins with seed 1, not 7/);
    expect(loadState(join(folder, "none.json"), same)).toBeUndefined();
    writeFileSync(file, "{}");
    expect(() => loadState(file, same)).toThrow(/no state of a campaign/);
    expect(readFileSync(file, "utf8")).toBe("{}");
  });
});
