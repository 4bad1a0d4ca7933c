import { join } from "node:path";
import { type Command, Option } from "commander";
import { createLog } from "../../runtime/index.ts";
import type { ReferralsService } from "../../service/index.ts";
import { CliFailure } from "../failure.ts";
import { makeFolder } from "../make-folder.ts";
import { untilStopped } from "../until-stopped.ts";
import { keepYoungSpaceSmall } from "../young-space.ts";
import { forgetSandbox, rememberSandbox } from "./sandbox-file.ts";
import { registerSandboxVerbs } from "./sandbox-verbs.ts";
import { portNumber, wholeNumber } from "./whole-number.ts";

const defaultPort = 4010;

interface RunOptions {
  readonly data: string;
  readonly database?: string;
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: string;
  readonly seed?: number;
  readonly limit?: number;
  readonly json?: true;
  readonly accept: boolean;
  readonly requestIds: boolean;
  readonly privateWebhooks?: boolean;
  readonly log: string;
}

const isLoopback = (host: string): boolean => /^(127\.|localhost$|::1$)/.test(host);

async function open(options: RunOptions): Promise<ReferralsService> {
  keepYoungSpaceSmall();
  // Loaded only here, so that the commands that play Microsoft answer at once.
  const { createReferralsService } = await import("../../service/index.ts");
  makeFolder(options.data);
  return createReferralsService({
    database: options.database ?? join(options.data, "referrals.sqlite"),
    host: options.host,
    port: options.port,
    log: createLog(options.log),
    logsRequests: options.log === "info" || options.log === "debug",
    acceptsAtOnce: options.accept,
    honoursRequestIds: options.requestIds,
    // Whoever runs the sandbox for themselves alone has their receiver on the same machine.
    allowsPrivateWebhooks: options.privateWebhooks ?? isLoopback(options.host),
    measuresProcess: true,
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    ...(options.limit === undefined ? {} : { callLimit: options.limit }),
  });
}

function explainListenFailure(error: unknown, options: RunOptions): unknown {
  const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  return new CliFailure(`port ${options.port} of ${options.host} can't be opened (${code})`, {
    remedy: "Choose another one with --port, or --port 0 for any free one.",
    cause: error,
  });
}

/** What a program reads from the first line of standard output. */
function announcement(service: ReferralsService) {
  const { referralsUrl, tokenUrl, webhookRegistrationUrl, adminUrl } = service.urls;
  const clients = service.clients.map(({ clientId, clientSecret, organizationId, role }) => ({
    clientId,
    clientSecret,
    organizationId,
    role,
  }));
  const { adminSecret } = service;
  return { referralsUrl, tokenUrl, webhookRegistrationUrl, adminUrl, clients, adminSecret };
}

function friendlyText(service: ReferralsService, options: RunOptions): string {
  const { urls, clients } = service;
  const [first] = clients;
  const accounts = clients.map(
    (client) =>
      `  ${client.role.padEnd(15)} of ${client.organizationName} (${client.organizationId})\n` +
      `    client id ${client.clientId}   secret ${client.clientSecret}`,
  );
  return [
    `The referrals sandbox is running. Try it in a browser: ${urls.baseUrl}/`,
    "",
    `  referrals   ${urls.referralsUrl}`,
    `  tokens      ${urls.tokenUrl}`,
    `  webhooks    ${urls.webhookRegistrationUrl}`,
    `  admin       ${urls.adminUrl}   secret ${service.adminSecret}`,
    `  data        ${options.database ?? options.data}`,
    "",
    "Apps that can sign in:",
    ...accounts,
    "",
    "A first call:",
    `  TOKEN=$(curl -s ${urls.tokenUrl} -d grant_type=client_credentials \\`,
    `    -d client_id=${first?.clientId} -d client_secret=${first?.clientSecret} \\`,
    `    | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `  curl -H "Authorization: Bearer $TOKEN" '${urls.referralsUrl}?$top=5'`,
    "",
    "Play Microsoft from another terminal:",
    `  referrals sandbox send --data ${options.data}`,
    "",
    "Ctrl+C stops it; the data stays.",
    "",
  ].join("\n");
}

async function run(options: RunOptions): Promise<void> {
  const service = await open(options);
  try {
    await service.listen().catch((error: unknown) => {
      throw explainListenFailure(error, options);
    });
    const stopped = untilStopped();
    const seeded = options.seed === undefined ? 0 : await service.seed(options.seed);
    rememberSandbox(options.data, service);
    const text = options.json
      ? `${JSON.stringify(announcement(service))}\n`
      : friendlyText(service, options);
    process.stdout.write(text);
    if (!options.json && seeded > 0) process.stdout.write(`${seeded} referrals were invented.\n`);
    await stopped;
  } finally {
    forgetSandbox(options.data);
    await service.close();
  }
}

/** Adds `referrals sandbox` and the commands that play Microsoft in a running one. */
export function registerSandbox(program: Command): void {
  const sandbox = program
    .command("sandbox")
    .description("Run the referrals service on this machine, and play Microsoft in it")
    .option("--data <folder>", "where its data lie", "data/sandbox")
    .option("--database <url>", "postgres://… or sqlite:PATH, in place of a file in the folder")
    .option("--host <address>", "the address to listen on", "127.0.0.1")
    .option("--port <number>", "the port; 0 takes any free one", portNumber, defaultPort)
    .option("--public-url <url>", "the address under which others reach it")
    .option("--seed <count>", "invent so many referrals, where there are none yet", wholeNumber(1))
    .option("--limit <calls>", "calls per connection in a minute (100)", wholeNumber(1))
    .option("--json", "print one line of JSON for programs")
    .option("--no-accept", "leave a partner's New/Pending as it is until Microsoft answers")
    .option("--no-request-ids", "ignore MS-RequestId: a repeated POST makes a second referral")
    .option("--private-webhooks", "allow webhooks to private addresses (on a loopback host: yes)")
    .option("--no-private-webhooks", "send webhooks to public https addresses only")
    .addOption(
      new Option("--log <level>", "log to standard error")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("warn"),
    )
    .action((options: RunOptions) => run(options));
  registerSandboxVerbs(sandbox);
  for (const command of sandbox.commands) command.exitOverride();
}
