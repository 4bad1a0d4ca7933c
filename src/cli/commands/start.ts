import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { createLog } from "../../runtime/index.ts";
import { configFileName } from "../config/config-file.ts";
import { loadConfig } from "../config/load-config.ts";
import { vendorOf, vendorsWithSandbox } from "../crm/registry.ts";
import { startConfigured } from "../start/configured.ts";
import { type DemonstrationLine, startDemonstration } from "../start/demonstration.ts";
import { untilStopped } from "../until-stopped.ts";
import { portNumber } from "./whole-number.ts";

const defaultPort = 4400;

interface StartOptions {
  readonly port?: number;
  readonly data?: string;
  readonly config?: string;
  readonly crm: string;
  readonly json?: true;
  readonly log: string;
}

function friendlyText({ statusUrl, referrals, crm }: DemonstrationLine, data: string): string {
  const [visitor] = referrals.clients;
  const vendor = vendorOf(crm.kind);
  return [
    "partner-referrals is running. Two sandboxes, and the sync between them:",
    "",
    `  Status page            ${statusUrl}   ← open this`,
    `  Referrals service      ${referrals.referralsUrl}`,
    `  ${`CRM (${vendor.title})`.padEnd(22)} ${crm.url}`,
    `  Data                   ${data}   (survives a restart; delete it to begin anew)`,
    "",
    "Try it: change a deal's value in the CRM, and watch Partner Center follow within two seconds.",
    "",
    ...(vendor.sandbox?.tryIt(crm.url, crm.token) ?? []).map((text) => `  ${text}`),
    "",
    "Or be Microsoft and send a new lead, which becomes a deal in the CRM:",
    "",
    `  curl -X POST '${referrals.adminUrl}/referrals' -d '{}' -H 'content-type: application/json' \\`,
    `    -H 'authorization: Bearer ${referrals.adminSecret}'`,
    "",
    "Or call the referrals API as an app of yours:",
    "",
    `  TOKEN=$(curl -s '${referrals.tokenUrl}' -d grant_type=client_credentials \\`,
    `    -d client_id=${visitor?.clientId} -d client_secret=${visitor?.clientSecret} \\`,
    `    | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `  curl -s '${referrals.referralsUrl}?$top=3' -H "authorization: Bearer $TOKEN"`,
    "",
    "Or look at it from another terminal:",
    "",
    "  npm run -s referrals -- status       also show, conflicts, history, plan, doctor, …",
    "",
    "Ctrl+C stops it.",
    "",
  ].join("\n");
}

async function runDemonstration(options: StartOptions): Promise<void> {
  const data = resolve(options.data ?? "data");
  const log = createLog(options.log);
  const demonstration = await startDemonstration({
    data,
    port: options.port ?? defaultPort,
    log,
    crm: options.crm,
  });
  const { line } = demonstration;
  const text = options.json ? `${JSON.stringify(line)}\n` : friendlyText(line, data);
  process.stdout.write(text);
  await Promise.race([untilStopped(), demonstration.running]);
  await demonstration.stop();
}

async function runConfigured(path: string, options: StartOptions): Promise<void> {
  const loaded = loadConfig(path, process.env);
  const config = {
    ...loaded,
    ...(options.data ? { data: resolve(options.data) } : {}),
    server: { ...loaded.server, ...(options.port === undefined ? {} : { port: options.port }) },
  };
  const sync = await startConfigured(config, createLog(options.log));
  const { statusUrl } = sync;
  const text = `The sync of ${path} is running. Status page: ${statusUrl}\nCtrl+C stops it.\n`;
  process.stdout.write(options.json ? `${JSON.stringify({ statusUrl })}\n` : text);
  await Promise.race([untilStopped(), sync.running]);
  await sync.stop();
}

/** `referrals start`: the main job. */
export function registerStart(program: Command): void {
  program
    .command("start")
    .description(
      "Keep the CRM and Partner Center in step. Without a configuration: a demonstration " +
        "with two sandboxes on this machine.",
    )
    .option("--config <file>", `configuration; ./${configFileName} is used where it exists`)
    .option("--data <folder>", "folder for all state (default: ./data, or the configuration's)")
    .option("--port <number>", "first port of the page; 0 for any free ones", portNumber)
    .addOption(
      new Option("--crm <kind>", "the CRM of the demonstration")
        .choices(vendorsWithSandbox.map((vendor) => vendor.kind))
        .default("dynamics365"),
    )
    .option("--json", "print where everything is as one JSON object")
    .option("--log <level>", "debug, info, warn, error or silent", "warn")
    .action(async (options: StartOptions) => {
      const path = options.config ?? (existsSync(configFileName) ? configFileName : undefined);
      if (path === undefined) await runDemonstration(options);
      else await runConfigured(path, options);
    });
}
