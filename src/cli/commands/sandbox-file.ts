import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ReferralsService } from "../../service/index.ts";
import { CliFailure } from "../failure.ts";

/** How the commands that play Microsoft find a running sandbox. */
export interface SandboxAccess {
  readonly adminUrl: string;
  readonly adminSecret: string;
}

const fileIn = (folder: string): string => join(folder, "sandbox.json");

/** Leaves word of a running sandbox in its data folder, readable by its owner only. */
export function rememberSandbox(folder: string, service: ReferralsService): void {
  const { urls, adminSecret } = service;
  const text = JSON.stringify({ adminUrl: urls.adminUrl, adminSecret });
  writeFileSync(fileIn(folder), `${text}\n`, { mode: 0o600 });
}

/** Takes the word away again. */
export function forgetSandbox(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}

/** How to reach the sandbox that runs on a data folder. Errors: CliFailure where none does. */
export function findSandbox(folder: string): SandboxAccess {
  try {
    return JSON.parse(readFileSync(fileIn(folder), "utf8")) as SandboxAccess;
  } catch (cause) {
    throw new CliFailure("No sandbox is running on this data folder.", {
      place: folder,
      remedy: "Start one with `referrals sandbox`, or name its folder with --data.",
      cause,
    });
  }
}
