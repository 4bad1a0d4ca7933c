/** Chance as the product sees it, so that a simulation can replay it. */
export interface Random {
  /** A version 4 UUID in lower case. */
  uuid(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** `length` unpredictable bytes (from a seeded source: predictable, for tests only). */
  bytes(length: number): Uint8Array;
}

/** Cryptographic randomness of the platform; Web Crypto, so that it is the same in a browser. */
export const systemRandom: Random = {
  uuid: () => crypto.randomUUID(),
  fraction: () => {
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
    return ((high >>> 11) * 2 ** 32 + low) / 2 ** 53;
  },
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
