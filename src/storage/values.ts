import type { SqlValue } from "./port.ts";
import { StorageError } from "./storage-error.ts";

const smallest = BigInt(Number.MIN_SAFE_INTEGER);
const largest = BigInt(Number.MAX_SAFE_INTEGER);

/** An integer as a number where a number holds it exactly, else as it is. */
export const numberWhereExact = (value: bigint): number | bigint =>
  value >= smallest && value <= largest ? Number(value) : value;

/** Refuses what one of the databases can't store: PostgreSQL has no place for a NUL in text. */
export function assertStorable(value: SqlValue): void {
  if (typeof value === "string" && value.includes("\0")) {
    throw new StorageError("notStorable", "text with a NUL character can't be stored");
  }
}
