// Real processes over HTTP: both sides are edited at random while the engine is killed again and
// again.
// KILLS=100 npm test -- test/e2e/random-edits runs the long campaign; SEED=n repeats a run's
// choices.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/runtime/index.ts";
import { eventually, type RunningProcess, startProcess } from "./processes.ts";
import {
  callCrm,
  type DemonstrationLine,
  listDeals,
  type Opportunity,
  visitorClient,
} from "./visitor.ts";

const kills = Number(process.env.KILLS ?? 10);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const random = seededRandom(seed);
const folder = mkdtempSync(join(tmpdir(), "partner-referrals-kills-"));
const settleMs = 90_000;
const editsPerRound = 4;
/**
 * So many that few fields are edited often from both sides within minutes: there the engine asks,
 * and a question proves less than an arrival.
 */
const referrals = Math.max(36, 3 * kills);
const deals = 20;
const loadMs = 60_000 + referrals * 1_000;
const mostListed = 1_000;

const below = (limit: number): number => Math.floor(random.fraction() * limit);
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
const sleep = (delayMs: number): Promise<void> => new Promise((wake) => setTimeout(wake, delayMs));

let service: RunningProcess;
let crm: RunningProcess;
let engine: RunningProcess;
let line: DemonstrationLine;
let statusUrl = "";

async function startService(port: string): Promise<void> {
  const data = join(folder, "service");
  const limit = ["--limit", "1000000", "--seed", String(referrals)];
  service = await startProcess(["sandbox", "--port", port, "--data", data, ...limit]);
}

async function startEngine(): Promise<void> {
  const config = join(folder, "referrals.config.yaml");
  const { clientId, clientSecret } = line.referrals.clients[0] ?? {};
  writeFileSync(
    config,
    JSON.stringify({
      environment: "staging",
      partnerCenter: {
        referralsUrl: line.referrals.referralsUrl,
        authority: line.referrals.tokenUrl.replace("/oauth2/v2.0/token", ""),
        clientId,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own variable
        clientSecret: "${SANDBOX_SECRET}",
        callsPerMinute: 100_000,
      },
      crm: { kind: "dynamics365", url: crm.line.url, token: crm.line.token },
      data: join(folder, "sync"),
      sync: { approval: "automatic", pollCrmSeconds: 0.2, pollReferralsSeconds: 0.2 },
    }),
  );
  const secret = { SANDBOX_SECRET: clientSecret ?? "" };
  engine = await startProcess(["start", "--config", config, "--port", "0"], secret);
  statusUrl = String(engine.line.statusUrl);
}

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(new URL(path, statusUrl))).json()) as T;
}

interface Status {
  readonly deals: number;
  /** When the newest walk of each side that has landed began. */
  readonly walks: { readonly referrals: number; readonly crm: number };
  readonly byState: Readonly<Record<string, number>>;
}

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

interface Edit {
  readonly side: "referral" | "crm";
  readonly recordId: string;
  readonly referralId: string;
  readonly field: EditedField;
  readonly value: number | string;
}

/** Fields that people edit, by what each side calls them. */
const fields = {
  dealValue: { column: "estimatedvalue", path: "/details/dealValue" },
  notes: { column: "description", path: "/details/notes" },
} as const;
type EditedField = keyof typeof fields;
/** The last edit of each deal on each side: an earlier one was overwritten by the same person. */
const lastEdits = new Map<string, Edit>();
let edits = 0;
/** Deals whose edits flow: linked, open, and not waiting in the holding stage. */
let flowing: readonly Opportunity[] = [];

async function editSomething(): Promise<void> {
  const deal = pick(flowing);
  const side = pick(["referral", "crm"] as const);
  const field = pick(["dealValue", "notes"] as const);
  const amount = 1_000 + edits * 10 + below(10);
  const value = field === "notes" ? `said on the phone: ${amount}` : amount;
  const { column, path } = fields[field];
  const referralId = deal.pr_referralid ?? "";
  edits += 1;
  if (side === "crm") {
    await callCrm(line, "PATCH", `opportunities(${deal.opportunityid})`, { [column]: value });
  } else {
    const client = visitorClient(line);
    const referral = await client.getReferral(referralId);
    await client.patchReferral(referral, [{ op: "replace", path, value }]);
  }
  const edit = { side, recordId: deal.opportunityid, referralId, field, value };
  lastEdits.set(`${side} ${deal.opportunityid} ${field}`, edit);
}

beforeAll(async () => {
  console.log(`random edits: SEED=${seed}, ${kills} kills`);
  await startService("0");
  const crmData = join(folder, "crm");
  const seeded = ["--seed", String(deals)];
  crm = await startProcess([
    "crm-sandbox",
    "dynamics365",
    "--port",
    "0",
    "--data",
    crmData,
    ...seeded,
  ]);
  line = {
    statusUrl: "",
    referrals: service.line as unknown as DemonstrationLine["referrals"],
    crm: { kind: "dynamics365", url: String(crm.line.url), token: String(crm.line.userToken) },
  };
  await startEngine();
  const isLoaded = (status: Status): boolean => status.deals >= referrals && isAtRest(status);
  await eventually(() => ask<Status>("/api/status"), isLoaded, loadMs);
  const inStep = await ask<{ deals: { crm: { id: string } }[] }>(
    `/api/deals?state=in-step&limit=${mostListed}`,
  );
  const ids = new Set(inStep.deals.map((deal) => deal.crm.id));
  flowing = (await listDeals(line)).filter((deal) => ids.has(deal.opportunityid));
}, 90_000 + loadMs);
afterAll(async () => {
  await Promise.all([engine, crm, service].map((one) => one?.kill()));
  rmSync(folder, { recursive: true, force: true });
});

test(`after ${kills} kills both sides are equal, nothing is doubled, and every edit is present or recorded`, {
  timeout: 60_000 + kills * 15_000,
}, async () => {
  const before = await listDeals(line);
  const port = new URL(line.referrals.referralsUrl).port;
  for (let round = 0; round < kills; round += 1) {
    for (let turn = 0; turn < editsPerRound; turn += 1) await editSomething();
    await sleep(below(600));
    await engine.kill();
    if (round % 3 === 1) await service.kill().then(() => startService(port));
    await editSomething();
    await startEngine();
  }
  const editedAt = Date.now();
  const isSettled = (status: Status): boolean =>
    Math.min(status.walks.referrals, status.walks.crm) > editedAt && isAtRest(status);
  await eventually(() => ask<Status>("/api/status"), isSettled, settleMs);

  const after = await listDeals(line);
  expect(after.map((deal) => deal.opportunityid).sort()).toEqual(
    before.map((deal) => deal.opportunityid).sort(),
  );
  const linked = after.flatMap((deal) => deal.pr_referralid ?? []);
  expect(new Set(linked).size).toBe(linked.length);

  const client = visitorClient(line);
  const unequal: unknown[] = [];
  const unrecorded: Edit[] = [];
  const edited = new Set<string>();
  const asked = new Set<string>();
  for (const { recordId, referralId, field } of lastEdits.values()) {
    const shown = await ask<{ questions: { field?: string }[] }>(`/api/deals/${recordId}`);
    const text = JSON.stringify(shown);
    const deal = after.find((one) => one.opportunityid === recordId);
    const inCrm = deal?.[fields[field].column];
    const inReferral = (await client.getReferral(referralId)).details?.[field];
    // A conflict, or the breaker that our restless editing has tripped: a person is asked.
    const isAsked = shown.questions.some((question) => question.field === field);
    edited.add(`${recordId} ${field}`);
    if (isAsked) asked.add(`${recordId} ${field}`);
    if (inCrm !== inReferral && !isAsked) unequal.push({ recordId, field, inCrm, inReferral });
    const own = [
      lastEdits.get(`crm ${recordId} ${field}`),
      lastEdits.get(`referral ${recordId} ${field}`),
    ];
    for (const edit of own) if (edit && !text.includes(String(edit.value))) unrecorded.push(edit);
  }
  expect(edits).toBe(kills * (editsPerRound + 1));
  expect({ unequal, unrecorded }).toEqual({ unequal: [], unrecorded: [] });
  console.log(`${edits} edits of ${edited.size} fields: ${asked.size} are asked about`);
  // Both sides may meet in one field while the engine is down; nearly all arrive all the same.
  expect(asked.size).toBeLessThan(edited.size / 4);
});
