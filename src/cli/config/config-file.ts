import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";

/** The file that `npm start` looks for in the current folder. */
export const configFileName = "referrals.config.yaml";

/** Where the state lies unless the configuration says otherwise. */
export const defaultData = "./data";

const name = /\$\{([A-Z][A-Z0-9_]*)\}/.source;
const wholeLine = `(?<=^ *(?:- +)*(?:[\\w-]+: +)?)${name}(?= *(?: #.*)?$)`;
const inBraces = `(?<=[{,] *[\\w-]+: +)${name}(?= *[,}])`;

/**
 * A `${NAME}` in a configuration. The first two groups hold the name where it is a whole value, the
 * third where it stands inside a text.
 */
export const variablePattern = new RegExp(`${wholeLine}|${inBraces}|${name}`, "gm");

/**
 * The data folder that a configuration file names, without its secrets: a running process is found
 * by it alone.
 */
export function dataFolderOf(path: string): string {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const document: unknown = parse(text.replace(variablePattern, "variable"));
  const named =
    typeof document === "object" && document !== null ? Reflect.get(document, "data") : undefined;
  return resolve(dirname(resolve(path)), typeof named === "string" ? named : defaultData);
}
