import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DealPage, DealRow } from "../../src/contract/index.ts";
import { root } from "../checks.ts";
import { type RunningProcess, startProcess } from "./processes.ts";

/** What a command of ours said and returned. */
export interface Spoken {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called at once with the means to send it a signal. */
  readonly onStart?: (stop: (signal: NodeJS.Signals) => void) => void;
  /** Called with everything that was said so far, whenever more was said. */
  readonly onOutput?: (said: string) => void;
}

/** Runs `referrals …args` from the sources in a folder, as a person's shell would. */
export function command(args: readonly string[], options: CommandOptions): Promise<Spoken> {
  const program = ["--disable-warning=ExperimentalWarning", `${root}/src/cli/main.ts`, ...args];
  const child = spawn(process.execPath, program, {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: "1", LANG: "C.UTF-8", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  options.onStart?.((signal) => child.kill(signal));
  let [stdout, stderr] = ["", ""];
  const said = (): void => options.onOutput?.(stdout + stderr);
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    said();
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    said();
  });
  return new Promise((resolve) => {
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Open deals of a folder's sync that are in step: edits of them flow. */
export async function openDeals(cwd: string): Promise<readonly DealRow[]> {
  const { stdout } = await command(["status", "--deals", "in-step", "--json"], { cwd });
  const { deals } = JSON.parse(stdout) as DealPage;
  return deals.filter(({ properties }) => properties.status === "Active");
}

/** Both outside systems as sandboxes in their own processes, with their people to play. */
export interface OutsideWorld {
  /** Flags that make `init` write a configuration for them. */
  readonly initFlags: readonly string[];
  readonly baseUrl: string;
  /** Calls the CRM's Web API as its user, and resolves to the text of the answer. */
  callCrm(method: string, path: string, body?: unknown): Promise<string>;
  /** Changes a deal as the CRM's user. */
  editDeal(recordId: string, fields: Readonly<Record<string, unknown>>): Promise<void>;
  /** Changes a referral as Microsoft. */
  editReferral(referralId: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
  /** Sends a lead as Microsoft with these values, and resolves to its id. */
  sendLead(referral: Readonly<Record<string, unknown>>): Promise<string>;
  /** Sets the mishaps of the referrals service; an empty profile ends them. */
  setFaults(profile: Readonly<Record<string, number>>): Promise<void>;
  /** Answers the device code that a command says, as a person in a browser. */
  enterCodeOf(said: string): void;
  close(): Promise<void>;
}

interface ReferralsLine {
  readonly referralsUrl: string;
  readonly adminUrl: string;
  readonly adminSecret: string;
  readonly clients: readonly {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly organizationId: string;
    readonly role: string;
  }[];
}

interface CrmLine {
  readonly url: string;
  readonly token: string;
  readonly userToken: string;
}

async function send(url: string, method: string, token: string, body: unknown): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url, { method, headers, ...content });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text;
}

async function enterCode(baseUrl: string, userCode: string): Promise<void> {
  const submit = async (form: Readonly<Record<string, string>>): Promise<string> => {
    const body = new URLSearchParams(form);
    return (await fetch(`${baseUrl}/devicelogin`, { method: "POST", body })).text();
  };
  const page = await submit({ user_code: userCode });
  const [, user = ""] = /name="user_id" value="([^"]+)"/.exec(page) ?? [];
  await submit({ user_code: userCode, user_id: user, mfa: "1", decision: "accept" });
}

/** Starts both sandboxes with invented data. */
export async function startOutsideWorld(seed: {
  readonly referrals: number;
  readonly deals: number;
}): Promise<OutsideWorld> {
  const folder = mkdtempSync(join(tmpdir(), "outside-world-"));
  const start = (args: readonly string[]): Promise<RunningProcess> => startProcess(args);
  const [service, crm] = await Promise.all([
    start(["sandbox", "--port", "0", "--data", join(folder, "pc"), "--seed", `${seed.referrals}`]),
    start([
      ...["crm-sandbox", "dynamics365", "--port", "0", "--data", join(folder, "crm")],
      ...["--seed", `${seed.deals}`],
    ]),
  ]);
  const pc = service.line as unknown as ReferralsLine;
  const { url, token, userToken } = crm.line as unknown as CrmLine;
  const baseUrl = new URL(pc.referralsUrl).origin;
  const asMicrosoft = (method: string, path: string, body: unknown): Promise<string> =>
    send(`${pc.adminUrl}/${path}`, method, pc.adminSecret, body);
  const entered = new Set<string>();
  const callCrm = (method: string, path: string, body?: unknown): Promise<string> =>
    send(`${url}/${path}`, method, userToken, body);
  const admin = pc.clients.find(({ role }) => role === "Referrals admin");
  return {
    baseUrl,
    initFlags: [
      ...["--environment", "staging", "--authority", `${baseUrl}/${admin?.organizationId}`],
      ...["--client-id", `${admin?.clientId}`, "--client-secret", `${admin?.clientSecret}`],
      ...["--referrals-url", pc.referralsUrl, "--port", "0"],
      ...["--crm", "dynamics365", "--crm-url", url, "--crm-token", token],
    ],
    callCrm,
    editDeal: async (id, fields) => {
      await callCrm("PATCH", `opportunities(${id})`, fields);
    },
    editReferral: async (id, changes) => {
      await asMicrosoft("PATCH", `referrals/${id}`, changes);
    },
    sendLead: async (referral) =>
      JSON.parse(await asMicrosoft("POST", "referrals", { kind: "lead", referral })).id,
    setFaults: async (profile) => {
      await asMicrosoft("PUT", "faults", profile);
    },
    enterCodeOf: (said) => {
      const [, userCode] = /"userCode":"([^"]+)"/.exec(said) ?? [];
      if (userCode === undefined || entered.has(userCode)) return;
      entered.add(userCode);
      void enterCode(baseUrl, userCode);
    },
    close: async () => {
      await Promise.all([service.kill(), crm.kill()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
