import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";

/** The file that `npm start` looks for in the current folder. */
export const configFileName = "referrals.config.yaml";

/** Where the state lies unless the configuration says otherwise. */
export const defaultData = "./data";

/**
 * The data folder that a configuration file names, without its secrets: a running process is found
 * by it alone.
 */
export function dataFolderOf(path: string): string {
  const document: unknown = existsSync(path) ? parse(readFileSync(path, "utf8")) : undefined;
  const named =
    typeof document === "object" && document !== null ? Reflect.get(document, "data") : undefined;
  return resolve(dirname(resolve(path)), typeof named === "string" ? named : defaultData);
}
