import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlertReceivers, ToldLine } from "./alert-receivers.ts";
import { type AlertStage, openAlertStage } from "./alert-stage.ts";
import { type OutsideWorld, openDeals } from "./commands.ts";
import { eventually } from "./processes.ts";

/** Each kind of alert, from its cause in an outside system to the mail that a person reads. */
const patienceMs = 60_000;
const dayMs = 86_400_000;
let stage: AlertStage;
let receivers: AlertReceivers;
let world: OutsideWorld;

beforeAll(async () => {
  const soon = { groupSeconds: 0, signInDays: 90, staleMinutes: 0.05 };
  stage = await openAlertStage({ alerts: soon, sync: { pollReferralsSeconds: 3 } });
  ({ receivers, world } = stage);
  const onOutput = (said: string): void => world.enterCodeOf(said);
  expect((await stage.runWatched(["sign-in", "--json"], { onOutput })).code).toBe(0);
  // At rest before anybody is told: what happens then is what the tests make happen.
  const { stdout } = await stage.run("sync", "--once", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ isWhole: true });
  await stage.start();
}, 120_000);
afterAll(async () => {
  await stage?.close();
});

/** Waits until a line is told to the webhook and by mail, and hands it back. */
async function told(isIt: (line: ToldLine) => boolean, withinMs = patienceMs): Promise<ToldLine> {
  const find = async () => receivers.lines("/hook").find(isIt);
  const { answer } = await eventually(find, (line) => line !== undefined, withinMs);
  const line = answer as ToldLine;
  const mailed = async () =>
    receivers.mails().some((mail) => mail.includes(line.link) && mail.includes(line.sentence));
  await eventually(mailed, (isMailed) => isMailed, patienceMs);
  return line;
}
/** Waits until an alert no longer stands. */
async function ended(words: string): Promise<void> {
  const stands = async () => (await stage.run("alerts")).stdout;
  await eventually(stands, (text) => !text.includes(words), patienceMs);
}
const linkOf = (id: string | undefined): string => `https://sync.contoso.example/deals/${id}`;

test("a sign-in that ends soon is told of, and how it is made anew", async () => {
  const line = await told(({ kind }) => kind === "sign-in");
  expect(line).toMatchObject({ title: "Partner Center" });
  expect(line.sentence).toMatch(/^The sign-in ends in (89|90) days/);
}, 90_000);

test("a referral that nobody answers is told of before it expires", async () => {
  const id = await world.sendLead({ name: "A museum in Spokane" });
  const expirationDateTime = new Date(Date.now() + 2.1 * dayMs).toISOString();
  await world.editReferral(id, { expirationDateTime });
  const line = await told(({ kind, title }) => kind === "expiring" && title.includes("Spokane"));
  expect(line.sentence).toBe("Nobody has answered this referral; it expires in 2 days.");
  const heard = receivers.lines("/expiring-only").filter(({ link }) => link === line.link);
  expect(heard).toMatchObject([{ kind: "expiring" }]);
}, 90_000);

test("a value that can't be carried over is told of with its deal", async () => {
  const [deal] = await openDeals(stage.folder);
  await world.editReferral(deal?.referral?.id ?? "", { details: { currency: "XTS" } });
  const line = await told(({ kind, link }) => kind === "refused" && link === linkOf(deal?.id));
  expect(line.sentence).toContain("is not a code of ISO 4217");
}, 90_000);

test("a deal that has stopped is told of", async () => {
  const address = { addressLine1: "1 Hay Lane", city: "Spokane", postalCode: "99201" };
  const customer = { name: "Two Barns", address: { ...address, country: "US" }, team: [] };
  const account = { name: "Two Barns", address1_postalcode: "99201", address1_country: "US" };
  // The customer stands in the CRM twice, and which one is meant can't be known.
  for (const _ of [1, 2]) await world.callCrm("POST", "accounts", account);
  await world.sendLead({ name: "A roof", customerProfile: customer });
  const line = await told(({ kind, title }) => kind === "dead-letter" && title.includes("A roof"));
  expect(line.sentence).toContain("2 accounts have the customer's name");
}, 90_000);

test("a change that waits too long is told of", async () => {
  const [deal] = await openDeals(stage.folder);
  await world.setFaults({ serverError: 1 });
  await world.editDeal(deal?.crm?.id ?? "", { estimatedvalue: 83_250 });
  const line = await told(({ kind, link }) => kind === "stale" && link === linkOf(deal?.id));
  expect(line.sentence).toMatch(/^A change has waited for /);
  await world.setFaults({});
  await ended("A change has waited");
}, 150_000);

test("a system that has stopped to answer is told of by its name, and no longer once it answers", async () => {
  await world.setFaults({ serverError: 1 });
  const isIt = ({ kind, title }: ToldLine) => kind === "stale" && title === "Partner Center";
  // No walk can end now; that none has ended is noticed half a minute after the last one did.
  const line = await told(isIt, 2 * patienceMs);
  expect(line.sentence).toBe(
    "Partner Center hasn't answered a whole walk. Changes aren't carried over.",
  );
  expect(line.link).toBe("https://sync.contoso.example/");
  await world.setFaults({});
  await ended("hasn't answered a whole walk");
}, 300_000);
