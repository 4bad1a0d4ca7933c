// A configuration against two sandboxes that know nothing of it, as against real systems: what is
// true of the demonstration must be true of `referrals.config.yaml`.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../checks.ts";
import { eventually, freePort, type RunningProcess, startProcess } from "./processes.ts";
import {
  callCrm,
  type DemonstrationLine,
  listDeals,
  type Opportunity,
  playMicrosoft,
  visitorClient,
} from "./visitor.ts";

const folder = mkdtempSync(join(tmpdir(), "partner-referrals-as-if-real-"));
const promisedMs = 2_000;
const settleMs = 60_000;
const seededReferrals = 12;
/** So rarely that within the test only a webhook can tell of a change. */
const pollReferralsSeconds = 3_600;

let service: RunningProcess;
let crm: RunningProcess;
let sync: RunningProcess;
let line: DemonstrationLine;
let path = "";
let secrets: Record<string, string> = {};

async function writeConfiguration(port: number): Promise<string> {
  const { referrals } = line;
  const { host, origin } = new URL(referrals.referralsUrl);
  const authority = await fetch(`${origin}/certificates/authority.pem`);
  writeFileSync(join(folder, "authority.pem"), await authority.text());
  const path = join(folder, "referrals.config.yaml");
  const lines = [
    "environment: staging",
    "partnerCenter:",
    `  referralsUrl: ${referrals.referralsUrl}`,
    `  authority: ${referrals.tokenUrl.replace("/oauth2/v2.0/token", "")}`,
    `  clientId: ${referrals.clients[0]?.clientId}`,
    `  clientSecret: $\{SANDBOX_SECRET}`,
    "  webhook:",
    `    publicUrl: http://127.0.0.1:${port}`,
    `    registrationUrl: ${origin}/webhooks/v1/registration`,
    "    organization: Partner Referrals Sandbox",
    `    certificateHosts: ["${host}"]`,
    "    rootCertificates: authority.pem",
    "crm:",
    "  kind: dynamics365",
    `  url: ${crm.line.url}`,
    `  token: $\{CRM_TOKEN}`,
    "data: sync",
    `server: { port: ${port} }`,
    "sync:",
    "  approval: automatic",
    "  pollCrmSeconds: 0.5",
    `  pollReferralsSeconds: ${pollReferralsSeconds}`,
  ];
  writeFileSync(path, lines.join("\n"));
  return path;
}

const ask = async <T>(path: string): Promise<T> =>
  (await (await fetch(new URL(path, line.statusUrl))).json()) as T;

/** Open deals that are in step: edits of them flow. */
async function inStep(): Promise<readonly Opportunity[]> {
  const { deals } = await ask<{ deals: { crm?: { id: string } }[] }>("/api/deals?state=in-step");
  const ids = new Set(deals.map((deal) => deal.crm?.id));
  return (await listDeals(line)).filter(
    (deal) => deal.statecode === 0 && ids.has(deal.opportunityid),
  );
}

beforeAll(async () => {
  const seed = ["--seed", String(seededReferrals)];
  const at = (name: string) => ["--port", "0", "--data", join(folder, name)];
  service = await startProcess(["sandbox", ...at("service"), ...seed, "--limit", "10000"]);
  crm = await startProcess(["crm-sandbox", "dynamics365", ...at("crm"), "--seed", "4"]);
  line = {
    statusUrl: "",
    referrals: service.line as unknown as DemonstrationLine["referrals"],
    crm: { kind: "dynamics365", url: String(crm.line.url), token: String(crm.line.userToken) },
  };
  path = await writeConfiguration(await freePort());
  secrets = {
    SANDBOX_SECRET: line.referrals.clients[0]?.clientSecret ?? "",
    CRM_TOKEN: String(crm.line.token),
  };
  sync = await startProcess(["start", "--config", path], secrets);
  line = { ...line, statusUrl: String(sync.line.statusUrl) };
  await eventually(inStep, (deals) => deals.length >= 3, settleMs);
}, 120_000);
afterAll(async () => {
  await Promise.all([sync, crm, service].map((one) => one?.kill()));
  rmSync(folder, { recursive: true, force: true });
});

test("the configured sync gets its webhooks from a sandbox on this machine, by the sandbox's own root", async () => {
  const [deal] = await inStep();
  const path = `referrals/${deal?.pr_referralid}`;
  const notes = "Microsoft called";
  await playMicrosoft(line, "PATCH", path, { details: { notes } });
  const { elapsedMs } = await eventually(
    async () => (await listDeals(line)).find((one) => one.opportunityid === deal?.opportunityid),
    (now) => now?.description === notes,
    settleMs,
  );
  expect(elapsedMs).toBeLessThan(promisedMs);
});

test("a lead that Microsoft sends becomes a deal at once, although the next poll is an hour away", async () => {
  const { id } = await playMicrosoft(line, "POST", "referrals", { kind: "lead" });
  const { elapsedMs } = await eventually(
    () => listDeals(line),
    (deals) => deals.some((deal) => deal.pr_referralid === id),
    settleMs,
  );
  expect(elapsedMs).toBeLessThan(promisedMs);
});

test("an edit in the CRM reaches the configured referrals service within two seconds", async () => {
  const deal = (await inStep()).at(-1);
  const estimatedvalue = 77_123;
  await callCrm(line, "PATCH", `opportunities(${deal?.opportunityid})`, { estimatedvalue });
  const { elapsedMs } = await eventually(
    () => visitorClient(line).getReferral(deal?.pr_referralid ?? ""),
    ({ details }) => details?.dealValue === estimatedvalue,
    settleMs,
  );
  expect(elapsedMs).toBeLessThan(promisedMs);
});

/** `referrals mcp` beside the configuration, as an agent's program starts it; the person agrees. */
async function startAgent(): Promise<Client> {
  const agent = new Client({ name: "agent", version: "1" }, { capabilities: { elicitation: {} } });
  agent.setRequestHandler(ElicitRequestSchema, () => ({
    action: "accept",
    content: { confirm: true },
  }));
  const program = ["--disable-warning=ExperimentalWarning", `${root}/src/cli/main.ts`];
  const args = [...program, "mcp", "--config", path];
  const env = { PATH: process.env.PATH ?? "", ...secrets };
  await agent.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  return agent;
}

interface Question {
  readonly id: string;
  readonly field?: string;
  readonly kind: string;
}

test("an agent finds the running sync by its configuration, sees a conflict and answers it", async () => {
  const deal = (await inStep()).at(-2);
  const id = deal?.opportunityid ?? "";
  const headers = { "content-type": "application/json" };
  const order = (what: string) =>
    fetch(new URL(`/api/deals/${id}/${what}`, line.statusUrl), {
      method: "POST",
      headers,
      body: "{}",
    });
  await order("pause");
  await callCrm(line, "PATCH", `opportunities(${id})`, { description: "the seller's words" });
  await playMicrosoft(line, "PATCH", `referrals/${deal?.pr_referralid}`, {
    details: { notes: "Microsoft's words" },
  });
  await order("resume");
  const agent = await startAgent();
  const call = async (name: string, input: Record<string, unknown> = {}): Promise<unknown> =>
    (await agent.callTool({ name, arguments: input })).structuredContent;
  const { answer: questions } = await eventually(
    async () => ((await call("deal_status", { id })) as { questions: Question[] }).questions,
    (open) => open.length > 0,
    settleMs,
  );
  expect(questions).toMatchObject([{ kind: "conflict", field: "notes" }]);
  expect(JSON.stringify(await call("list_conflicts"))).toContain(questions[0]?.id);
  expect(JSON.stringify(await call("sync_status"))).toContain('"asking":1');
  expect(JSON.stringify(await call("find_deals", { state: "asking" }))).toContain(id);
  expect(await call("sync_plan")).toBeDefined();
  await call("answer_conflict", { id: questions[0]?.id, choose: "referral" });
  await eventually(
    async () => (await listDeals(line)).find(({ opportunityid }) => opportunityid === id),
    (now) => now?.description === "Microsoft's words",
    settleMs,
  );
  await agent.close();
}, 60_000);
