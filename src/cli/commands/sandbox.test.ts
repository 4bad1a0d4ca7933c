import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = new URL("../main.ts", import.meta.url).pathname;
const node = ["--disable-warning=ExperimentalWarning", main, "sandbox"];

interface Announced {
  readonly referralsUrl: string;
  readonly tokenUrl: string;
  readonly webhookRegistrationUrl: string;
  readonly adminUrl: string;
  readonly clients: readonly {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly organizationId: string;
    readonly role: string;
  }[];
}

let folder: string;
let sandbox: ChildProcess;
let first: Announced;

async function start(...more: readonly string[]): Promise<Announced> {
  const options = ["--port", "0", "--data", folder, "--json", ...more];
  sandbox = spawn(process.execPath, [...node, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (!sandbox.stdout) throw new Error("no standard output");
  const lines = createInterface({ input: sandbox.stdout });
  for await (const line of lines) return JSON.parse(line) as Announced;
  throw new Error("the sandbox said nothing");
}

const stop = (): Promise<number | null> =>
  new Promise((resolve) => {
    sandbox.once("exit", resolve);
    sandbox.kill("SIGTERM");
  });

/** Runs a command of the sandbox; resolves to its exit code and what it wrote. */
const verb = (...words: readonly string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [...node, ...words, "--data", folder],
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

async function count(announced: Announced): Promise<number> {
  const [client] = announced.clients;
  const response = await fetch(announced.tokenUrl, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: client?.clientId ?? "",
      client_secret: client?.clientSecret ?? "",
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  const list = await fetch(announced.referralsUrl, { headers });
  return ((await list.json()) as { value: unknown[] }).value.length;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  first = await start("--seed", "30");
});
afterAll(async () => {
  if (sandbox.exitCode === null) await stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("referrals sandbox", () => {
  it("says in one line of JSON where it is and who can sign in", () => {
    expect(first.referralsUrl).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/v1\.0\/engagements\/referrals$/,
    );
    for (const url of [first.tokenUrl, first.webhookRegistrationUrl, first.adminUrl]) {
      expect(URL.canParse(url)).toBe(true);
    }
    const roles = first.clients.map(({ role }) => role);
    expect(roles).toContain("Referrals admin");
    expect(roles).toContain("Referrals user");
    expect(new Set(first.clients.map(({ organizationId }) => organizationId)).size).toBe(2);
  });

  it("invents as many referrals as asked for", async () => {
    expect(await count(first)).toBe(30);
  });

  it("plays Microsoft from another process", async () => {
    const sent = await verb("send", "--kind", "co-sell", "--received", "--json");
    const referral = JSON.parse(sent.out);
    expect(referral).toMatchObject({ status: "New", substatus: "Received", type: "Shared" });
    const told = await verb("accept", referral.id, "--msx-id", "7-XYZ");
    expect(told.out).toContain("Active/Accepted");
    const edited = await verb("edit", referral.id, '{"details": {"dealValue": 5}}', "--json");
    expect(JSON.parse(edited.out).details.dealValue).toBe(5);
    expect((await verb("close", referral.id, "--lost", "--reason", "budget")).out).toContain(
      "Lost",
    );
  });

  it("skips time, turns its knobs and says so", async () => {
    expect((await verb("advance", "14d")).out).toMatch(/^In the sandbox it is 20.+Z now\.\n$/);
    expect((await verb("limit", "500")).out).toContain("500 calls");
    expect((await verb("faults", '{"latency": 0.5}')).out).toContain('"latency": 0.5');
    expect((await verb("faults", "{}")).code).toBe(0);
    expect((await verb("offline")).out).toBe("None.\n");
  });

  it("names cause and remedy of what it can't do", async () => {
    const unknown = await verb("accept", "nobody");
    expect([unknown.code, unknown.out]).toEqual([1, ""]);
    expect(unknown.err).toContain("→");
    const wrong = await verb("advance", "14x");
    expect(wrong.code).toBe(64);
    expect(wrong.err).toContain("14d, 72h, 30m or 5s");
  });

  it("stops on SIGTERM, and starts again with the same clients, data and time", async () => {
    expect(await stop()).toBe(0);
    expect(existsSync(join(folder, "sandbox.json"))).toBe(false);
    const second = await start("--seed", "30");
    expect(second.clients).toEqual(first.clients);
    expect(await count(second)).toBe(31);
    expect((await verb("advance", "1s")).out).not.toContain(new Date().toISOString().slice(0, 10));
  });
});
