import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Gateway } from "../../connector/index.ts";
import { CliFailure } from "../failure.ts";

/** How the operator's commands find a running gateway. */
export interface GatewayAccess {
  readonly adminUrl: string;
  readonly adminSecret: string;
}

const fileIn = (folder: string): string => join(folder, "gateway.json");

/** Leaves word of a running gateway in its data folder, readable by its owner only. */
export function rememberGateway(folder: string, gateway: Gateway): void {
  const { urls, adminSecret } = gateway;
  const text = JSON.stringify({ adminUrl: urls.adminUrl, adminSecret });
  writeFileSync(fileIn(folder), `${text}\n`, { mode: 0o600 });
}

/** Takes the word away again. */
export function forgetGateway(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}

/** How to reach the gateway that runs on a data folder. Errors: CliFailure where none does. */
export function findGateway(folder: string): GatewayAccess {
  try {
    return JSON.parse(readFileSync(fileIn(folder), "utf8")) as GatewayAccess;
  } catch (cause) {
    throw new CliFailure("no gateway is running on this data folder", {
      place: folder,
      remedy: "Start one with `referrals gateway`, or name its folder with --data.",
      cause,
    });
  }
}
