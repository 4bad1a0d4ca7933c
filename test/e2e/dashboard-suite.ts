import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { root } from "../checks.ts";
import { openBrowser } from "./browser.ts";
import { eventually, type RunningProcess, startProcess } from "./processes.ts";
import type { DemonstrationLine } from "./visitor.ts";

/** A demonstration with a browser in front of it. */
export interface DashboardStage {
  readonly browser: Browser;
  readonly page: Page;
  readonly line: DemonstrationLine;
  /** The demonstration's folder. */
  readonly data: string;
  /** What the browser had to complain about. */
  readonly complaints: readonly string[];
  ask<T>(path: string, body?: unknown, method?: string): Promise<T>;
  /** A picture for the run's artefacts. */
  picture(name: string, of?: Page): Promise<void>;
  close(): Promise<void>;
}

interface Status {
  readonly byState: Readonly<Record<string, number>>;
}

const settleMs = 60_000;
const moving = ["matching", "planning", "creating-referral", "creating-deal", "writing-referral"];

/** Notes what a page complains about: errors of scripts and on the console. */
export function noteComplaints(page: Page, complaints: string[]): void {
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
}

/** Starts the demonstration, waits until it is at rest, and opens its page. */
export async function openStage(width = 1440, height = 900): Promise<DashboardStage> {
  const data = mkdtempSync(join(tmpdir(), "partner-referrals-dashboard-"));
  const process: RunningProcess = await startProcess(["start", "--port", "0", "--data", data]);
  const line = process.line as unknown as DemonstrationLine;
  const ask = async <T>(path: string, body?: unknown, method = "POST"): Promise<T> => {
    const options =
      body === undefined
        ? {}
        : {
            method,
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
          };
    return (await (await fetch(new URL(path, line.statusUrl), options)).json()) as T;
  };
  const isAtRest = ({ byState }: Status): boolean =>
    (byState["in-step"] ?? 0) >= 10 && moving.every((state) => (byState[state] ?? 0) === 0);
  await eventually(() => ask<Status>("/api/status"), isAtRest, settleMs);
  const browser = await openBrowser();
  const context: BrowserContext = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.setDefaultTimeout(12_000);
  noteComplaints(page, complaints);
  await page.goto(line.statusUrl);
  await page.waitForSelector("#headline");
  return {
    browser,
    page,
    line,
    data,
    complaints,
    ask,
    picture: async (name, of = page) => {
      const folder = join(root, "artefacts", "dashboard");
      mkdirSync(folder, { recursive: true });
      await of.screenshot({ path: join(folder, `${name}.png`) });
    },
    close: async () => {
      await browser.close();
      await process.kill();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
