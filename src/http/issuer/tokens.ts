import { createHash } from "node:crypto";
import type { IssuerClient, IssuerUser } from "./directory.ts";
import { OAuthError } from "./oauth-error.ts";
import { type IssuerSettings, issuerLimits, issuerOfTenant } from "./settings.ts";

/** What a user agreed to by signing in. */
export interface Consent {
  readonly clientId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly scope: string;
  readonly hasMfa: boolean;
  readonly nonce?: string;
}

/** The answer of the token endpoint (RFC 6749 section 5.1). */
export type TokenAnswer = Readonly<Record<string, string | number>>;

interface RefreshRecord extends Consent {
  readonly family: string;
  readonly usedAtMs?: number;
}

const identityScopes = new Set(["openid", "profile", "email", "offline_access"]);
const hashOf = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** An unguessable text. */
export const secretText = (settings: IssuerSettings, bytes = 32): string =>
  Buffer.from(settings.random.bytes(bytes)).toString("base64url");

/** The resource that a scope (or a v1 `resource`) asks for. Errors: wrongScope, unknownResource. */
export function resourceOf(settings: IssuerSettings, scope: string, resource?: string): string {
  if (resource) {
    const found = settings.resources.find((known) => known === resource.replace(/\/+$/, ""));
    if (!found) throw new OAuthError("unknownResource");
    return found;
  }
  const wanted = scope.split(/\s+/).filter((part) => part !== "" && !identityScopes.has(part));
  const resources = wanted.map((part) =>
    settings.resources.find((known) => part === known || part.startsWith(`${known}/`)),
  );
  if (resources.includes(undefined) || new Set(resources).size > 1) {
    throw new OAuthError("wrongScope");
  }
  return resources[0] ?? settings.resources[0] ?? "";
}

function commonClaims(settings: IssuerSettings, tenantId: string) {
  const nowS = Math.floor(settings.clock.now() / 1000);
  return {
    iss: issuerOfTenant(settings, tenantId),
    iat: nowS,
    nbf: nowS,
    exp: nowS + issuerLimits.accessTokenLifetimeS,
    tid: tenantId,
    ver: "2.0",
  };
}

async function accessToken(
  settings: IssuerSettings,
  user: IssuerUser,
  client: IssuerClient,
  audience: string,
  sort: { readonly scp: string; readonly amr: readonly string[] } | { readonly idtyp: "app" },
): Promise<string> {
  return settings.keys.sign({
    ...commonClaims(settings, user.tenantId),
    aud: audience,
    sub: user.userId,
    oid: user.userId,
    appid: client.clientId,
    azp: client.clientId,
    roles: [...user.roles],
    uti: secretText(settings, 12),
    ...sort,
  });
}

const answer = (token: string, scope: string): TokenAnswer => ({
  token_type: "Bearer",
  scope,
  expires_in: issuerLimits.accessTokenLifetimeS,
  ext_expires_in: issuerLimits.accessTokenLifetimeS,
  access_token: token,
});

/**
 * The answer of the client credentials grant: a token that speaks for the client's service user,
 * without MFA.
 */
export async function applicationTokens(
  settings: IssuerSettings,
  client: IssuerClient,
  user: IssuerUser,
  audience: string,
): Promise<TokenAnswer> {
  const token = await accessToken(settings, user, client, audience, { idtyp: "app" });
  return answer(token, `${audience}/.default`);
}

/**
 * The tokens of a signed-in user: access, refresh where offline access was asked for, identity
 * where openid was.
 */
export async function userTokens(
  settings: IssuerSettings,
  client: IssuerClient,
  consent: Consent,
  options: { readonly audience: string; readonly family?: string },
): Promise<TokenAnswer> {
  const user = await settings.directory.user(consent.tenantId, consent.userId);
  if (!user) throw new OAuthError("userGone");
  const amr = consent.hasMfa ? ["pwd", "mfa"] : ["pwd"];
  const sort = { scp: "user_impersonation", amr };
  const token = await accessToken(settings, user, client, options.audience, sort);
  const scopes = consent.scope.split(/\s+/);
  const identity = scopes.includes("openid")
    ? { id_token: await identityToken(settings, user, consent) }
    : {};
  const refresh = scopes.includes("offline_access")
    ? await refreshPart(settings, consent, options.family)
    : {};
  const info = JSON.stringify({ uid: user.userId, utid: user.tenantId });
  return {
    ...answer(token, consent.scope),
    ...refresh,
    ...identity,
    client_info: Buffer.from(info).toString("base64url"),
  };
}

function identityToken(settings: IssuerSettings, user: IssuerUser, consent: Consent) {
  return settings.keys.sign({
    ...commonClaims(settings, user.tenantId),
    aud: consent.clientId,
    sub: user.userId,
    oid: user.userId,
    name: user.name,
    preferred_username: user.userName,
    ...(consent.nonce === undefined ? {} : { nonce: consent.nonce }),
  });
}

async function refreshPart(settings: IssuerSettings, consent: Consent, family?: string) {
  const token = secretText(settings);
  const record: RefreshRecord = { ...consent, family: family ?? settings.random.uuid() };
  const lifetimeS = issuerLimits.refreshTokenLifetimeS;
  const expiresAtMs = settings.clock.now() + lifetimeS * 1000;
  await settings.store.put("refresh-token", hashOf(token), JSON.stringify(record), expiresAtMs);
  return { refresh_token: token, refresh_token_expires_in: lifetimeS };
}

/**
 * The consent behind a refresh token, which is then used up. A used one that comes again after the
 * grace is stolen or leaked (RFC 9700 section 4.14.2): its whole family ends. Errors:
 * refreshExpired.
 */
export async function redeemRefreshToken(
  settings: IssuerSettings,
  client: IssuerClient,
  token: string,
): Promise<RefreshRecord> {
  const { store, clock } = settings;
  const key = hashOf(token);
  const text = await store.get("refresh-token", key);
  if (text === undefined) throw new OAuthError("refreshExpired");
  const record = JSON.parse(text) as RefreshRecord;
  if (record.clientId !== client.clientId) throw new OAuthError("invalidGrant");
  if ((await store.get("revoked-family", record.family)) !== undefined) {
    throw new OAuthError("refreshExpired");
  }
  const lifetimeEnd = clock.now() + issuerLimits.refreshTokenLifetimeS * 1000;
  const usedForMs = record.usedAtMs === undefined ? 0 : clock.now() - record.usedAtMs;
  if (usedForMs > issuerLimits.rotationGraceS * 1000) {
    await store.put("revoked-family", record.family, "{}", lifetimeEnd);
    throw new OAuthError("refreshExpired");
  }
  if (record.usedAtMs === undefined) {
    const used = JSON.stringify({ ...record, usedAtMs: clock.now() });
    await store.put("refresh-token", key, used, lifetimeEnd);
  }
  return record;
}
