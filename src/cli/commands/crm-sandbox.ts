import { join } from "node:path";
import { Argument, type Command } from "commander";
import { systemClock, systemRandom } from "../../runtime/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { vendorOf, vendorsWithSandbox } from "../crm/registry.ts";
import { CliFailure } from "../failure.ts";
import { makeFolder } from "../make-folder.ts";
import { storedSecret } from "../start/stored-secret.ts";
import { untilStopped } from "../until-stopped.ts";
import { portNumber, wholeNumber } from "./whole-number.ts";

interface CrmSandboxOptions {
  readonly data: string;
  readonly port: number;
  readonly seed?: number;
  readonly json?: true;
}

const defaultPort = 4402;

async function run(kind: string, options: CrmSandboxOptions): Promise<void> {
  makeFolder(options.data);
  const token = storedSecret(options.data, "crm-engine.token");
  const userToken = storedSecret(options.data, "crm-visitor.token");
  const database = await openDatabase(join(options.data, `${kind}.sqlite`));
  const vendor = vendorOf(kind);
  const sandbox = await vendor.sandbox?.open({
    database,
    clock: systemClock,
    random: systemRandom,
    engineToken: token,
    userToken,
  });
  if (!sandbox) throw new CliFailure(`There is no sandbox of ${vendor.title}.`);
  const url = await sandbox.listen(options.port);
  if (options.seed !== undefined) await sandbox.seed(options.seed);
  const text = options.json
    ? JSON.stringify({ kind, url, token, userToken })
    : [
        `The ${vendor.title} sandbox listens at ${url}`,
        `  token of the sync  ${token}`,
        `  token of a seller  ${userToken}`,
      ].join("\n");
  process.stdout.write(`${text}\n`);
  await untilStopped();
  await sandbox.close();
  await database.close();
}

/** `referrals crm-sandbox`: a CRM to develop and test against. */
export function registerCrmSandbox(program: Command): void {
  const kinds = vendorsWithSandbox.map((vendor) => vendor.kind);
  program
    .command("crm-sandbox")
    .description("Run an emulator of a CRM's protocol on this machine")
    .addArgument(new Argument("<kind>", "which CRM").choices(kinds))
    .option("--data <folder>", "folder for all state", "data/crm-sandbox")
    .option("--port <number>", "port; 0 for any free one", portNumber, defaultPort)
    .option("--seed <count>", "invent deals where there are none", wholeNumber(1))
    .option("--json", "print address and tokens as one JSON object")
    .action(run);
}
