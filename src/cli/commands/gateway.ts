import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Gateway } from "../../connector/index.ts";
import { createLog } from "../../runtime/index.ts";
import { CliFailure } from "../failure.ts";
import { makeFolder } from "../make-folder.ts";
import { untilStopped } from "../until-stopped.ts";
import { keepYoungSpaceSmall } from "../young-space.ts";
import { forgetGateway, rememberGateway } from "./gateway-file.ts";
import type { UpstreamOptions } from "./gateway-upstream.ts";
import { registerGatewayVerbs } from "./gateway-verbs.ts";
import { portNumber, wholeNumber } from "./whole-number.ts";

const defaultPort = 4020;
const secondMs = 1_000;

interface RunOptions extends UpstreamOptions {
  readonly data: string;
  readonly database?: string;
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: string;
  readonly pages: "follow" | "pass";
  readonly cache: number;
  readonly limit?: number;
  readonly poll?: number;
  readonly privateCallbacks?: true;
  readonly json?: true;
  readonly log: string;
}

async function open(options: RunOptions): Promise<Gateway> {
  keepYoungSpaceSmall();
  // Loaded only here, so that the operator's commands answer at once.
  const { tokenKeyFromFile } = await import("../../client/index.ts");
  const { createGateway } = await import("../../connector/index.ts");
  const { guardedHttp } = await import("../../service/index.ts");
  const { upstreamPart } = await import("./gateway-upstream.ts");
  const { data, limit, poll, publicUrl } = options;
  const allowsPrivateCallbacks = options.privateCallbacks ?? options.sandbox !== undefined;
  const upstream = await upstreamPart(options);
  makeFolder(data);
  return createGateway({
    ...upstream,
    keys: [await tokenKeyFromFile(join(data, "token.key"))],
    callbackHttp: guardedHttp({ allowPrivateAddresses: allowsPrivateCallbacks }),
    allowsPrivateCallbacks,
    database: options.database ?? join(data, "gateway.sqlite"),
    host: options.host,
    port: options.port,
    pages: options.pages,
    cacheMaxAgeMs: options.cache * secondMs,
    log: createLog(options.log),
    measuresProcess: true,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(limit === undefined ? {} : { callLimit: limit }),
    ...(poll === undefined ? {} : { pollMs: poll * secondMs, expiryPollMs: poll * secondMs }),
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
function announcement(gateway: Gateway) {
  const { newClientSecret, adminSecret, urls } = gateway;
  return {
    ...urls,
    clientId: "power-platform",
    ...(newClientSecret === undefined ? {} : { clientSecret: newClientSecret }),
    adminSecret,
  };
}

function friendlyText(gateway: Gateway, options: RunOptions): string {
  const { urls, newClientSecret } = gateway;
  const { host } = new URL(urls.baseUrl);
  const insecure = urls.baseUrl.startsWith("http:") ? " --insecure" : "";
  return [
    `The gateway is running at ${urls.baseUrl}`,
    "",
    `  referrals   ${urls.referralsUrl}`,
    `  sign-in     ${urls.authorizationUrl}`,
    `  tokens      ${urls.tokenUrl}`,
    `  data        ${options.database ?? options.data}`,
    "",
    "Power Platform signs in to it as",
    "  client id   power-platform",
    newClientSecret === undefined
      ? "  secret      as shown at the first start; `referrals gateway new-secret` makes another"
      : `  secret      ${newClientSecret}   (shown only now)`,
    "",
    `The app at the issuer must allow the redirect address ${urls.callbackUrl}`,
    "The package that points here:",
    `  referrals connector export --profile gateway --edition current --host ${host}${insecure} \\`,
    "    --out connector",
    "",
    "Ctrl+C stops it; connections stay.",
    "",
  ].join("\n");
}

async function run(options: RunOptions): Promise<void> {
  const gateway = await open(options);
  try {
    await gateway.listen().catch((error: unknown) => {
      throw explainListenFailure(error, options);
    });
    const stopped = untilStopped();
    rememberGateway(options.data, gateway);
    const text = options.json
      ? `${JSON.stringify(announcement(gateway))}\n`
      : friendlyText(gateway, options);
    process.stdout.write(text);
    await stopped;
  } finally {
    forgetGateway(options.data);
    await gateway.close();
  }
}

/** Adds `referrals gateway` and the commands for its operator. */
export function registerGateway(program: Command): void {
  const gateway = program
    .command("gateway")
    .description("Serve the connector's paths: connections, limits, triggers, and Partner Center")
    .option("--data <folder>", "where its data lie", "data/gateway")
    .option("--database <url>", "postgres://… or sqlite:PATH, in place of a file in the folder")
    .option("--host <address>", "the address to listen on", "127.0.0.1")
    .option("--port <number>", "the port; 0 takes any free one", portNumber, defaultPort)
    .option("--public-url <url>", "the address under which Power Platform reaches it")
    .option("--sandbox [folder]", "forward to a sandbox that runs on this machine (data/sandbox)")
    .option("--authority <url>", "where people sign in: https://login.microsoftonline.com/<tenant>")
    .option("--client-id <id>", "your app there")
    .option("--client-secret-file <file>", "holds your app's secret")
    .option("--upstream <url>", "the referrals API, where it isn't Microsoft's own")
    .addOption(
      new Option("--pages <way>", "answer lists whole, or page by page")
        .choices(["follow", "pass"])
        .default("follow"),
    )
    .option("--cache <seconds>", "how old an answer to a read may be", wholeNumber(0), 0)
    .option("--limit <calls>", "calls per connection in a minute (100)", wholeNumber(1))
    .option("--poll <seconds>", "how often triggers look for changes (60)", wholeNumber(1))
    .option("--webhooks", "ask Partner Center for webhooks, where nobody else has them")
    .option("--private-callbacks", "let triggers notify private addresses and plain http")
    .option("--json", "print one line of JSON for programs")
    .addOption(
      new Option("--log <level>", "log to standard error")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info"),
    )
    .action((options: RunOptions) => run(options));
  registerGatewayVerbs(gateway);
  for (const command of gateway.commands) command.exitOverride();
}
