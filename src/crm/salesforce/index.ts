import { readFileSync } from "node:fs";
import { loadMapping } from "../compile-mapping.ts";
import type { Mapping } from "../mapping-port.ts";

export type { GetToken } from "../adapting/token-source.ts";
export { createSalesforceAdapter, type SalesforceAdapterOptions } from "./adapter.ts";
export {
  inspectSalesforce,
  prepareSalesforce,
  readSalesforceFields,
  type SalesforceFieldInfo,
  type SalesforceSetupOptions,
  suggestSalesforceMapping,
} from "./setup.ts";
export { type ClientCredentials, clientCredentialsToken } from "./token.ts";

/** The text of the ready mapping, to be used as it is or copied and changed. */
export function readySalesforceMappingText(): string {
  return readFileSync(new URL("mapping.yaml", import.meta.url), "utf8");
}

/** The ready mapping for Salesforce, compiled. */
export function readySalesforceMapping(): Mapping {
  return loadMapping(readySalesforceMappingText(), "salesforce/mapping.yaml");
}
