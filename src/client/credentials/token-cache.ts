import type { AccessToken } from "@azure/core-auth";
import type { Clock } from "../../runtime/index.ts";
import { unlessAborted } from "../token-session.ts";
import type { TokenGrant } from "./token-endpoint.ts";

/**
 * How long before its end an access token is no longer given out, in milliseconds (or half its
 * life, if shorter).
 */
const marginMs = 300_000;

/** Keeps one access token per scope, and lets all who ask at the same time share one request. */
export interface TokenCache {
  get(
    scope: string,
    options: {
      readonly abortSignal?: AbortSignal | undefined;
      readonly claims?: string | undefined;
    },
    renew: () => Promise<TokenGrant>,
  ): Promise<AccessToken>;
}

interface CachedToken extends AccessToken {
  readonly refreshAfterTimestamp: number;
}

/** Creates an empty cache. */
export function createTokenCache(clock: Clock): TokenCache {
  const tokens = new Map<string, CachedToken>();
  const flights = new Map<string, Promise<AccessToken>>();

  async function fly(scope: string, renew: () => Promise<TokenGrant>): Promise<AccessToken> {
    const { accessToken, expiresAt } = await renew();
    const lifetimeMs = expiresAt - clock.now();
    const refreshAfterTimestamp = expiresAt - Math.min(marginMs, lifetimeMs / 2);
    const token: CachedToken = {
      token: accessToken,
      expiresOnTimestamp: expiresAt,
      refreshAfterTimestamp,
    };
    tokens.set(scope, token);
    return token;
  }

  return {
    get(scope, { abortSignal, claims }, renew) {
      const cached = tokens.get(scope);
      // A claims challenge says that the cached token isn't enough any more.
      if (
        cached !== undefined &&
        claims === undefined &&
        clock.now() < cached.refreshAfterTimestamp
      ) {
        return Promise.resolve(cached);
      }
      const key = `${scope} ${claims ?? ""}`;
      let flight = flights.get(key);
      if (flight === undefined) {
        flight = fly(scope, renew).finally(() => flights.delete(key));
        flights.set(key, flight);
      }
      return unlessAborted(flight, abortSignal);
    },
  };
}

/** Scopes as a token request writes them. */
export function scopeText(scopes: string | readonly string[]): string {
  return [scopes].flat().join(" ");
}

/** The native signal behind core-auth's wider type. */
export function nativeSignal(signal: unknown): AbortSignal | undefined {
  return signal instanceof AbortSignal ? signal : undefined;
}
