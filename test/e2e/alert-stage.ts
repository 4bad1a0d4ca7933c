import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import { type AlertReceivers, alertsTo, startReceivers } from "./alert-receivers.ts";
import {
  type CommandOptions,
  command,
  type OutsideWorld,
  type Spoken,
  startOutsideWorld,
} from "./commands.ts";
import { type RunningProcess, startProcess } from "./processes.ts";

/** A configured folder between two outside systems, and everybody who is to be told. */
export interface AlertStage {
  readonly folder: string;
  /** The configuration's file. */
  readonly path: string;
  readonly world: OutsideWorld;
  readonly receivers: AlertReceivers;
  run(...args: readonly string[]): Promise<Spoken>;
  /** As `run`, for a command that asks for something meanwhile. */
  runWatched(args: readonly string[], options: Pick<CommandOptions, "onOutput">): Promise<Spoken>;
  /** Starts the sync; it ends with the stage at the latest. */
  start(): Promise<RunningProcess>;
  close(): Promise<void>;
}

type Section = Readonly<Record<string, unknown>>;

/** Sets both outside systems up with a sync that is allowed to write and alerts for all. */
export async function openAlertStage(sections: {
  readonly alerts: Section;
  readonly sync?: Section;
}): Promise<AlertStage> {
  const folder = mkdtempSync(join(tmpdir(), "cli-alerts-"));
  const path = join(folder, "referrals.config.yaml");
  const world = await startOutsideWorld({ referrals: 6, deals: 10 });
  const receivers = await startReceivers();
  const started: RunningProcess[] = [];
  const run = (...args: readonly string[]) => command(args, { cwd: folder });
  expect((await run("init", "--yes", ...world.initFlags)).code).toBe(0);
  const config = parse(readFileSync(path, "utf8"));
  config.sync = { ...config.sync, approval: "automatic", ...sections.sync };
  config.alerts = { ...alertsTo(receivers), perHour: 60, ...sections.alerts };
  writeFileSync(path, stringify(config));
  return {
    folder,
    path,
    world,
    receivers,
    run,
    runWatched: (args, options) => command(args, { cwd: folder, ...options }),
    start: async () => {
      const sync = await startProcess(["start", "--config", path]);
      started.push(sync);
      return sync;
    },
    close: async () => {
      await Promise.all(started.map((sync) => sync.kill()));
      await world.close();
      receivers.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
