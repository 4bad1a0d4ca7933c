import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, keepPicture, openBrowser } from "./browser.ts";
import { eventually, type RunningProcess, startProcess } from "./processes.ts";
import { type DemonstrationLine, visitorClient } from "./visitor.ts";

const data = mkdtempSync(join(tmpdir(), "partner-referrals-page-"));
let process: RunningProcess;
let line: DemonstrationLine;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

describe.skipIf(chromiumPath === undefined)("the status page in Chromium", () => {
  beforeAll(async () => {
    process = await startProcess(["start", "--port", "0", "--data", data]);
    line = process.line as unknown as DemonstrationLine;
    const deals = async () =>
      (await (await fetch(new URL("/api/status", line.statusUrl))).json()) as {
        byState: Record<string, number>;
      };
    await eventually(deals, ({ byState }) => (byState["in-step"] ?? 0) >= 10, 60_000);
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(line.statusUrl);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await process?.kill();
    rmSync(data, { recursive: true, force: true });
  });

  test("says first how many deals are in step and how many need a person", async () => {
    await page.waitForSelector("tr[data-id]");
    expect(await page.textContent("#headline")).toMatch(/^\d+ deals in step\./);
    await keepPicture(page, "status-1440");
  });

  test("an amount typed for the CRM arrives in Partner Center, and both columns show it", async () => {
    await page.fill("#search", "");
    await page.locator("tr[data-id]", { hasText: "✓ In step" }).first().click();
    await page.waitForSelector("dialog[open] form");
    await page.fill("dialog input[name=amount]", "64250");
    await page.click("text=Change in the CRM");
    await page.waitForFunction(
      () =>
        document.querySelectorAll("dialog td").length > 0 &&
        [...document.querySelectorAll("dialog tr")].some(
          (row) => (row.textContent?.match(/64[.,]?250/g) ?? []).length >= 3,
        ),
      undefined,
      { timeout: 10_000 },
    );
    await keepPicture(page, "deal-1440");
    const { deals } = (await (
      await fetch(new URL("/api/deals?limit=200", line.statusUrl))
    ).json()) as {
      deals: { referral?: { id: string; values: { dealValue: number } } }[];
    };
    const changed = deals.find((deal) => deal.referral?.values.dealValue === 64_250);
    const referral = await visitorClient(line).getReferral(changed?.referral?.id ?? "");
    expect(referral.details?.dealValue).toBe(64_250);
    await page.click("dialog >> text=Close");
  });

  test("a lead that Microsoft sends shows up as one more deal", async () => {
    const before = await page.locator("tr[data-id]").count();
    await page.click("#send-lead");
    await page.waitForFunction(
      (count) => document.querySelectorAll("tr[data-id]").length > count,
      before,
      { timeout: 10_000 },
    );
  });

  test("fits a phone without scrolling sideways, in the dark too", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    await keepPicture(page, "status-390-dark");
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test("the browser had nothing to complain about", () => {
    expect(complaints).toEqual([]);
  });
});
