import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSandbox, type TestSandbox } from "../../sandbox/dynamics365/sandbox-test-kit.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "crm-setup-"));
let bare: TestSandbox;

beforeAll(async () => {
  bare = await startSandbox({ prepared: false });
  writeFileSync(
    join(folder, "referrals.config.yaml"),
    `partnerCenter: { authority: "http://127.0.0.1:1", clientId: nobody }
crm: { kind: dynamics365, url: "${bare.url}", token: "${bare.token}" }
`,
  );
});
afterAll(async () => {
  await bare.close();
  rmSync(folder, { recursive: true, force: true });
});

async function setup(...options: readonly string[]) {
  const command = promisify(execFile)(process.execPath, [main, "crm", "setup", ...options], {
    cwd: folder,
  });
  const { stdout, stderr, code } = await command.then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
  return { stdout, stderr, code };
}

test("it lists what the CRM lacks, creates it on request, and then lists nothing", async () => {
  const before = await setup("--json");
  expect(before.stderr).toBe("");
  expect(before.code).toBe(2);
  const { missing } = JSON.parse(before.stdout) as { missing: readonly { name: string }[] };
  expect(missing.map(({ name }) => name)).toContain("alternate key opportunity(pr_referralid)");

  const creating = await setup("--apply");
  expect(creating.code).toBe(0);
  expect(creating.stdout).toContain("✓ created table pr_solution");
  expect(creating.stdout).toContain("✓ The CRM has everything that the mapping uses.");

  const after = await setup("--json");
  expect(after.code).toBe(0);
  const { stages, ...outcome } = JSON.parse(after.stdout);
  const kind = "dynamics365";
  expect(outcome).toEqual({ kind, created: [], missing: [], problems: [], pending: [] });
  const waiting = { value: "open/727000001", label: "Waiting for Partner Center" };
  expect(stages).toContainEqual(waiting);
});
