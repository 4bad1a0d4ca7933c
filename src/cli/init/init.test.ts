import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readyDynamicsMappingText } from "../../crm/dynamics365/index.ts";
import { loadMapping } from "../../crm/index.ts";
import { configSchema } from "../config/config-schema.ts";
import { askAll } from "./answers.ts";
import { unattendedAsker } from "./asker.ts";
import { configText, secretsText } from "./config-text.ts";
import { mappingFor } from "./mapping-text.ts";

const flags = {
  environment: "staging",
  authority: "11111111-2222-3333-4444-555555555555",
  clientId: "an app",
  crm: "dynamics365",
  crmAnswers: {
    url: "https://contoso.crm.dynamics.com/api/data/v9.2",
    authority: "https://login.microsoftonline.com/t",
    clientId: "crm app",
    clientSecret: 'it\'s "secret" # $HOME',
  },
};

test("what the wizard writes is a configuration, and no secret stands in it", async () => {
  const { text, secrets } = configText(await askAll(unattendedAsker(), flags));
  expect(text).not.toContain('secret" #');
  const document = parse(text.replace(/\$\{[A-Z_]+\}/g, "stand-in"));
  const config = configSchema.parse(document);
  expect(config.partnerCenter.authority).toBe(
    "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555",
  );
  expect(config.sync.approval).toBe("by-hand");
  expect(parseEnv(secretsText(secrets))).toEqual({
    DYNAMICS_SECRET: flags.crmAnswers.clientSecret,
  });
});

test("a question that neither flag nor default answers names its flag", async () => {
  const { authority: _authority, ...without } = flags;
  await expect(askAll(unattendedAsker(), without)).rejects.toMatchObject({
    remedy: expect.stringContaining("--authority"),
  });
  await expect(askAll(unattendedAsker(), { ...flags, crm: "filemaker" })).rejects.toMatchObject({
    remedy: expect.stringContaining("dynamics365"),
  });
});

test("whoever leaves several questions open is told of all of them at once", async () => {
  const { authority: _authority, clientId: _clientId, ...without } = flags;
  const crmAnswers = { url: flags.crmAnswers.url, authority: flags.crmAnswers.authority };
  await expect(askAll(unattendedAsker(), { ...without, crmAnswers })).rejects.toMatchObject({
    message: expect.stringMatching(/Tenant id.*\? Application \(client\) id.*\? /),
    remedy: expect.stringContaining(
      "--authority, --client-id, --crm-client-id, --crm-client-secret",
    ),
  });
});

test("a mapping fitted to metadata leaves out what the CRM lacks, and is still a mapping", () => {
  const missing = [
    { name: "column opportunity.pr_microsofthelp", label: "How can Microsoft help?" },
    { name: "value estimatedvalue Huge", label: "A value of a column that is there" },
  ];
  const stages = [{ value: "open/9", label: "Qualified" }];
  const columns = [
    { name: "new_region", label: "Region", type: "Picklist" },
    { name: "estimatedvalue", label: "Value", type: "Money" },
  ];
  const text = mappingFor(readyDynamicsMappingText(), { missing, stages }, columns);
  expect(text).toContain("#   open/9  Qualified");
  expect(text).toContain("#   new_region  (Picklist)");
  expect(text).not.toContain("#   estimatedvalue");
  expect(text).toContain("The CRM has no pr_microsofthelp");
  const before = loadMapping(readyDynamicsMappingText(), "ready");
  const after = loadMapping(text, "fitted");
  expect(after.fields).toHaveLength(before.fields.length - 1);
});
