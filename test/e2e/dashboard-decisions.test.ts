import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath } from "./browser.ts";
import { type DashboardStage, openStage } from "./dashboard-suite.ts";
import { eventually } from "./processes.ts";
import { callCrm, visitorClient } from "./visitor.ts";

let stage: DashboardStage;

interface Row {
  readonly id: string;
  readonly title: string;
  readonly crm: { readonly id: string };
  readonly referral: { readonly id: string };
}
interface Item {
  readonly id: string;
  readonly resolution?: string;
}

const flowing = "state eq 'in-step' and status eq 'Active'";
const dealsWhere = async (filter: string): Promise<readonly Row[]> => {
  const path = `/api/deals?$filter=${encodeURIComponent(filter)}&$orderby=title`;
  return (await stage.ask<{ deals: Row[] }>(path)).deals;
};
const inbox = async (query = ""): Promise<readonly Item[]> =>
  (await stage.ask<{ items: Item[] }>(`/api/inbox${query}`)).items;
const open = (path: string) => stage.page.goto(new URL(path, stage.line.statusUrl).href);
const referralOf = (deal: Row | undefined) =>
  visitorClient(stage.line).getReferral(deal?.referral.id ?? "");

/** Both sides write the notes of some deals while everything is paused: as many questions. */
let disputes = 0;

async function disagree(deals: readonly Row[]): Promise<void> {
  const before = (await inbox()).length;
  disputes += 1;
  const which = disputes === 1 ? "" : ` ${disputes}`;
  await stage.ask("/api/pause", {});
  for (const { crm, referral } of deals) {
    await stage.ask(`/demonstration/deals/${crm.id}`, { description: `The seller's note${which}` });
    await stage.ask(`/demonstration/referrals/${referral.id}`, {
      details: { notes: `Microsoft's note${which}` },
    });
  }
  await stage.ask("/api/resume", {});
  await eventually(inbox, (items) => items.length === before + deals.length, 20_000);
}

describe.skipIf(chromiumPath === undefined)("deciding in the dashboard, in Chromium", () => {
  let disputed: readonly Row[] = [];
  /** Deals that nobody has decided about: a field written often in minutes is left alone. */
  let others: readonly Row[] = [];
  beforeAll(async () => {
    stage = await openStage();
    const deals = await dealsWhere(flowing);
    [disputed, others] = [deals.slice(0, 4), deals.slice(4, 6)];
    await disagree(disputed);
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
  });

  test("the overview names what waits, and leads to it", async () => {
    const { page } = stage;
    await page.waitForSelector("#headline:has-text('4 need you')");
    await page.click(".needs-you a >> nth=0");
    await page.waitForSelector(".three");
    expect(await page.locator(".three .value").allTextContents()).toContain("The seller's note");
    await stage.picture("conflict-1440-light");
  });

  test("a conflict is decided by one key, the next slides in, and both sides say the same", async () => {
    const { page } = stage;
    const first = await page.textContent("#asked-title");
    await page.keyboard.press("a");
    await page.waitForFunction(
      (title) => document.querySelector("#asked-title")?.textContent !== title,
      first,
    );
    const deal = disputed.find(({ title }) => title === first);
    const notes = async () => (await referralOf(deal)).details?.notes;
    await eventually(notes, (text) => text === "The seller's note", 10_000);
    await eventually(
      async () => (await inbox("?answered=true")).map(({ resolution }) => resolution),
      (resolutions) => resolutions.includes("crm"),
      10_000,
    );
  });

  test("a value of one's own goes to both sides", async () => {
    const { page } = stage;
    const title = await page.textContent("#asked-title");
    await page.keyboard.press("e");
    await page.fill("form input[type=text]", "What both agreed on the phone");
    await page.click("text=Write it to both");
    const deal = disputed.find((one) => one.title === title);
    await eventually(
      async () => (await referralOf(deal)).details?.notes,
      (text) => text === "What both agreed on the phone",
      10_000,
    );
  });

  test("many are decided at once, and a preference for always is kept and can be taken back", async () => {
    const { page } = stage;
    await eventually(inbox, (items) => items.length === 2, 10_000);
    for (const box of await page.locator(".list input").all()) await box.check();
    await stage.picture("conflicts-bulk-1440-light");
    await page.click(".bulk >> text=Keep Partner Center's");
    await eventually(inbox, (items) => items.length === 0, 10_000);
    await page.waitForSelector("text=Nothing waits for you");
    await page.click("text=Answered");
    await page.waitForSelector('td:has-text("Kept Partner Center\'s")');
    await disagree(others.slice(0, 1));
    await open("/conflicts");
    await page.check("text=Always prefer the side that I choose");
    await page.keyboard.press("b");
    await page.click("text=Settings");
    await page.waitForSelector("text=Partner Center always wins");
    await page.click("text=Back to the mapping");
    await page.waitForSelector("text=As the mapping says");
  });

  test("a refused value stands under its cause with the remedy, is fixed on the spot and goes on", async () => {
    const { page } = stage;
    const [, deal] = disputed;
    const country = async () => (await referralOf(deal)).customerProfile?.address?.country;
    // The account in the CRM keeps it: any other would be the next problem.
    const before = String(await country());
    await stage.ask(`/demonstration/referrals/${deal?.referral.id}`, {
      customerProfile: { address: { country: "XX" } },
    });
    await open("/problems");
    await page.waitForSelector(".group .remedy:has-text('two-letter code')");
    await stage.picture("problems-1440-light");
    await page.click("text=Fix…");
    await page.fill("dialog input[name=value]", before);
    await page.click("text=Write it and try again");
    await page.waitForSelector("text=No problems");
    await eventually(country, (code) => code === before, 10_000);
    const isInStep = async () => (await dealsWhere(`id eq '${deal?.id}' and ${flowing}`)).length;
    await eventually(isInStep, (count) => count === 1, 10_000);
  });

  test("a deal that names a referral which isn't there is shared as one of its own, by a button", async () => {
    const { page } = stage;
    const deals = "opportunities?$filter=pr_syncwithpartnercenter eq true and statecode eq 0";
    const found = await callCrm(stage.line, "GET", `${deals} and _parentcontactid_value ne null`);
    const [like] = (found as { value: Record<string, string>[] }).value;
    await callCrm(stage.line, "POST", "opportunities", {
      name: "Move of the archive",
      estimatedvalue: 42_000,
      estimatedclosedate: "2027-03-01",
      pr_referralid: randomUUID(),
      pr_syncwithpartnercenter: true,
      pr_customerconsent: true,
      "parentaccountid@odata.bind": `/accounts(${like?._parentaccountid_value})`,
      "customerid_account@odata.bind": `/accounts(${like?._customerid_value})`,
      "parentcontactid@odata.bind": `/contacts(${like?._parentcontactid_value})`,
    });
    await open("/conflicts");
    await page.click(".list button:has-text('Move of the archive')", { timeout: 30_000 });
    await page.waitForSelector(".asked >> text=Correct the referral's id in the CRM");
    expect(await page.locator(".asked button").allTextContents()).toEqual([
      "Share it as a referral of its own",
      "Leave it out",
    ]);
    await stage.picture("share-as-its-own-1440-light");
    await page.click("text=Share it as a referral of its own");
    const shared = async () => (await dealsWhere("contains(title,'Move of the archive')"))[0];
    const { answer } = await eventually(shared, (deal) => deal?.referral !== undefined, 20_000);
    const referral = await referralOf(answer);
    expect(referral.name).toBe("Move of the archive");
    expect(referral.details?.dealValue).toBe(42_000);
  });

  test("Partner Center in trouble is played by a button, and a change still arrives once it is healed", async () => {
    const { page } = stage;
    const [, , deal] = disputed;
    await open("/");
    await page.click("text=Server errors (500)");
    await page.waitForSelector("button[aria-pressed=true]:has-text('Server errors')");
    await stage.ask(`/demonstration/deals/${deal?.crm.id}`, { estimatedvalue: 83_000 });
    await page.click("text=Server errors (500)");
    await page.waitForSelector("button[aria-pressed=false]:has-text('Server errors')");
    const value = async () => (await referralOf(deal)).details?.dealValue;
    await eventually(value, (amount) => amount === 83_000, 30_000);
  });

  test("a mapping is tried on a deal, shown as a diff with its plan, and saved with its comments", async () => {
    const { page } = stage;
    await open("/mapping");
    const policy = page.getByLabel("Policy of Description");
    await policy.selectOption("crm");
    const unready = { status: 503, headers: { "retry-after": "0" }, body: "{}" };
    await page.route("**/api/mapping/plan", (route) => route.fulfill(unready), { times: 1 });
    await page.click("text=Review and save…");
    await page.waitForSelector(".diff .new");
    expect(await page.locator(".diff .gone").allTextContents()).toHaveLength(1);
    await page.waitForSelector("dialog >> text=about");
    await stage.picture("mapping-save-1440-light");
    await page.click("text=Save and apply");
    await page.waitForSelector("text=The sync goes on under the new mapping", { timeout: 20_000 });
    const text = readFileSync(join(stage.data, "mapping.yaml"), "utf8");
    expect(text).toContain("# An inbound referral waits here");
    await eventually(
      () => stage.ask<{ lines: { name: string; policy: string }[] }>("/api/mapping"),
      ({ lines }) => lines.some(({ name, policy: now }) => name === "notes" && now === "crm"),
      10_000,
    );
  });

  test("a saved mapping decides what both sides change", async () => {
    const [, deal] = others;
    await stage.ask("/api/pause", {});
    await stage.ask(`/demonstration/deals/${deal?.crm.id}`, { description: "The CRM wins now" });
    await stage.ask(`/demonstration/referrals/${deal?.referral.id}`, {
      details: { notes: "and this one loses" },
    });
    await stage.ask("/api/resume", {});
    const notes = async () => (await referralOf(deal)).details?.notes;
    await eventually(notes, (now) => now === "The CRM wins now", 20_000);
  });

  test("the browser had nothing to complain about but the moment of the restart", () => {
    const others = stage.complaints.filter(
      (text) => !/ERR_CONNECTION|ERR_INCOMPLETE|status of 503/.test(text),
    );
    expect(others).toEqual([]);
  });
});
