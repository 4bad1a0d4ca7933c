import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import type { McpOptions } from "../../connector/index.ts";
import { CliFailure } from "../failure.ts";
import { packageVersion } from "../package-version.ts";
import { untilStopped } from "../until-stopped.ts";
import { portNumber } from "./whole-number.ts";

interface McpCommandOptions {
  readonly config?: string;
  /** The data folder of a running sandbox; true for the usual one. */
  readonly sandbox?: string | true;
  readonly operations?: string;
  readonly readOnly?: true;
  readonly http?: true;
  readonly host: string;
  readonly hostName?: readonly string[];
  readonly port: number;
  readonly secret?: string;
  readonly json?: true;
  readonly log: string;
}

const usualSandbox = "data/sandbox";
const defaultPort = 4030;
const secretBytes = 32;

type Connected = Pick<McpOptions, "client" | "operationsUrl" | "operationsToken">;

/** Where the referrals are, who signs in, and where a sync runs. */
async function connect(options: McpCommandOptions): Promise<Connected> {
  const { ReferralsClient } = await import("../../client/index.ts");
  if (options.sandbox !== undefined) {
    const { sandboxSignIn } = await import("./mcp-sandbox.ts");
    const folder = options.sandbox === true ? usualSandbox : options.sandbox;
    return { client: new ReferralsClient(await sandboxSignIn(folder)) };
  }
  const { configFileName } = await import("../config/config-file.ts");
  const { loadConfig } = await import("../config/load-config.ts");
  const path = options.config ?? configFileName;
  if (options.config === undefined && !existsSync(path)) {
    throw new CliFailure("The MCP server doesn't know where the referrals are.", {
      remedy: "Run it beside referrals.config.yaml, name that with --config, or try --sandbox.",
    });
  }
  const { partnerCenterCredential } = await import("../start/connections.ts");
  const config = loadConfig(path, process.env);
  const { referralsUrl, scope } = config.partnerCenter;
  const { host, port } = config.server;
  const { runningAddress } = await import("../start/data-folder.ts");
  const { operationsToken } = await import("../ledger-access/operations-client.ts");
  const token = operationsToken(config.data);
  const credential = await partnerCenterCredential(config);
  const client = new ReferralsClient({ credential, endpoint: referralsUrl, scopes: scope });
  const operationsUrl = runningAddress(config.data) ?? `http://${host}:${port}`;
  return { client, operationsUrl, ...(token === undefined ? {} : { operationsToken: token }) };
}

async function run(options: McpCommandOptions): Promise<void> {
  const { createLog, systemRandom } = await import("../../runtime/index.ts");
  const { serveMcpOverHttp, serveMcpOverStdio } = await import("../../connector/index.ts");
  const { operations } = options;
  const serving = {
    ...(await connect(options)),
    ...(operations === undefined ? {} : { operationsUrl: operations }),
    isReadOnly: options.readOnly ?? false,
    version: packageVersion(),
    log: createLog(options.log),
  };
  if (!options.http) return serveMcpOverStdio(serving, untilStopped());
  const secret =
    options.secret ?? Buffer.from(systemRandom.bytes(secretBytes)).toString("base64url");
  const { host, port, hostName: hosts = [] } = options;
  const server = await serveMcpOverHttp({ ...serving, host, port, hosts, secret });
  const stopped = untilStopped();
  const text = options.json
    ? `${JSON.stringify({ url: server.url, secret })}\n`
    : `Agents reach it at ${server.url}\nwith the header  authorization: Bearer ${secret}\n` +
      "Ctrl+C stops it.\n";
  process.stdout.write(text);
  await stopped;
  await server.close();
}

/** Adds `referrals mcp`. */
export function registerMcp(program: Command): void {
  program
    .command("mcp")
    .description(
      "Serve AI agents by the Model Context Protocol: the actions as tools, help on lifecycle " +
        "and fields, and the state of the sync. Writes are confirmed by a person.",
    )
    .option("--config <file>", "configuration; ./referrals.config.yaml is used where it exists")
    .option("--sandbox [folder]", "use a sandbox that runs on this machine (data/sandbox)")
    .option("--operations <url>", "a running sync, where it isn't the configuration's")
    .option("--read-only", "offer no tool that changes anything")
    .option("--http", "serve streamable HTTP instead of standard input and output")
    .option("--host <address>", "with --http: the address to listen on", "127.0.0.1")
    .option("--host-name <name...>", "with --http: the name under which a proxy is reached")
    .option("--port <number>", "with --http: the port; 0 for any", portNumber, defaultPort)
    .addOption(
      new Option("--secret <text>", "with --http: what agents send as bearer token (random)").env(
        "REFERRALS_MCP_SECRET",
      ),
    )
    .option("--json", "with --http: print one line of JSON for programs")
    .addOption(
      new Option("--log <level>", "log to standard error")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("warn"),
    )
    .action((options: McpCommandOptions) => run(options));
}
