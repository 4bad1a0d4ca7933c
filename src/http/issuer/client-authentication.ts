import { createHash, timingSafeEqual } from "node:crypto";
import type { IssuerClient } from "./directory.ts";
import { OAuthError } from "./oauth-error.ts";
import type { IssuerSettings } from "./settings.ts";

/** A form of the token endpoint: the last value of a name counts. */
export type Form = Readonly<Record<string, string | undefined>>;

/** A value that must be there. Errors: missingParameter. */
export function required(form: Form, name: string): string {
  const value = form[name];
  if (!value) throw new OAuthError("missingParameter", name);
  return value;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

function basicCredentials(authorization: string | undefined): [string, string] | undefined {
  const encoded = /^basic +([a-z0-9+/=]+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [id = "", ...rest] = Buffer.from(encoded, "base64").toString().split(":");
  try {
    return [decodeURIComponent(id), decodeURIComponent(rest.join(":"))];
  } catch {
    throw new OAuthError("malformedRequest", "authorization");
  }
}

/**
 * True where a tenant in the address (`common` and the like stand for any) admits a client of
 * `tenantId`.
 */
export function tenantMatches(tenant: string | undefined, tenantId: string): boolean {
  const anyTenant = [undefined, "", "common", "organizations"];
  return anyTenant.includes(tenant) || tenant === tenantId;
}

/**
 * The client of a request to the authorize or device code endpoint, which need no secret. Errors:
 * unknownClient.
 */
export async function knownClient(
  settings: IssuerSettings,
  tenant: string | undefined,
  clientId: string,
): Promise<IssuerClient> {
  const client = await settings.directory.client(clientId);
  if (!client || !tenantMatches(tenant, client.tenantId)) throw new OAuthError("unknownClient");
  return client;
}

/**
 * The client that a token request proves to be. Errors: unknownClient, secretRequired, wrongSecret.
 */
export async function authenticateClient(
  settings: IssuerSettings,
  tenant: string | undefined,
  form: Form,
  authorization: string | undefined,
): Promise<IssuerClient> {
  const basic = basicCredentials(authorization);
  const client = await knownClient(settings, tenant, basic?.[0] ?? required(form, "client_id"));
  const secret = basic?.[1] ?? form.client_secret;
  if (client.clientSecret === undefined) {
    if (secret) throw new OAuthError("secretForbidden");
    return client;
  }
  if (!secret) throw new OAuthError("secretRequired");
  if (!timingSafeEqual(digest(secret), digest(client.clientSecret))) {
    throw new OAuthError("wrongSecret");
  }
  return client;
}
