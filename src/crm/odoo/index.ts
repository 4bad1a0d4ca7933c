import { readFileSync } from "node:fs";
import { loadMapping } from "../compile-mapping.ts";
import type { Mapping } from "../mapping-port.ts";

export { createOdooAdapter, type OdooAdapterOptions } from "./adapter.ts";
export { inspectOdoo, type OdooSetupOptions, prepareOdoo, readOdooFields } from "./setup.ts";
export { type OdooWebhookOptions, odooWebhook } from "./webhook.ts";

/** The text of the ready mapping, to be used as it is or copied and changed. */
export function readyOdooMappingText(): string {
  return readFileSync(new URL("mapping.yaml", import.meta.url), "utf8");
}

/** The ready mapping for Odoo, compiled. */
export function readyOdooMapping(): Mapping {
  return loadMapping(readyOdooMappingText(), "odoo/mapping.yaml");
}
