import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { silentLog, systemClock } from "../../runtime/index.ts";
import type { Config } from "../config/config-schema.ts";
import { configFileName, dataFolderOf, loadConfig } from "../config/load-config.ts";
import { CliFailure } from "../failure.ts";
import { settingsOf } from "../start/configured.ts";
import { type Connections, openConnections } from "../start/connections.ts";
import { claimDataFolder, demonstrationMark, runningAddress } from "../start/data-folder.ts";
import { type OpenSync, openSync } from "../start/sync-process.ts";
import { clientByHttp, clientInProcess, type OperationsClient } from "./operations-client.ts";

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

/** A sync that this command opened itself, because no process runs on its data. */
export interface OwnSync extends OpenSync {
  readonly config: Config;
  readonly connections: Connections;
}

/** The operator's API, of the running process or of a sync opened for this command alone. */
export interface Operations extends OperationsClient {
  /** Where the running process serves its page; absent where none runs. */
  readonly url?: string;
  /** Present where no process runs: the command has the ledger for itself. */
  readonly own?: OwnSync;
  readonly data: string;
  close(): Promise<void>;
}

/** The configuration file that the options name, or the one in the current or the data folder. */
export function findConfigFile(options: LedgerOptions): string | undefined {
  if (options.config !== undefined) return options.config;
  // The demonstration leaves its own beside its data.
  const places = [configFileName, join(options.data ?? "data", configFileName)];
  return places.find((path) => existsSync(path));
}

/** The configuration in that file. Errors: CliFailure where there is none. */
export function requireConfig(options: LedgerOptions): Config {
  const path = findConfigFile(options);
  if (path === undefined) throw nothingConfigured();
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

const claimTries = 20;
const claimPauseMs = 250;

/** Claims the folder; another command that has it just now is done in a moment. */
async function claimPatiently(data: string): Promise<() => void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return claimDataFolder(data);
    } catch (error) {
      if (tries >= claimTries || runningAddress(data) !== undefined) throw error;
      await systemClock.sleep(claimPauseMs);
    }
  }
}

async function openOwn(config: Config, data: string): Promise<Operations> {
  const release = await claimPatiently(data);
  try {
    const connections = await openConnections({ ...config, data });
    const { environment, server } = config;
    const log = silentLog;
    const settings = settingsOf(config);
    const sync = await openSync({ connections, settings, data, environment, server, log });
    await sync.engine.open();
    const close = async (): Promise<void> => {
      await sync.engine.stop();
      await sync.close();
      release();
    };
    const own = { ...sync, config, connections };
    return { ...clientInProcess(sync.server, data), own, data, close };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Opens the operator's API: of the process that runs on the data folder, or of a sync opened here.
 * The folder's lock keeps two engines from one ledger. The caller closes.
 */
export async function openOperations(options: LedgerOptions): Promise<Operations> {
  const data = dataFolder(options);
  const url = runningAddress(data);
  if (url !== undefined) {
    return { ...clientByHttp(url, data), url, data, close: async () => {} };
  }
  if (existsSync(join(data, demonstrationMark))) {
    throw new CliFailure("The demonstration isn't running.", {
      place: data,
      remedy: "Start it in another terminal: npm start",
    });
  }
  return openOwn(requireConfig(options), data);
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
