import type { AccessToken, GetTokenOptions, TokenCredential } from "@azure/core-auth";
import { type Clock, fetchHttp, type Http, systemClock } from "../../runtime/index.ts";
import { createTokenCache, nativeSignal, scopeText } from "./token-cache.ts";
import { demandTokens, type Issuer } from "./token-endpoint.ts";

/** Settings of an app-only credential. */
export interface ClientSecretCredentialOptions extends Issuer {
  readonly clientSecret: string;
  readonly http?: Http;
  readonly clock?: Clock;
}

/** A credential that signs in as the app itself. */
export interface ClientSecretCredential extends TokenCredential {
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken>;
}

/**
 * Creates a credential for client credentials (RFC 6749 4.4). The sandbox and other partner
 * programmes take it; Microsoft's own referrals API wants App+User, so use a device code there.
 */
export function createClientSecretCredential(
  options: ClientSecretCredentialOptions,
): ClientSecretCredential {
  const { clock = systemClock, http = fetchHttp } = options;
  const cache = createTokenCache(clock);
  return {
    getToken(scopes, { abortSignal, claims } = {}) {
      const scope = scopeText(scopes);
      const fields = { grant_type: "client_credentials", scope, claims };
      return cache.get(scope, { abortSignal: nativeSignal(abortSignal), claims }, () =>
        demandTokens({ issuer: options, http, clock }, fields),
      );
    },
  };
}
