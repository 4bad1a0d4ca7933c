import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { dataFolderOf } from "./config-file.ts";
import { loadConfig } from "./load-config.ts";

const folder = mkdtempSync(join(tmpdir(), "referrals-config-"));
const path = join(folder, "referrals.config.yaml");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const named = (name: string): string => `\${${name}}`;

function written(crm: string): string {
  writeFileSync(
    path,
    [
      "environment: staging",
      "partnerCenter: { authority: https://login.example/t, clientId: a }",
      "data: ./state",
      "server:",
      `  port: ${named("PORT")} # of the page`,
      "crm:",
      "  kind: espocrm",
      `  url: https://${named("HOST")}/crm`,
      crm,
    ].join("\n"),
  );
  return path;
}

const secrets = ['quo"te', "back\\slash", "a #b: c", "*star", "12345678901", "{x}", "true story"];

describe("a value from the environment", () => {
  test.each(secrets)("is taken as it is, without quotes around its name: %s", (secret) => {
    const environment = { PORT: "4401", HOST: "h.example", KEY: secret };
    const alone = loadConfig(written(`  apiKey: ${named("KEY")}`), environment);
    expect(alone.crm).toMatchObject({ url: "https://h.example/crm", apiKey: secret });
    expect(alone.server.port).toBe(4401);
    const quoted = loadConfig(written(`  apiKey: "${named("KEY")}"`), environment);
    expect(quoted.crm).toMatchObject({ apiKey: secret });
  });

  test("may stand in braces, for the commands that only look for the state as well", () => {
    const crm = `  apiKey: k\n  administrator: { user: admin, password: ${named("KEY")} }`;
    const environment = { PORT: "4401", HOST: "h.example", KEY: 'pass, "word" }' };
    expect(loadConfig(written(crm), environment).crm).toMatchObject({
      administrator: { user: "admin", password: 'pass, "word" }' },
    });
    expect(dataFolderOf(path)).toBe(join(folder, "state"));
  });
});
