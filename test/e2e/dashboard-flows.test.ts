import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DealDetail, DealPage, DealRow, Pipeline } from "../../src/contract/index.ts";
import { chromiumPath } from "./browser.ts";
import { type DashboardStage, openStage } from "./dashboard-suite.ts";
import { eventually } from "./processes.ts";
import { listDeals, visitorClient } from "./visitor.ts";

let stage: DashboardStage;

const flowing = "state eq 'in-step' and status eq 'Active'";
const open = (path: string) => stage.page.goto(new URL(path, stage.line.statusUrl).href);
const listed = (filter: string): Promise<DealPage> =>
  stage.ask(`/api/deals?$filter=${encodeURIComponent(filter)}&$orderby=title&$count=true`);
/** High enough for all of the demonstration's deals: a lower window shows those in sight alone. */
const wholeList = { width: 1440, height: 3_000 };
const shownIds = () =>
  stage.page
    .locator(".grid tbody tr[data-id]")
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-id")));
const dealOf = (id: string): Promise<DealDetail> => stage.ask(`/api/deals/${id}`);

async function stateOf(deal: DealRow | undefined): Promise<string> {
  const referral = await visitorClient(stage.line).getReferral(deal?.referral?.id ?? "");
  return `${referral.status}/${referral.substatus}`;
}

async function move(deal: DealRow | undefined, name: string, end: string): Promise<void> {
  const { page } = stage;
  await open(`/deals/${deal?.id}`);
  await page.click(`.life button:text-is('${name}')`);
  await page.waitForSelector("dialog[open] >> text=This is final");
  await page.click(`dialog button:text-is('${name}')`);
  await page.waitForSelector(`.diagram .now:has-text('${end}')`);
}

describe.skipIf(chromiumPath === undefined)("flows through the dashboard, in Chromium", () => {
  beforeAll(async () => {
    stage = await openStage();
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
  });

  test("a deal is won with one button, and is won on both sides and in the pipeline", async () => {
    const { page } = stage;
    const [deal] = (await listed(flowing)).deals;
    const wonBefore = (await stage.ask<Pipeline>("/api/pipeline")).stages;
    await move(deal, "Mark as won", "Won");
    expect(await stateOf(deal)).toBe("Closed/Won");
    const isWonInCrm = async () => {
      const deals = await listDeals(stage.line);
      return deals.find(({ opportunityid }) => opportunityid === deal?.crm?.id)?.statecode;
    };
    await eventually(isWonInCrm, (state) => state === 1, 20_000);
    const won = (stages: Pipeline["stages"]) => stages.find((one) => one.stage === "Won")?.deals;
    const { stages } = await stage.ask<Pipeline>("/api/pipeline");
    expect(won(stages)).toBe((won(wonBefore) ?? 0) + 1);
    await page.click("nav >> text=Pipeline");
    const row = page.locator(".stages tr", { has: page.locator("th:text-is('Won')") });
    await row.waitFor();
    expect(await row.locator("td.number").first().textContent()).toBe(String(won(stages)));
    await page.waitForSelector(".chart canvas");
    await stage.picture("pipeline-won-1440-light");
  });

  test("a lead is declined with one button, and nothing can be done with it afterwards", async () => {
    const { page } = stage;
    const held = (await listed("state eq 'held'")).count ?? 0;
    await stage.ask("/demonstration/leads", {});
    const { answer } = await eventually(
      () => listed("state eq 'held'"),
      ({ count = 0 }) => count > held,
      20_000,
    );
    const newest = answer.deals.toSorted((left, right) =>
      (right.properties.created ?? "").localeCompare(left.properties.created ?? ""),
    );
    await move(newest[0], "Decline", "Declined");
    expect(await stateOf(newest[0])).toBe("Closed/Declined");
    await page.waitForSelector("text=final: no action is possible any more");
    expect(await page.locator(".life button").count()).toBe(0);
  });

  test("sync now reads both sides at once, though the webhooks get lost", async () => {
    const { page } = stage;
    const [deal] = (await listed(flowing)).deals;
    await open(`/deals/${deal?.id}`);
    const before = await dealOf(deal?.id ?? "");
    await stage.ask("/demonstration/faults", { webhookLost: 1 }, "PUT");
    await stage.ask(`/demonstration/referrals/${deal?.referral?.id}`, {
      details: { dealValue: 93_250 },
    });
    await page.click("button:text-is('Sync now')");
    await page.waitForSelector("text=Both sides are being read again");
    const isLater = (side: "crm" | "referral", now: DealDetail) =>
      (now[side]?.lookedAt ?? 0) > (before[side]?.lookedAt ?? 0);
    await eventually(
      () => dealOf(deal?.id ?? ""),
      (now) => isLater("crm", now) && isLater("referral", now),
      20_000,
    );
    const row = page.locator(".fields tr", { hasText: "Est. revenue" });
    await eventually(
      async () => ((await row.textContent()) ?? "").match(/93[.,]250/g)?.length ?? 0,
      (count) => count === 3,
      20_000,
    );
    await stage.ask("/demonstration/faults", {}, "PUT");
  });

  test("the engagement's other referral is one click away, and leads back", async () => {
    const { page } = stage;
    const [sibling] = (await listed("state eq 'sibling'")).deals;
    const engagement = sibling?.properties.engagementId;
    const own = (await listed(`engagementId eq '${engagement}' and state ne 'sibling'`)).deals[0];
    await open(`/deals/${own?.id}`);
    const related = page.locator('section[aria-label="The engagement\'s other referrals"]');
    await related.locator(`a[href="/deals/${sibling?.id}"]`).click();
    await page.waitForURL(`**/deals/${sibling?.id}`);
    await related.locator(`a[href="/deals/${own?.id}"]`).waitFor();
    expect(await page.textContent("h1")).toBe(sibling?.title);
  });

  test("a filter in OData lists what the API lists, and a wrong one is told with its place", async () => {
    const { page } = stage;
    await page.setViewportSize(wholeList);
    await open("/deals");
    const filter = async (text: string) => {
      await page.click("button:text-is('Filter')");
      await page.fill("dialog textarea", text);
      await page.click("dialog button:text-is('Show')");
    };
    await filter("referralValue ge");
    await page.waitForSelector("[role=alert]:has-text('at character')");
    const condition = "status eq 'Active' and referralValue ge 20000";
    await filter(condition);
    const { count = 0, deals } = await listed(condition);
    expect(count).toBeGreaterThan(0);
    await page.waitForSelector(`.summary:text-is('${count} ${count === 1 ? "deal" : "deals"}')`);
    expect((await shownIds()).toSorted()).toEqual(deals.map(({ id }) => id).toSorted());
  });

  test("rows don't wait for their count, and until they come the list stands as it was", async () => {
    const { page } = stage;
    await page.setViewportSize(wholeList);
    await open("/deals?order=title");
    await page.waitForSelector(".summary:has-text('deals')");
    const [whole, summary] = [await shownIds(), await page.textContent(".summary")];
    const rowsMay = Promise.withResolvers<void>();
    const countMay = Promise.withResolvers<void>();
    await page.route("**/api/deals?*", async (route) => {
      await (route.request().url().includes("$count=true") ? countMay : rowsMay).promise;
      await route.continue();
    });
    await page.click(".views a:text-is('Open')");
    await page.waitForSelector(".grid table[aria-busy=true]");
    expect(await shownIds()).toEqual(whole);
    const { deals, count = 0 } = await listed("status eq 'Active'");
    const wanted = deals
      .map(({ id }) => id)
      .toSorted()
      .join();
    rowsMay.resolve();
    await eventually(
      async () => (await shownIds()).toSorted().join(),
      (ids) => ids === wanted,
      10_000,
    );
    countMay.resolve();
    await page.waitForSelector(`.summary:text-is('${count} deals')`);
    expect(summary).not.toBe(`${count} deals`);
    await page.unrouteAll({ behavior: "wait" });
  });

  test("a view is kept under a name with its order, chosen again, and removed", async () => {
    const { page } = stage;
    await open("/deals?order=title");
    await page.click("button:text-is('Filter')");
    await page.fill("dialog textarea", flowing);
    await page.fill("dialog input[name=name]", "By name");
    await page.click("dialog button:text-is('Show')");
    const own = page.locator(".views a:text-is('By name')");
    await page.waitForSelector(".views a[aria-current]:has-text('By name')");
    await page.click(".views a:text-is('All')");
    await page.waitForSelector(".views a[aria-current]:text-is('All')");
    await own.click();
    await page.waitForSelector("th[aria-sort=ascending]:has-text('Deal')");
    await page.click(".views button:has-text('Remove the view By name')");
    await own.waitFor({ state: "detached" });
    await page.reload();
    await page.waitForSelector(".grid .title");
    expect(await own.count()).toBe(0);
  });

  test("the browser had nothing to complain about but the wrong filter", () => {
    expect(stage.complaints.filter((text) => !/status of 400/.test(text))).toEqual([]);
  });
});
