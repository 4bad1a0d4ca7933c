import { silentLog, systemClock } from "../../runtime/index.ts";
import type { Config } from "../config/config-schema.ts";
import { settingsOf } from "../start/configured.ts";
import { openConnections } from "../start/connections.ts";
import { claimDataFolder, runningAddress } from "../start/data-folder.ts";
import { openSync } from "../start/sync-process.ts";
import type { Operations } from "./operations.ts";
import { clientInProcess } from "./operations-client.ts";

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

/** Opens a sync for one command: the folder is claimed, the ledger opened, the engine at hand. */
export async function openOwnSync(config: Config, data: string): Promise<Operations> {
  const release = await claimPatiently(data);
  try {
    const connections = await openConnections({ ...config, data });
    const { environment, server, alerts } = config;
    const log = silentLog;
    const settings = settingsOf(config);
    const sync = await openSync({
      connections,
      settings,
      data,
      environment,
      server,
      log,
      alerts,
    });
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
