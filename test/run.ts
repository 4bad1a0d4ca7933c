// `npm test`: types, style, then every test; the last line counts them. In CI a skipped test fails
// the run.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { campaign, checks, runCheck, runPackageScript } from "./checks.ts";

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function skippedNames(report: VitestReport): readonly string[] {
  return report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status !== "passed" && test.status !== "failed")
      .map((test) => test.fullName),
  );
}

async function runTests(filters: readonly string[]): Promise<VitestReport> {
  const folder = mkdtempSync(join(tmpdir(), "partner-referrals-test-"));
  const output = join(folder, "report.json");
  try {
    const args = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
    // They need a running CRM of somebody's, so they run by name alone.
    if (filters.length === 0) args.push("--exclude=test/real-crm/**");
    await runPackageScript("vitest/vitest.mjs", ["run", ...args, ...filters]);
    return JSON.parse(readFileSync(output, "utf8")) as VitestReport;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const filters = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const check of filters.length > 0 ? [] : [...checks, campaign]) {
  if (await runCheck(check)) passed += 1;
  else failed += 1;
}
const report = await runTests(filters);
passed += report.numPassedTests;
// A file that can't even be loaded has no tests to count, and still has failed.
const brokenFiles = report.testResults.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed"),
);
failed += report.numFailedTests + brokenFiles.length;
if (failed === 0 && !report.success) failed += 1;

const skipped = skippedNames(report);
for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
const skipFails = skipped.length > 0 && process.env.CI === "true";
if (skipFails) process.stdout.write("In CI nothing may be skipped: install what the test needs.\n");
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
process.exitCode = failed > 0 || skipFails ? 1 : 0;
