import { createRemoteJWKSet, customFetch, type JWTPayload } from "jose";
import type { Http } from "../runtime/index.ts";
import type { Principal } from "./principal.ts";
import type { TrustedIssuer } from "./token-verifier.ts";

const keysMaxAgeMs = 600_000;
const keysCooldownMs = 30_000;
const keysTimeoutMs = 5_000;

/** A tenant of Microsoft Entra whose users may call. */
export interface EntraTenant {
  readonly tenantId: string;
  /** The organization that the tenant's users belong to. */
  readonly organizationId: string;
  /**
   * Roles by user (the claim `oid`): Partner Center keeps them itself, they are not in the token.
   */
  readonly rolesByUser: Readonly<Record<string, readonly string[]>>;
  /** The roles of users who aren't listed; none unless given. */
  readonly defaultRoles?: readonly string[];
}

/** Which of Microsoft Entra's tokens are accepted. */
export interface EntraOptions {
  readonly tenants: readonly EntraTenant[];
  /**
   * Accepted `aud` claims: the resource's URI (version 1 tokens) and its application id (version
   * 2).
   */
  readonly audiences: readonly string[];
  readonly http: Http;
  /** `https://login.microsoftonline.com` unless told. */
  readonly authorityHost?: string;
  /** The host in version 1 issuers; `https://sts.windows.net` unless told. */
  readonly v1Host?: string;
}

/** A fetch over the injected Http, as far as jose needs one. */
function fetchOver(http: Http) {
  return async (url: string, options: { signal?: AbortSignal }): Promise<Response> => {
    const { status, body, headers } = await http({
      method: "GET",
      url,
      headers: { accept: "application/json" },
      timeoutMs: keysTimeoutMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return new Response(body, { status, headers: new Headers(headers) });
  };
}

/**
 * The keys at a JWKS address: fetched when first needed, kept for ten minutes, and fetched again
 * for an unknown key id, but not more often than every 30 seconds.
 */
export function remoteKeys(url: string, http: Http): TrustedIssuer["keys"] {
  return createRemoteJWKSet(new URL(url), {
    cacheMaxAge: keysMaxAgeMs,
    cooldownDuration: keysCooldownMs,
    timeoutDuration: keysTimeoutMs,
    [customFetch]: fetchOver(http),
  });
}

function principalOf(tenant: EntraTenant, claims: JWTPayload): Principal | undefined {
  const { oid, tid, appid, azp } = claims;
  const clientId = azp ?? appid;
  if (tid !== tenant.tenantId || typeof oid !== "string" || typeof clientId !== "string") {
    return undefined;
  }
  return {
    organizationId: tenant.organizationId,
    userId: oid,
    clientId,
    roles: tenant.rolesByUser[oid] ?? tenant.defaultRoles ?? [],
    connectionKey: `${tenant.tenantId} ${clientId} ${oid}`,
  };
}

/** The trusted issuers of Entra tenants by `iss` claim, for both versions of Entra's tokens. */
export function entraIssuers(options: EntraOptions): ReadonlyMap<string, TrustedIssuer> {
  const host = options.authorityHost ?? "https://login.microsoftonline.com";
  const v1Host = options.v1Host ?? "https://sts.windows.net";
  const issuers = options.tenants.flatMap((tenant) => {
    const { tenantId } = tenant;
    const keys = remoteKeys(`${host}/${tenantId}/discovery/v2.0/keys`, options.http);
    return [`${v1Host}/${tenantId}/`, `${host}/${tenantId}/v2.0`].map((issuer) => ({
      issuer,
      audiences: options.audiences,
      keys,
      toPrincipal: (claims: JWTPayload) => principalOf(tenant, claims),
    }));
  });
  return new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
}
