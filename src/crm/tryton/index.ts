import { readFileSync } from "node:fs";
import { loadMapping } from "../compile-mapping.ts";
import type { Mapping } from "../mapping-port.ts";

export { createTrytonAdapter, type TrytonAdapterOptions } from "./adapter.ts";
export { inspectTryton, readTrytonFields, type TrytonSetupOptions } from "./setup.ts";

/** The text of the ready mapping, to be used as it is or copied and changed. */
export function readyTrytonMappingText(): string {
  return readFileSync(new URL("mapping.yaml", import.meta.url), "utf8");
}

/** The ready mapping for Tryton, compiled. */
export function readyTrytonMapping(): Mapping {
  return loadMapping(readyTrytonMappingText(), "tryton/mapping.yaml");
}
