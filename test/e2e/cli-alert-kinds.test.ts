import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { type AlertReceivers, alertsTo, startReceivers, type ToldLine } from "./alert-receivers.ts";
import {
  command,
  type OutsideWorld,
  openDeals,
  type Spoken,
  startOutsideWorld,
} from "./commands.ts";
import { eventually, type RunningProcess, startProcess } from "./processes.ts";

/** Each kind of alert, from its cause in an outside system to the mail that a person reads. */
const folder = mkdtempSync(join(tmpdir(), "cli-alert-kinds-"));
const path = join(folder, "referrals.config.yaml");
const patienceMs = 60_000;
const dayMs = 86_400_000;
let receivers: AlertReceivers;
let world: OutsideWorld;
let sync: RunningProcess | undefined;

const run = (...args: readonly string[]): Promise<Spoken> => command(args, { cwd: folder });

beforeAll(async () => {
  world = await startOutsideWorld({ referrals: 6, deals: 10 });
  receivers = await startReceivers();
  expect((await run("init", "--yes", ...world.initFlags)).code).toBe(0);
  const config = parse(readFileSync(path, "utf8"));
  config.sync = { ...config.sync, approval: "automatic", pollReferralsSeconds: 3 };
  const soon = { groupSeconds: 0, perHour: 60, signInDays: 90, staleMinutes: 0.05 };
  config.alerts = { ...alertsTo(receivers), ...soon };
  writeFileSync(path, stringify(config));
  const onOutput = (said: string): void => world.enterCodeOf(said);
  expect((await command(["sign-in", "--json"], { cwd: folder, onOutput })).code).toBe(0);
  // At rest before anybody is told: what happens then is what the tests make happen.
  const { stdout } = await run("sync", "--once", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ isWhole: true });
  sync = await startProcess(["start", "--config", path]);
}, 120_000);
afterAll(async () => {
  await sync?.kill();
  await world?.close();
  receivers?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until a line is told to the webhook and by mail, and hands it back. */
async function told(isIt: (line: ToldLine) => boolean): Promise<ToldLine> {
  const find = async () => receivers.lines("/hook").find(isIt);
  const { answer } = await eventually(find, (line) => line !== undefined, patienceMs);
  const line = answer as ToldLine;
  const mailed = async () =>
    receivers.mails().some((mail) => mail.includes(line.link) && mail.includes(line.sentence));
  await eventually(mailed, (isMailed) => isMailed, patienceMs);
  return line;
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
  const [deal] = await openDeals(folder);
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
  const [deal] = await openDeals(folder);
  await world.setFaults({ serverError: 1 });
  await world.editDeal(deal?.crm?.id ?? "", { estimatedvalue: 83_250 });
  const line = await told(({ kind, link }) => kind === "stale" && link === linkOf(deal?.id));
  expect(line.sentence).toMatch(/^A change has waited for /);
  await world.setFaults({});
  const stands = async () => (await run("alerts")).stdout;
  await eventually(stands, (text) => !text.includes("A change has waited"), patienceMs);
}, 90_000);
