import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Config } from "../config/config-schema.ts";
import { vendorOf } from "../crm/registry.ts";
import { type Connections, openConnections } from "./connections.ts";

/** Where a mapping lies, and how the sync connects anew once it was changed. */
export interface MappingHome {
  readonly path: string;
  readonly canSave: boolean;
  read(): Promise<string>;
  write(text: string): Promise<void>;
  reconnect(): Promise<Connections>;
}

/**
 * The mapping of a configuration: its file where it names one, or else the CRM's ready mapping.
 * `own`: a file that takes the ready mapping's place as soon as somebody changes it.
 */
export function mappingHome(config: Config, own?: string): MappingHome {
  const file = config.mapping ?? own;
  const path = file ?? `the ready ${config.crm.kind} mapping`;
  return {
    path,
    canSave: file !== undefined,
    read: async () =>
      file !== undefined && existsSync(file)
        ? readFileSync(file, "utf8")
        : vendorOf(config.crm.kind).mappingText(config.crm),
    write: async (text) => {
      if (file === undefined) throw new Error("the configuration names no mapping file");
      if (existsSync(file)) copyFileSync(file, `${file}.before`);
      writeFileSync(`${file}.new`, text, { flush: true });
      renameSync(`${file}.new`, file);
    },
    reconnect: () => openConnections(withOwnMapping(config, own)),
  };
}

/**
 * The configuration with the file that was stored in place of the ready mapping, if there is one.
 */
export function withOwnMapping(config: Config, own?: string): Config {
  const isChanged = config.mapping === undefined && own !== undefined && existsSync(own);
  return isChanged ? { ...config, mapping: own } : config;
}
