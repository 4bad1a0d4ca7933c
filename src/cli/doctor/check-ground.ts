import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Config } from "../config/config-schema.ts";
import { isOfSandbox, ledgerFile, runningAddress } from "../start/data-folder.ts";
import { count } from "../terminal/words.ts";
import { type Finding, findingsOf, sentenceOf } from "./finding.ts";

const { good, warn, bad } = findingsOf("Database");
const megabyte = 1_048_576;
const leastFreeMegabytes = 500;

async function freeSpace(folder: string): Promise<readonly Finding[]> {
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  const free = Math.floor((bavail * bsize) / megabyte);
  return free >= leastFreeMegabytes
    ? []
    : [warn(`only ${count(free)} MB are free in ${folder}`, "make room, or move `data`")];
}

/** Reads the whole file's structure, beside a running process too. */
function quickCheck(path: string): Finding {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const [row] = database.prepare("PRAGMA quick_check(1)").all();
    const verdict = String(Object.values(row ?? {})[0]);
    const size = count(Math.ceil(statSync(path).size / megabyte));
    return verdict === "ok"
      ? good(`sound, ${size} MB · ${path}`)
      : bad(`damaged: ${verdict}`, "restore the last backup: referrals restore <file>", path);
  } finally {
    database.close();
  }
}

/** The ledger's file, its room, and whether a process works on it. */
export async function checkDatabase({ data }: Config): Promise<readonly Finding[]> {
  const path = join(data, ledgerFile);
  const url = runningAddress(data);
  if (url === undefined && isOfSandbox(data)) {
    const where = "name another folder as `data` in the configuration, or delete this one";
    return [bad("the demonstration or a sandbox has its data there", where, data)];
  }
  const running = url === undefined ? "it isn't running" : `it runs: ${url}`;
  try {
    const state = existsSync(path) ? quickCheck(path) : good(`will be made in ${data}`);
    return [state, ...(await freeSpace(data)), findingsOf("Process").good(running)];
  } catch (error) {
    return [bad(sentenceOf(error), "check the rights of the data folder", path)];
  }
}

/** Who hears of problems. */
export function checkAlerts({ alerts, environment }: Config): readonly Finding[] {
  const told = findingsOf("Alerts");
  if (alerts.to.length > 0) {
    return [told.good(`${alerts.to.map(({ kind }) => kind).join(", ")} · referrals alerts test`)];
  }
  return environment === "production"
    ? [told.warn("nobody is told when something needs a person", "add alerts.to")]
    : [];
}
