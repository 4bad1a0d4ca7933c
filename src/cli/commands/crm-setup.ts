import type { Command } from "commander";
import {
  type DynamicsInspection,
  inspectDynamics,
  prepareDynamics,
  readStatusChoices,
  type StatusChoice,
} from "../../crm/dynamics365/index.ts";
import { crmFieldsOf } from "../../crm/index.ts";
import { fetchHttp, systemClock } from "../../runtime/index.ts";
import { configFileName, loadConfig } from "../config/load-config.ts";
import { exitCodes } from "../exit-codes.ts";
import { crmToken, readMapping } from "../start/connections.ts";

interface CrmSetupOptions {
  readonly config: string;
  readonly create?: true;
  readonly json?: true;
}

function printInspection(
  { missing, pendingKeys, problems }: DynamicsInspection,
  statuses: readonly StatusChoice[],
): void {
  const lines = [
    "Status reasons, as a mapping names them:",
    ...statuses.map(({ value, label }) => `  ${value}  ${label}`),
    ...missing.map(({ name, label }) => `✗ ${name}\n  for: ${label}`),
    ...problems.map((problem) => `✗ ${problem}`),
    ...pendingKeys.map((key) => `… the index of ${key} is still being built`),
  ];
  if (missing.length + problems.length + pendingKeys.length === 0) {
    lines.push("✓ The CRM has everything that the mapping uses.");
  }
  if (missing.length > 0) lines.push("→ Create what is missing: referrals crm-setup --create");
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function run({ config: path, create, json }: CrmSetupOptions): Promise<void> {
  const config = loadConfig(path, process.env);
  const mapping = readMapping(config);
  const { referralId } = mapping.stateFields ?? {};
  const options = {
    http: fetchHttp,
    clock: systemClock,
    rootUrl: config.crm.url,
    getToken: crmToken(config),
    deals: config.crm.deals,
    fields: crmFieldsOf(mapping),
    ...(referralId === undefined ? {} : { keyColumn: referralId }),
  };
  const created: string[] = [];
  if (create) {
    await prepareDynamics(options, (done) => {
      created.push(done);
      if (!json) process.stdout.write(`✓ created ${done}\n`);
    });
  }
  const found = await inspectDynamics(options);
  const statuses = await readStatusChoices(options);
  const { missing, pendingKeys, problems } = found;
  if (json) {
    const names = missing.map(({ name, label }) => ({ name, label }));
    process.stdout.write(
      `${JSON.stringify({ created, missing: names, problems, pendingKeys, statuses })}\n`,
    );
  } else {
    printInspection(found, statuses);
  }
  const isReady = missing.length + problems.length + pendingKeys.length === 0;
  process.exitCode = isReady ? exitCodes.done : exitCodes.attention;
}

/** `referrals crm-setup`: lists what the CRM lacks for the mapping, and creates it on request. */
export function registerCrmSetup(program: Command): void {
  program
    .command("crm-setup")
    .description("List the columns, keys and tables that the CRM lacks; create them on request")
    .option("--config <file>", "configuration", configFileName)
    .option("--create", "create what is missing and publish it")
    .option("--json", "print the outcome as one JSON object")
    .action(run);
}
