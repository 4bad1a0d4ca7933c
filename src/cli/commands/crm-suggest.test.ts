import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { exampleDatabase } from "../../crm/sql/setup-suite.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "crm-suggest-"));

beforeAll(async () => {
  const database = join(folder, "crm.sqlite");
  await (await exampleDatabase(database)).close();
  const config = {
    partnerCenter: { authority: "http://127.0.0.1:1", clientId: "nobody" },
    crm: { kind: "sql", database, accounts: {} },
  };
  writeFileSync(join(folder, "referrals.config.yaml"), JSON.stringify(config));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, "crm", ...words], {
    cwd: folder,
  });
  return stdout;
}

test("a first mapping is printed from a table's own columns and stages", async () => {
  const { fields } = parse(await run("suggest")) as {
    fields: readonly { referral: string; crm: string; lens: unknown }[];
  };
  expect(fields.map(({ crm, referral }) => [referral, crm])).toEqual(
    expect.arrayContaining([
      ["/name", "title"],
      ["/details/dealValue", "amount"],
      ["/details/closingDateTime", "closes_on"],
      ["/customerProfile/address/postalCode", "account.zip"],
    ]),
  );
  expect(fields.at(-1)?.lens).toMatchObject({
    kind: "stage",
    values: [
      { crm: "waiting" },
      { crm: "open" },
      { crm: "won", referral: "Closed/Won" },
      { crm: "lost", referral: "Closed/Lost" },
    ],
  });
});
