import type { AccessToken, GetTokenOptions, TokenCredential } from "@azure/core-auth";
import { ReferralsError } from "../../contract/index.ts";
import { type Clock, fetchHttp, type Http, systemClock } from "../../runtime/index.ts";
import {
  keepRenewal,
  type SignInLifetime,
  type SignInStatus,
  scopeOfRenewal,
  signInStatusOf,
} from "./sign-in.ts";
import { signInErrorOf } from "./sign-in-problems.ts";
import { createTokenCache, nativeSignal, scopeText } from "./token-cache.ts";
import {
  type Issuer,
  type IssuerConnection,
  requestTokens,
  type TokenGrant,
  type TokenOutcome,
} from "./token-endpoint.ts";
import type { StoredSignIn, TokenStore } from "./token-store-port.ts";

/** Where a credential gets its tokens, and where it keeps what renews them. */
export interface RefreshTokenCredentialOptions extends Issuer, SignInLifetime {
  readonly tokenStore: TokenStore;
  readonly http?: Http;
  readonly clock?: Clock;
}

/** A credential that renews itself without a person, and tells how long that will go on. */
export interface RefreshTokenCredential extends TokenCredential {
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken>;
  /** Reads the store; asks nobody else. */
  status(): Promise<SignInStatus>;
}

/**
 * Creates a credential over a stored refresh token. It never asks a person: where the sign-in is
 * missing or no longer accepted it rejects with ReferralsError `signInRequired`, and with
 * `mfaRequired` where Entra insists on multifactor authentication. Calls at the same time share one
 * request.
 */
export function createRefreshTokenCredential(
  options: RefreshTokenCredentialOptions,
): RefreshTokenCredential {
  const { tokenStore, clock = systemClock, http = fetchHttp } = options;
  const connection: IssuerConnection = { issuer: options, http, clock };
  const cache = createTokenCache(clock);
  return {
    getToken(scopes, { abortSignal, claims } = {}) {
      const scope = scopeText(scopes);
      const renew = (): Promise<TokenGrant> => renewSignIn(connection, tokenStore, scope, claims);
      return cache.get(scope, { abortSignal: nativeSignal(abortSignal), claims }, renew);
    },
    status: async () => signInStatusOf(await tokenStore.load(), clock.now(), options),
  };
}

/**
 * Redeems the stored refresh token; throws `signInRequired` or `mfaRequired` where only a person
 * can go on.
 */
export async function renewSignIn(
  connection: IssuerConnection,
  tokenStore: TokenStore,
  scope: string,
  claims: string | undefined,
): Promise<TokenGrant> {
  const signIn = await tokenStore.load();
  if (signIn === undefined) throw new ReferralsError("signInRequired");
  const outcome = await redeem(connection, signIn, scope, claims);
  if (outcome.grant !== undefined) {
    return keepRenewal(tokenStore, signIn, outcome.grant, connection.clock);
  }
  // Another process may have renewed the same sign-in a moment ago; then its token is the good one.
  const newer = await tokenStore.load();
  if (newer === undefined || newer.refreshToken === signIn.refreshToken) {
    throw signInErrorOf(outcome.refusal);
  }
  const second = await redeem(connection, newer, scope, claims);
  if (second.grant === undefined) throw signInErrorOf(second.refusal);
  return keepRenewal(tokenStore, newer, second.grant, connection.clock);
}

function redeem(
  connection: IssuerConnection,
  signIn: StoredSignIn,
  scope: string,
  claims: string | undefined,
): Promise<TokenOutcome> {
  return requestTokens(connection, {
    grant_type: "refresh_token",
    refresh_token: signIn.refreshToken,
    scope: scopeOfRenewal(scope),
    claims,
  });
}
