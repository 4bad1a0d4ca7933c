import type { Config } from "../config/config-schema.ts";
import type { Connections } from "../start/connections.ts";
import type { OpenSync } from "../start/sync-process.ts";
import type { OperationsClient } from "./operations-client.ts";

/** A sync that a command opened itself, because no process runs on its data. */
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
