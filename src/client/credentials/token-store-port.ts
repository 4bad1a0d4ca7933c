/** What a sign-in leaves behind. Secret: it is written nowhere but into a TokenStore. */
export interface StoredSignIn {
  readonly refreshToken: string;
  /** When this refresh token was issued, in milliseconds since 1970. */
  readonly issuedAt: number;
  /** When a person last signed in, in milliseconds since 1970. */
  readonly signedInAt: number;
  /**
   * When the issuer says that the refresh token ends, in milliseconds since 1970; absent where it
   * doesn't say.
   */
  readonly expiresAt?: number;
  /** The account's name as the token says it, for people to recognise. */
  readonly account?: string;
}

/**
 * Where one sign-in lives between runs.
 *
 * Guarantees: `save` has either kept the old value or stored the new one whole, also through a
 * crash; `load` never answers with something else than what was saved, and rejects with
 * ReferralsError `tokenStoreUnreadable` instead.
 */
export interface TokenStore {
  load(): Promise<StoredSignIn | undefined>;
  save(signIn: StoredSignIn): Promise<void>;
  clear(): Promise<void>;
}

/** A store that forgets at the end of the process: for tests, and for a browser tab. */
export function createMemoryTokenStore(initial?: StoredSignIn): TokenStore {
  let stored = initial;
  return {
    load: async () => stored,
    save: async (signIn) => {
      stored = signIn;
    },
    clear: async () => {
      stored = undefined;
    },
  };
}
