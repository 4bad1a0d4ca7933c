import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { configFileName, dataFolderOf } from "../config/config-file.ts";
import type { Config } from "../config/config-schema.ts";
import { CliFailure } from "../failure.ts";
import { isOfSandbox, refuseSandboxFolder, runningAddress } from "../start/data-folder.ts";
import type { Operations } from "./operations.ts";
import { clientByHttp } from "./operations-client.ts";

/** The options that every command on the ledger takes. */
export interface LedgerOptions {
  readonly config?: string;
  readonly data?: string;
  readonly json?: true;
}

/** Adds those options. */
export function addLedgerOptions(command: Command): Command {
  return command
    .option("--config <file>", `configuration; ./${configFileName} is used where it exists`)
    .option("--data <folder>", "folder of the state, as `referrals start` was told")
    .option("--json", "print the answer as one JSON object");
}

/** The configuration file that the options name, or the one in the current or the data folder. */
export function findConfigFile(options: LedgerOptions): string | undefined {
  if (options.config !== undefined) return options.config;
  // The demonstration leaves its own beside its data.
  const places = [configFileName, join(options.data ?? "data", configFileName)];
  return places.find((path) => existsSync(path));
}

/** The configuration in that file. Errors: CliFailure where there is none. */
export async function requireConfig(options: LedgerOptions): Promise<Config> {
  const path = findConfigFile(options);
  if (path === undefined) throw nothingConfigured();
  // Loaded only here: a question to a running process needs no adapter's words.
  const { loadConfig } = await import("../config/load-config.ts");
  const config = loadConfig(path, process.env);
  return options.data === undefined ? config : { ...config, data: resolve(options.data) };
}

function nothingConfigured(): CliFailure {
  return new CliFailure("Nothing is configured here yet.", {
    place: process.cwd(),
    remedy: "Write a configuration with `referrals init`, or try the demonstration: npm start",
  });
}

/** The data folder that the options name: told, or the configuration's, or ./data. */
export function dataFolder(options: LedgerOptions): string {
  if (options.data !== undefined) return resolve(options.data);
  const path = findConfigFile(options);
  return path === undefined ? resolve("data") : dataFolderOf(path);
}

/**
 * Opens the operator's API: of the process that runs on the data folder, or of a sync opened here.
 * The folder's lock keeps two engines from one ledger. The caller closes.
 */
export async function openOperations(options: LedgerOptions): Promise<Operations> {
  const data = dataFolder(options);
  const configFile = findConfigFile(options);
  // The demonstration's own configuration lies beside its data.
  const isOthers = configFile !== undefined && dirname(resolve(configFile)) !== data;
  if (options.data === undefined && isOthers) refuseSandboxFolder(data);
  const url = runningAddress(data);
  if (url !== undefined) {
    return { ...clientByHttp(url, data), url, data, close: async () => {} };
  }
  if (isOfSandbox(data)) {
    throw new CliFailure("The demonstration isn't running.", {
      place: data,
      remedy: "Start it in another terminal: npm start",
    });
  }
  const config = await requireConfig(options);
  // Loaded only here: a question to a running process needs no engine.
  const { openOwnSync } = await import("./open-own-sync.ts");
  return openOwnSync(config, data);
}

/** Opens the API for one piece of work and closes it again, whatever comes of the work. */
export async function withOperations<T>(
  options: LedgerOptions,
  work: (operations: Operations) => Promise<T>,
): Promise<T> {
  const operations = await openOperations(options);
  try {
    return await work(operations);
  } finally {
    await operations.close();
  }
}
