import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, type RunningProcess, startProcess } from "./processes.ts";
import {
  callCrm,
  type DemonstrationLine,
  listDeals,
  playMicrosoft,
  visitorClient,
} from "./visitor.ts";

const data = mkdtempSync(join(tmpdir(), "partner-referrals-demonstration-"));
const promisedMs = 2_000;
const settleMs = 60_000;

let process: RunningProcess;
let line: DemonstrationLine;

async function start(): Promise<void> {
  process = await startProcess(["start", "--port", "0", "--data", data]);
  line = process.line as unknown as DemonstrationLine;
}

interface Status {
  readonly deals: number;
  readonly byState: Readonly<Record<string, number>>;
}

async function status(): Promise<Status> {
  return (await (await fetch(new URL("/api/status", line.statusUrl))).json()) as Status;
}

/** States in which nothing is under way. */
const resting = new Set([
  "in-step",
  "unshared",
  "refusing",
  "asking",
  "unlinked",
  "sibling",
  "held",
]);
const isAtRest = ({ byState }: Status): boolean =>
  Object.entries(byState).every(([state, count]) => count === 0 || resting.has(state));

/** Open deals whose edits flow: linked, and not waiting in the holding stage. */
async function linkedDeals() {
  const url = new URL("/api/deals?state=in-step&limit=100", line.statusUrl);
  const { deals } = (await (await fetch(url)).json()) as { deals: { crm?: { id: string } }[] };
  const flowing = new Set(deals.map((deal) => deal.crm?.id));
  return (await listDeals(line)).filter(
    (deal) => deal.pr_referralid && deal.statecode === 0 && flowing.has(deal.opportunityid),
  );
}

beforeAll(async () => {
  await start();
  await eventually(status, (answer) => answer.deals > 30 && isAtRest(answer), settleMs);
}, 120_000);
afterAll(async () => {
  await process?.kill();
  rmSync(data, { recursive: true, force: true });
});

test("an edit in the CRM reaches Partner Center within two seconds", async () => {
  const client = visitorClient(line);
  const [deal] = await linkedDeals();
  const id = deal?.pr_referralid ?? "";
  const estimatedvalue = 61_250;
  await callCrm(line, "PATCH", `opportunities(${deal?.opportunityid})`, { estimatedvalue });
  const value = async () => (await client.getReferral(id)).details?.dealValue;
  const { elapsedMs } = await eventually(value, (found) => found === estimatedvalue, settleMs);
  expect(elapsedMs).toBeLessThan(promisedMs);
});

test("an edit in Partner Center reaches the CRM within two seconds", async () => {
  const client = visitorClient(line);
  const [, deal] = await linkedDeals();
  const dealValue = 73_500;
  const referral = await client.getReferral(deal?.pr_referralid ?? "");
  await client.patchReferral(referral, [
    { op: "replace", path: "/details/dealValue", value: dealValue },
  ]);
  const value = async () =>
    (await listDeals(line)).find((one) => one.opportunityid === deal?.opportunityid)
      ?.estimatedvalue;
  const { elapsedMs } = await eventually(value, (found) => found === dealValue, settleMs);
  expect(elapsedMs).toBeLessThan(promisedMs);
});

test("a lead that Microsoft sends becomes one deal in the CRM within two seconds", async () => {
  const { id } = await playMicrosoft(line, "POST", "referrals", { kind: "lead" });
  const deals = async () => (await listDeals(line)).filter((deal) => deal.pr_referralid === id);
  const { answer, elapsedMs } = await eventually(deals, (found) => found.length > 0, settleMs);
  expect(answer).toHaveLength(1);
  expect(elapsedMs).toBeLessThan(promisedMs);
});

test("after kill -9 it goes on where it was: edits made meanwhile arrive, nothing is doubled", async () => {
  const before = await listDeals(line);
  const [deal] = await linkedDeals();
  await callCrm(line, "PATCH", `opportunities(${deal?.opportunityid})`, { estimatedvalue: 88_000 });
  await process.kill();
  await start();
  const client = visitorClient(line);
  const value = async () =>
    (await client.getReferral(deal?.pr_referralid ?? "")).details?.dealValue;
  await eventually(value, (found) => found === 88_000, settleMs);
  await eventually(status, isAtRest, settleMs);
  const after = await listDeals(line);
  expect(after.map((one) => one.opportunityid).sort()).toEqual(
    before.map((one) => one.opportunityid).sort(),
  );
});

test("it stops cleanly when asked", async () => {
  expect(await process.stop()).toBe(0);
});
