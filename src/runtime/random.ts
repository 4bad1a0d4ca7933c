import { randomBytes, randomUUID } from "node:crypto";

/** Chance as the product sees it, so that a simulation can replay it. */
export interface Random {
  /** A version 4 UUID in lower case. */
  uuid(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** `length` unpredictable bytes (from a seeded source: predictable, for tests only). */
  bytes(length: number): Uint8Array;
}

/** Cryptographic randomness of the platform. */
export const systemRandom: Random = {
  uuid: () => randomUUID(),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  bytes: (length) => new Uint8Array(randomBytes(length)),
};
