import type { Command } from "commander";
import { configFileName, loadConfig } from "../config/load-config.ts";
import { vendorOf } from "../crm/registry.ts";
import type { CrmInspection } from "../crm/vendor.ts";
import { exitCodes } from "../exit-codes.ts";
import { connectCrm, readMapping } from "../start/connections.ts";

interface CrmSetupOptions {
  readonly config: string;
  readonly create?: true;
  readonly json?: true;
}

const isReady = ({ missing, problems, pending }: CrmInspection): boolean =>
  missing.length + problems.length + pending.length === 0;

function printInspection(found: CrmInspection, canPrepare: boolean): void {
  const { missing, pending, problems, stages } = found;
  const lines = [
    ...(stages.length > 0 ? ["Stages, as a mapping names them:"] : []),
    ...stages.map(({ value, label }) => `  ${value}  ${label}`),
    ...missing.map(({ name, label }) => `✗ ${name}\n  for: ${label}`),
    ...problems.map(({ sentence, remedy }) => `✗ ${sentence}\n  → ${remedy}`),
    ...pending.map((sentence) => `… ${sentence}`),
  ];
  if (isReady(found)) lines.push("✓ The CRM has everything that the mapping uses.");
  if (missing.length > 0 && canPrepare) {
    lines.push("→ Create what is missing: referrals crm-setup --create");
  }
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function run({ config: path, create, json }: CrmSetupOptions): Promise<void> {
  const config = loadConfig(path, process.env);
  const crm = await connectCrm(config, await readMapping(config));
  const created: string[] = [];
  if (create) {
    await crm.prepare?.((done) => {
      created.push(done);
      if (!json) process.stdout.write(`✓ created ${done}\n`);
    });
  }
  const found = await crm.inspect();
  if (json) {
    const kind = vendorOf(config.crm.kind).kind;
    process.stdout.write(`${JSON.stringify({ kind, created, ...found })}\n`);
  } else {
    printInspection(found, crm.prepare !== undefined);
  }
  await crm.close?.();
  process.exitCode = isReady(found) ? exitCodes.done : exitCodes.attention;
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
