import { badRequest, DataverseError, errorCodes } from "./errors.ts";

/** Days that a delta token stays valid: Dataverse's default for ExpireChangeTrackingInDays. */
export const tokenLifeDays = 7;
const dayMs = 86_400_000;

/** The point up to which a client has seen a table's changes. */
export interface DeltaToken {
  readonly version: number;
  readonly issuedAtMs: number;
}

const pad = (number: number): string => String(number).padStart(2, "0");

/** A token in Dataverse's form: version, exclamation mark, US date and time in UTC. */
export function formatDeltaToken({ version, issuedAtMs }: DeltaToken): string {
  const at = new Date(issuedAtMs);
  const date = `${pad(at.getUTCMonth() + 1)}/${pad(at.getUTCDate())}/${at.getUTCFullYear()}`;
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(pad).join(":");
  return `${version}!${date} ${time}`;
}

/**
 * Reads a token; refuses one that is malformed, older than the organisation keeps its changes, or
 * from before the table's definition last changed.
 */
export function parseDeltaToken(
  text: string,
  nowMs: number,
  definitionVersion: number,
): DeltaToken {
  const match = /^(\d+)!(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text);
  if (!match) {
    throw badRequest(errorCodes.invalidArgument, "The delta token is not valid.");
  }
  const [, version, month, day, year, time] = match;
  const issuedAtMs = Date.parse(`${year}-${month}-${day}T${time}Z`);
  if (nowMs - issuedAtMs > tokenLifeDays * dayMs || Number(version) < definitionVersion) {
    throw new DataverseError(
      400,
      errorCodes.expiredVersionStamp,
      `Version stamp associated with the client has expired. Please perform a full sync.`,
    );
  }
  return { version: Number(version), issuedAtMs };
}

const refusedOptions = ["$filter", "$orderby", "$expand", "$top"];

/** Refuses the query options that don't go with change tracking. */
export function refuseOptionsWithTracking(options: ReadonlyMap<string, string>): void {
  for (const name of refusedOptions) {
    if (options.has(name)) {
      throw badRequest(
        errorCodes.invalidQuery,
        `The "${name}" query parameter isn't supported when Change Tracking is enabled.`,
      );
    }
  }
}
