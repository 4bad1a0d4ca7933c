import { readFileSync } from "node:fs";
import { loadMapping } from "../compile-mapping.ts";
import type { Mapping } from "../mapping-port.ts";

export { createEspoAdapter, type EspoAdapterOptions } from "./adapter.ts";
export { type EspoSetupOptions, inspectEspo, prepareEspo, readEspoFields } from "./setup.ts";
export { type EspoWebhookOptions, espoWebhook } from "./webhook.ts";

/** The text of the ready mapping, to be used as it is or copied and changed. */
export function readyEspoMappingText(): string {
  return readFileSync(new URL("mapping.yaml", import.meta.url), "utf8");
}

/** The ready mapping for EspoCRM, compiled. */
export function readyEspoMapping(): Mapping {
  return loadMapping(readyEspoMappingText(), "espocrm/mapping.yaml");
}
