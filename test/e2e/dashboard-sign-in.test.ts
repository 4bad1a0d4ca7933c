import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dashboardFolder } from "../../src/cli/start/dashboard-folder.ts";
import { createOperations, hashPassword, type OpenIdOptions } from "../../src/operations/index.ts";
import { silentLog, systemClock, systemRandom } from "../../src/runtime/index.ts";
import { createReferralsService, type ReferralsService } from "../../src/service/index.ts";
import { type Database, openDatabase } from "../../src/storage/index.ts";
import { smallMapping, smallWorld } from "../../src/sync/small-world-suite.ts";
import { chromiumPath, openBrowser } from "./browser.ts";
import { freePort } from "./processes.ts";

/*
 * The way in, in a real browser: passwords with roles, and OpenID Connect at the issuer of the
 * referrals sandbox, which is a provider of its own on another port.
 */

const folder = mkdtempSync(join(tmpdir(), "partner-referrals-sign-in-"));
const serviceToken = "a token that only the owner of the data can read";
let service: ReferralsService;
let server: Awaited<ReturnType<typeof createOperations>>;
let database: Database;
let browser: Browser;
let base: string;

async function openIdAt(publicUrl: string): Promise<OpenIdOptions> {
  service = await createReferralsService({ database: ":memory:", port: 0, log: silentLog });
  const { baseUrl } = await service.listen();
  const [client] = service.clients;
  return {
    issuer: `${baseUrl}/${client?.organizationId}/v2.0`,
    clientId: client?.clientId ?? "",
    clientSecret: client?.clientSecret,
    label: "the sandbox",
    operators: [],
    viewers: ["*"],
    publicUrl,
    allowsHttp: true,
  };
}

async function newPage(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 } });
  return context.newPage();
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.goto(base);
  await page.fill("input[name=name]", name);
  await page.fill("input[name=password]", password);
  await page.click("button[type=submit]");
}

const send = (path: string, headers: Record<string, string>, body: unknown = {}) =>
  fetch(`${base}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe.skipIf(chromiumPath === undefined)("signing in, in Chromium", () => {
  beforeAll(async () => {
    const world = await smallWorld({ isApproved: true });
    world.crm.add({ share: true, name: "Ledger move", dealValue: 10, customer: "Adatum" });
    await world.sync();
    database = await openDatabase(join(folder, "page.sqlite"));
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    const users = [
      { name: "Kim", role: "operator", passwordHash: await hashPassword("right", systemRandom) },
      { name: "Vera", role: "viewer", passwordHash: await hashPassword("looks", systemRandom) },
    ] as const;
    server = await createOperations({
      desk: {
        engine: world.engine,
        ledger: world.ledger,
        settings: world.environment.settings,
        database,
        mapping: smallMapping,
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
        environment: "staging",
      },
      access: { users, openId: await openIdAt(base), serviceToken },
      pageFolder: await dashboardFolder(() => {}),
    });
    await server.listen({ host: "127.0.0.1", port });
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.server.closeAllConnections();
    await server?.close();
    await database?.close();
    await service?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("nothing is told before the sign-in, and a wrong password says so without saying what was wrong", async () => {
    expect((await fetch(`${base}/api/status`)).status).toBe(401);
    const page = await newPage();
    await signIn(page, "Kim", "wrong");
    await page.waitForSelector("text=Name or password is wrong");
  });

  test("an operator signs in by password; the cookie is out of reach of scripts and of other sites", async () => {
    const page = await newPage();
    await signIn(page, "Kim", "right");
    await page.waitForSelector("#headline");
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    expect(await page.evaluate(() => document.cookie)).toBe("");
    const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
    expect((await send("/api/pause", headers)).status).toBe(200);
    const foreign = { ...headers, origin: "https://evil.example" };
    expect((await send("/api/resume", foreign)).status).toBe(403);
    expect((await send("/api/resume", headers)).status).toBe(200);
    await page.click("text=Sign out");
    await page.waitForSelector("input[name=password]");
    expect((await send("/api/pause", headers)).status).toBe(401);
  });

  test("a viewer sees everything and can change nothing, in the page and on the server", async () => {
    const page = await newPage();
    await signIn(page, "Vera", "looks");
    await page.waitForSelector("#headline");
    await page.goto(`${base}/settings`);
    expect(await page.isDisabled("text=Pause everything")).toBe(true);
    const [cookie] = await page.context().cookies();
    const answer = await send("/api/pause", { cookie: `${cookie?.name}=${cookie?.value}` });
    expect(answer.status).toBe(403);
  });

  test("people of an OpenID Connect provider come in with the role that the configuration gives them", async () => {
    const page = await newPage();
    await page.goto(base);
    await page.click("text=Sign in with the sandbox");
    await page.click("button:has-text('Sign in')");
    await page.waitForSelector("#headline");
    expect(await page.textContent(".who")).toContain("looks only");
    const session = await page.evaluate(async () => (await fetch("/api/session")).json());
    expect(session).toMatchObject({ role: "viewer" });
  });

  test("the command line comes in by the token beside the data, under its operator's name", async () => {
    const headers = { authorization: `Bearer ${serviceToken}`, "x-operator": "kim" };
    expect((await fetch(`${base}/api/status`, { headers })).status).toBe(200);
    const wrong = { authorization: "Bearer guessed" };
    expect((await fetch(`${base}/api/status`, { headers: wrong })).status).toBe(401);
  });

  test("after five wrong passwords the door stays shut, for the right one too", async () => {
    const body = (password: string) => ({ name: "Vera", password });
    const statuses: number[] = [];
    for (let tries = 0; tries < 6; tries += 1) {
      statuses.push((await send("/api/session", {}, body("guess"))).status);
    }
    expect(statuses.slice(-2)).toEqual([401, 429].slice(-2));
    expect((await send("/api/session", {}, body("looks"))).status).toBe(429);
  });
});
