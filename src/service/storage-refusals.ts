import { ReferralsError } from "../contract/index.ts";
import { StorageError, type StorageErrorCode } from "../storage/index.ts";

const retryAfterMs = 1_000;

/** Refusals that pass by themselves: the call had no effect and may be made again. */
const passing: ReadonlySet<StorageErrorCode> = new Set([
  "databaseBusy",
  "databaseClosed",
  "tooManyScans",
]);

/** What a refusal by storage says to a caller; undefined for what is no refusal. */
export function explainStorage(thrown: unknown): ReferralsError | undefined {
  if (!(thrown instanceof StorageError)) return undefined;
  if (passing.has(thrown.code)) {
    return new ReferralsError("serviceNotAvailable", { retryAfterMs, cause: thrown });
  }
  if (thrown.code !== "notStorable") return undefined;
  return new ReferralsError("invalidRequest", {
    message: "The call holds a NUL character, which no referral holds.",
    cause: thrown,
  });
}
