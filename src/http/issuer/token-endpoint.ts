import { redeemCode } from "./authorization-codes.ts";
import { authenticateClient, type Form, required } from "./client-authentication.ts";
import { redeemDeviceCode } from "./device-codes.ts";
import type { IssuerClient } from "./directory.ts";
import { OAuthError } from "./oauth-error.ts";
import type { IssuerSettings } from "./settings.ts";
import {
  applicationTokens,
  redeemRefreshToken,
  resourceOf,
  type TokenAnswer,
  userTokens,
} from "./tokens.ts";

type Grant = (settings: IssuerSettings, client: IssuerClient, form: Form) => Promise<TokenAnswer>;

const clientCredentials: Grant = async (settings, client, form) => {
  if (client.clientSecret === undefined) throw new OAuthError("secretRequired");
  const audience = resourceOf(settings, form.scope ?? "", form.resource);
  const { tenantId, serviceUserId = "" } = client;
  const user = await settings.directory.user(tenantId, serviceUserId);
  if (!user) throw new OAuthError("userGone");
  return applicationTokens(settings, client, user, audience);
};

const authorizationCode: Grant = async (settings, client, form) => {
  const record = await redeemCode(settings, client, form);
  const audience = resourceOf(settings, record.scope, form.resource ?? record.resource);
  return userTokens(settings, client, record, { audience });
};

const refreshToken: Grant = async (settings, client, form) => {
  const {
    family,
    usedAtMs: _,
    ...consent
  } = await redeemRefreshToken(settings, client, required(form, "refresh_token"));
  const audience = resourceOf(settings, form.scope ?? consent.scope, form.resource);
  // The new refresh token keeps what was consented to, whatever part of it this request asks for.
  const scope = `${consent.scope} offline_access`;
  return userTokens(settings, client, { ...consent, scope }, { audience, family });
};

const deviceCode: Grant = async (settings, client, form) => {
  const consent = await redeemDeviceCode(settings, client, form);
  const audience = resourceOf(settings, consent.scope, form.resource);
  return userTokens(settings, client, consent, { audience });
};

const grants: ReadonlyMap<string, Grant> = new Map([
  ["client_credentials", clientCredentials],
  ["authorization_code", authorizationCode],
  ["refresh_token", refreshToken],
  ["urn:ietf:params:oauth:grant-type:device_code", deviceCode],
  ["device_code", deviceCode],
]);

/** Answers a token request of any grant. Errors: OAuthError. */
export async function answerTokenRequest(
  settings: IssuerSettings,
  tenant: string | undefined,
  form: Form,
  authorization: string | undefined,
): Promise<TokenAnswer> {
  const grant = grants.get(required(form, "grant_type"));
  if (!grant) throw new OAuthError("unsupportedGrant");
  const client = await authenticateClient(settings, tenant, form, authorization);
  return grant(settings, client, form);
}
