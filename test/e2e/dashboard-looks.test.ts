import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath } from "./browser.ts";
import { type DashboardStage, noteComplaints, openStage } from "./dashboard-suite.ts";

let stage: DashboardStage;
let dealId = "";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const places = [
  { name: "overview", path: "/", ready: ".chart canvas" },
  { name: "deals", path: "/deals", ready: ".grid .title" },
  { name: "deal", path: "/deals/:id", ready: ".fields" },
  { name: "conflicts", path: "/conflicts", ready: ".asked, .empty" },
  { name: "problems", path: "/problems", ready: ".group, .empty" },
  { name: "mapping", path: "/mapping", ready: ".lines .sample" },
  { name: "pipeline", path: "/pipeline", ready: ".chart canvas" },
  { name: "settings", path: "/settings", ready: ".facts" },
] as const;
const widths = [1440, 1024, 390] as const;
const themes = ["light", "dark"] as const;

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds wrong and calls serious or critical, with the first element of each. */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const run = Reflect.get(globalThis, "axe") as { run(): Promise<{ violations: unknown }> };
    return (await run.run()).violations;
  });
  return (violations as readonly Finding[])
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

async function openPlace(place: (typeof places)[number]) {
  const page = await stage.browser.newPage({ bypassCSP: true });
  const complaints: string[] = [];
  noteComplaints(page, complaints);
  const path = place.path.replace(":id", dealId);
  await page.goto(new URL(path, stage.line.statusUrl).href);
  await page.waitForSelector(place.ready, { state: "attached" });
  return { page, complaints };
}

describe.skipIf(chromiumPath === undefined)("how the dashboard looks, in Chromium", () => {
  beforeAll(async () => {
    stage = await openStage();
    const filter = encodeURIComponent("state eq 'in-step' and status eq 'Active'");
    interface Row {
      readonly id: string;
      readonly crm: { readonly id: string };
      readonly referral: { readonly id: string };
    }
    const path = `/api/deals?$filter=${filter}&$orderby=title`;
    const { deals } = await stage.ask<{ deals: readonly Row[] }>(path);
    await stage.ask("/api/pause", {});
    for (const { crm, referral } of deals.slice(0, 2)) {
      await stage.ask(`/demonstration/deals/${crm.id}`, { description: "The seller's" });
      await stage.ask(`/demonstration/referrals/${referral.id}`, { details: { notes: "Theirs" } });
    }
    await stage.ask(`/demonstration/referrals/${deals[2]?.referral.id}`, {
      customerProfile: { address: { country: "XX" } },
    });
    await stage.ask("/api/resume", {});
    dealId = deals[3]?.id ?? "";
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
  });

  test.each(places)(
    "$name fits and has no serious fault, at three widths and in both themes",
    {
      timeout: 120_000,
    },
    async (place) => {
      const { page, complaints } = await openPlace(place);
      for (const width of widths) {
        for (const colorScheme of themes) {
          await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
          await page.emulateMedia({ colorScheme });
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          await stage.picture(`${place.name}-${width}-${colorScheme}`, page);
          expect(overflow, `${place.name} at ${width}`).toBeLessThanOrEqual(0);
          if (width === 1024) continue;
          expect(await seriousFindings(page), `${place.name} ${width} ${colorScheme}`).toEqual([]);
        }
      }
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test("a chosen theme stands against the system's, and is remembered", async () => {
    const page = await stage.browser.newPage({ colorScheme: "light" });
    const ground = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await page.goto(new URL("/settings", stage.line.statusUrl).href);
    const light = await ground();
    await page.click("button:text-is('Dark')");
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.waitForSelector("button[aria-pressed=true]:text-is('Dark')");
    expect(await ground()).toBe(dark);
    await page.close();
  });

  test.each([1024, 390])("at %i px a count of four digits covers no icon", async (width) => {
    const page = await stage.browser.newPage({ viewport: { width, height: 800 } });
    await page.route("**/api/status", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), questions: 1_234 } });
    });
    await page.goto(stage.line.statusUrl);
    const link = page.locator("nav a", { has: page.locator(".count:has-text('234')") });
    const [icon, count] = [link.locator("svg"), link.locator(".count")];
    const [upper, lower] = [await icon.boundingBox(), await count.boundingBox()];
    expect(upper).not.toBeNull();
    expect(lower?.y).toBeGreaterThanOrEqual((upper?.y ?? 0) + (upper?.height ?? 0));
    const whole = await link.boundingBox();
    expect(lower?.width).toBeLessThanOrEqual(whole?.width ?? 0);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.close();
  });

  test("everything can be reached by key: search, list, deal, help and back", async () => {
    const page = await stage.browser.newPage();
    await page.goto(stage.line.statusUrl);
    await page.waitForSelector("#headline");
    await page.keyboard.press("/");
    await page.keyboard.type("a");
    await page.waitForSelector(".grid .title");
    await page.locator("#content").focus();
    await page.keyboard.press("j");
    await page.waitForSelector("tr.marked");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".fields");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open] >> text=Keyboard");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.keyboard.press("D");
    await page.waitForSelector(".grid");
    await page.close();
  });

  test("a view with a filter in OData is kept under a name", async () => {
    const page = await stage.browser.newPage();
    await page.goto(new URL("/deals", stage.line.statusUrl).href);
    await page.click("button:text-is('Filter')");
    await page.fill("dialog textarea", "currency eq 'EUR' and referralValue gt 1000");
    await page.fill("dialog input[name=name]", "Large in euro");
    await page.click("dialog button:text-is('Show')");
    await page.waitForSelector(".views a[aria-current]:has-text('Large in euro')");
    await page.reload();
    await page.waitForSelector(".grid .crmValue:has-text('EUR')");
    const values = await page.locator(".grid tbody .referralValue").allTextContents();
    expect(values.length).toBeGreaterThan(0);
    expect(values.every((value) => value.startsWith("EUR"))).toBe(true);
    await page.close();
  });
});
