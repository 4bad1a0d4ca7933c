import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath } from "./browser.ts";
import { type DashboardStage, openStage } from "./dashboard-suite.ts";
import { eventually } from "./processes.ts";
import { visitorClient } from "./visitor.ts";

let stage: DashboardStage;

interface Row {
  readonly id: string;
  readonly title: string;
  readonly crm: { readonly id: string };
  readonly referral: { readonly id: string };
  readonly properties: { readonly referralValue: number; readonly crmValue: number };
}

async function dealsWhere(filter: string): Promise<readonly Row[]> {
  const path = `/api/deals?$filter=${encodeURIComponent(filter)}&$orderby=title`;
  return (await stage.ask<{ deals: Row[] }>(path)).deals;
}

const flowing = "state eq 'in-step' and status eq 'Active'";

async function open(path: string): Promise<void> {
  await stage.page.goto(new URL(path, stage.line.statusUrl).href);
}

describe.skipIf(chromiumPath === undefined)("the dashboard in Chromium", () => {
  beforeAll(async () => {
    stage = await openStage();
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
  });

  test("says first how many deals are in step and how many need a person", async () => {
    expect(await stage.page.textContent("#headline")).toMatch(/^\d+ deals in step\. /);
    await stage.page.waitForSelector(".chart canvas");
    await stage.picture("overview-1440-light");
  });

  test("the seller's change is played by a button, and arrives on the deal that is being watched", async () => {
    const { page } = stage;
    await page.click("text=Watch it");
    await page.waitForSelector(".fields");
    const before = await page.locator(".fields tr", { hasText: "Est. revenue" }).textContent();
    const id = page.url().split("/").at(-1) ?? "";
    const deal = await stage.ask<Row>(`/api/deals/${id}`);
    await stage.ask(`/demonstration/deals/${deal.crm.id}`, { estimatedvalue: 64_250 });
    const row = page.locator(".fields tr", { hasText: "Est. revenue" });
    await eventually(
      async () => ((await row.textContent()) ?? "").match(/64[.,]250/g)?.length ?? 0,
      (count) => count === 3,
      10_000,
    );
    expect(await row.textContent()).not.toBe(before);
    const referral = await visitorClient(stage.line).getReferral(deal.referral.id);
    expect(referral.details?.dealValue).toBe(64_250);
    await page.waitForSelector(".timeline li.wrote");
    await stage.picture("deal-1440-light");
  });

  test("an edit goes to both sides through the engine, and undo takes it back", async () => {
    const { page } = stage;
    const [deal] = await dealsWhere(flowing);
    await open(`/deals/${deal?.id}`);
    await page.click("button:text-is('Edit')");
    await page.fill("dialog textarea[name=notes]", "Written on the dashboard.");
    await page.click("text=Send the change");
    const notes = async () =>
      (await visitorClient(stage.line).getReferral(deal?.referral.id ?? "")).details?.notes;
    await eventually(notes, (text) => text === "Written on the dashboard.", 10_000);
    const row = page.locator(".fields tr", { hasText: "Description" });
    await eventually(
      async () => ((await row.textContent()) ?? "").match(/Written on/g)?.length ?? 0,
      (count) => count === 3,
      10_000,
    );
    const undo = page
      .locator(".timeline li.wrote", { hasText: "Partner Center" })
      .locator("button");
    await undo.first().click();
    await eventually(notes, (text) => text !== "Written on the dashboard.", 10_000);
  });

  test("a paused deal says so and writes nothing until it is resumed", async () => {
    const { page } = stage;
    const [, deal] = await dealsWhere(flowing);
    await open(`/deals/${deal?.id}`);
    await page.click("button:text-is('Pause') >> nth=0");
    await page.waitForSelector("button:text-is('Resume')");
    await stage.ask(`/demonstration/deals/${deal?.crm.id}`, { estimatedvalue: 71_000 });
    const row = page.locator(".fields tr", { hasText: "Est. revenue" });
    await eventually(
      async () => (await row.textContent()) ?? "",
      (text) => /71[.,]000/.test(text),
      10_000,
    );
    const value = async () =>
      (await visitorClient(stage.line).getReferral(deal?.referral.id ?? "")).details?.dealValue;
    expect(await value()).not.toBe(71_000);
    await page.click("button:text-is('Resume')");
    await eventually(value, (amount) => amount === 71_000, 10_000);
  });

  test("a new lead is accepted with one button, after its consequences were told", async () => {
    const { page } = stage;
    await open("/");
    await page.click("text=Microsoft sends a new lead");
    const held = async () => dealsWhere("state eq 'held'");
    await page.waitForSelector("text=Microsoft sent a new lead");
    const { answer } = await eventually(held, (deals) => deals.length > 0, 10_000);
    const [deal] = answer;
    await open(`/deals/${deal?.id}`);
    await page.click("button:text-is('Accept')");
    await page.waitForSelector("dialog[open] >> text=It can't go back to New");
    await stage.picture("deal-accept-1440-light");
    await page.click("dialog button:text-is('Accept')");
    await page.waitForSelector(".diagram .now:has-text('Active')");
    const referral = await visitorClient(stage.line).getReferral(deal?.referral.id ?? "");
    expect(referral.status).toBe("Active");
    await page.click("button:text-is('Mark as lost')");
    await page.waitForSelector("dialog[open] >> text=This is final");
    await page.click("dialog button:text-is('Mark as lost')");
    await page.waitForSelector(".diagram .now:has-text('Lost')");
    const lost = await visitorClient(stage.line).getReferral(deal?.referral.id ?? "");
    expect([lost.status, lost.substatus]).toEqual(["Closed", "Lost"]);
  });

  test("the browser had nothing to complain about", () => {
    expect(stage.complaints).toEqual([]);
  });
});
