import { readFileSync } from "node:fs";
import { loadMapping } from "../compile-mapping.ts";
import type { Mapping } from "../mapping-port.ts";

export { createSqlAdapter } from "./adapter.ts";
export type {
  SqlAccounts,
  SqlAdapterOptions,
  SqlLayout,
  SqlList,
  StampKind,
} from "./layout.ts";
export { inspectSql, prepareSql, readSqlFields, type SqlSetupOptions } from "./setup.ts";

/** The text of the ready mapping, to be copied and changed. */
export function readySqlMappingText(): string {
  return readFileSync(new URL("mapping.yaml", import.meta.url), "utf8");
}

/** The ready mapping for a table of deals, compiled. */
export function readySqlMapping(): Mapping {
  return loadMapping(readySqlMappingText(), "sql/mapping.yaml");
}
