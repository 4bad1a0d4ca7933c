import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  newReferral,
  type RunningService,
  runService,
} from "../../test/conformance/running-service.ts";

let running: RunningService;
let folder: string;
beforeAll(async () => {
  running = await runService({ allowsPrivateWebhooks: true });
  folder = mkdtempSync(join(tmpdir(), "examples-"));
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = promisify(execFile);

/** Runs an example as a reader would, and gives its lines. */
async function linesOf(name: string, ...values: readonly string[]): Promise<readonly string[]> {
  const { urls, apps } = running;
  const path = fileURLToPath(new URL(name, import.meta.url));
  const child = run(process.execPath, [path, ...values], {
    env: {
      ...process.env,
      AUTHORITY: urls.baseUrl,
      CLIENT_ID: apps.admin.clientId,
      CLIENT_SECRET: apps.admin.clientSecret,
      REFERRALS_URL: urls.referralsUrl,
      WEBHOOK_URL: urls.webhookRegistrationUrl,
      TOKEN_FOLDER: folder,
    },
  });
  child.child.stdout?.on("data", (chunk: string) => onOutput(chunk));
  const { stdout, stderr } = await child;
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n");
}

let onOutput: (chunk: string) => void = () => {};

test("create, list, page and change a referral", async () => {
  expect(await linesOf("create-referral.ts")).toEqual([
    "Woodgrove: move the archive is Active/Accepted",
  ]);
  expect(await linesOf("list-referrals.ts", "Jena")).toEqual([
    "Woodgrove: move the archive · 48000 EUR",
  ]);
  expect(await linesOf("list-referrals.ts", "L'Aquila")).toEqual([""]);
  const client = running.clientOf();
  for (let number = 0; number < 2; number += 1) await client.createReferral(newReferral());
  expect(await linesOf("list-by-page.ts")).toEqual(["2 of 3", "1 of 3"]);
  expect(await linesOf("change-referral.ts")).toEqual([
    "now 50000 EUR",
    "Woodgrove: archive, phase 1 is Closed/Won",
  ]);
});

test("sign in by device code once, then without a person", async () => {
  const { admin } = running.apps;
  onOutput = (chunk) => {
    const [, userCode] = / code ([A-Z\d-]+)/.exec(chunk) ?? [];
    if (userCode === undefined) return;
    const form = { user_code: userCode, decision: "accept", user_id: admin.userId, mfa: "1" };
    const body = new URLSearchParams(form);
    void fetch(`${running.urls.baseUrl}/devicelogin`, { method: "POST", body });
  };
  const [asked, signedIn] = await linesOf("sign-in.ts");
  onOutput = () => {};
  expect(asked).toMatch(/devicelogin/);
  expect(signedIn).toMatch(`signed in as ${admin.userName}, good for 89 days without use`);
  expect(await linesOf("sign-in.ts")).toEqual([signedIn]);
});

test("register a webhook, and leave another's address alone", async () => {
  const ours = `${running.urls.baseUrl}/one`;
  expect(await linesOf("register-webhook.ts", ours)).toEqual(["created"]);
  expect(await linesOf("register-webhook.ts", ours)).toEqual(["unchanged"]);
  expect(await linesOf("register-webhook.ts", `${running.urls.baseUrl}/two`)).toEqual([
    `referral-created goes to ${ours}`,
    `referral-updated goes to ${ours}`,
  ]);
});
