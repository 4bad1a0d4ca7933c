import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DealRow } from "../../src/contract/index.ts";
import { type AlertReceivers, webhookSecret } from "./alert-receivers.ts";
import { type AlertStage, openAlertStage } from "./alert-stage.ts";
import { type OutsideWorld, openDeals } from "./commands.ts";
import { eventually, type RunningProcess } from "./processes.ts";

/** Alerts go to where people read them, each thing once. */
const patienceMs = 60_000;
let stage: AlertStage;
let run: AlertStage["run"];
let receivers: AlertReceivers;
let world: OutsideWorld;
let sync: RunningProcess | undefined;

beforeAll(async () => {
  stage = await openAlertStage({ alerts: { groupSeconds: 1 } });
  ({ run, receivers, world } = stage);
}, 60_000);
afterAll(async () => {
  await stage?.close();
});

test("alerts test reaches Teams, Slack, mail and a webhook", async () => {
  const { stdout, code } = await run("alerts", "test");
  expect(stdout.match(/delivered/g)).toHaveLength(5);
  expect(code).toBe(0);
  const [card] = receivers.to("/teams").map(({ body }) => JSON.parse(body));
  expect(card.attachments[0].contentType).toBe("application/vnd.microsoft.card.adaptive");
  expect(JSON.parse(receivers.to("/slack")[0]?.body ?? "{}").text).toContain("Test: alerts");
  const [mail] = receivers.mails();
  expect(mail).toContain("To: sales@contoso.example");
  expect(mail).toContain("Subject: [staging] Test: alerts from partner-referrals arrive");
});

test("a generic webhook is signed over time and body", () => {
  const [hook] = receivers.to("/hook");
  const { headers, body } = hook ?? { headers: {} as IncomingHttpHeaders, body: "" };
  const at = headers["x-referrals-timestamp"];
  const digest = createHmac("sha256", webhookSecret).update(`${at}.${body}`).digest("hex");
  expect(headers["x-referrals-signature"]).toBe(`sha256=${digest}`);
});

test("a receiver that refuses is named with what it said, and the exit code tells", async () => {
  const good = readFileSync(stage.path, "utf8");
  writeFileSync(stage.path, good.replace(`${receivers.url}/hook`, `${receivers.url}/broken`));
  const { stdout, code } = await run("alerts", "test", "--to", "webhook 4");
  expect(stdout).toContain("webhook 4: the receiver answered 503: thanks");
  expect(code).toBe(1);
  writeFileSync(stage.path, good);
});

/** Both sides change a deal's description while nobody writes: a conflict. */
async function quarrel(deal: DealRow | undefined, seller: string): Promise<void> {
  await run("pause", "--all");
  await world.editDeal(deal?.crm?.id ?? "", { description: seller });
  await world.editReferral(deal?.referral?.id ?? "", { details: { notes: "They want a demo" } });
  await run("resume", "--all");
  await run("sync", "--once");
}

/** How often each receiver was told of the conflict in which the seller said these words. */
const timesTold = (seller: string) => {
  const count = (texts: readonly string[]): number =>
    texts.filter((text) => text.includes(`The CRM says ${seller}`)).length;
  const at = (name: string): number => count(receivers.to(name).map(({ body }) => body));
  return {
    mail: count(receivers.mails()),
    teams: at("/teams"),
    slack: at("/slack"),
    hook: at("/hook"),
    expiringOnly: at("/expiring-only"),
  };
};
const once = { mail: 1, teams: 1, slack: 1, hook: 1, expiringOnly: 0 };

/** Waits until everybody who wants to hear of the conflict has heard of it. */
const untilTold = (seller: string) =>
  eventually(
    async () => timesTold(seller),
    ({ mail, teams, slack, hook }) => Math.min(mail, teams, slack, hook) > 0,
    patienceMs,
  );

test("a conflict in a running sync reaches all who want to hear of it, with its link", async () => {
  sync = await stage.start();
  const { answer } = await eventually(
    () => openDeals(stage.folder),
    (deals) => deals.length > 1,
    patienceMs,
  );
  const [deal] = answer;
  await quarrel(deal, "Call them on Monday");
  await untilTold("Call them on Monday");
  expect(timesTold("Call them on Monday")).toEqual(once);
  const link = `https://sync.contoso.example/deals/${deal?.id}`;
  const isOfIt = (text: string): boolean => text.includes("The CRM says Call them on Monday");
  expect(receivers.mails().find(isOfIt)).toContain(link);
  for (const name of ["/teams", "/slack"]) {
    expect(receivers.to(name).find(({ body }) => isOfIt(body))?.body).toContain(link);
  }
  const told = receivers.lines("/hook").filter(({ sentence }) => isOfIt(sentence));
  expect(told).toMatchObject([{ kind: "conflict", link }]);
  const listed = await run("alerts");
  expect(listed.code).toBe(2);
  expect(listed.stdout).toContain("The CRM says Call them on Monday");
}, 150_000);

test("after a restart people are told what is new, and not the same again", async () => {
  expect(await sync?.stop()).toBe(0);
  sync = await stage.start();
  const { answer } = await eventually(
    () => openDeals(stage.folder),
    (deals) => deals.length > 0,
    patienceMs,
  );
  await quarrel(answer[0], "They closed their office");
  await untilTold("They closed their office");
  expect(timesTold("They closed their office")).toEqual(once);
  expect(timesTold("Call them on Monday")).toEqual(once);
}, 150_000);
