import { createHash, timingSafeEqual } from "node:crypto";
import { type Form, required } from "./client-authentication.ts";
import type { IssuerClient } from "./directory.ts";
import { OAuthError } from "./oauth-error.ts";
import { type IssuerSettings, issuerLimits } from "./settings.ts";
import { type Consent, secretText } from "./tokens.ts";

/** What a code stands for until it is redeemed. */
export interface CodeRecord extends Consent {
  readonly redirectUri: string;
  readonly codeChallenge?: string;
  readonly resource?: string;
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const loopback = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?=\/|$)/;

/**
 * True where codes may be sent to an address: the very text, or a loopback address with any port.
 */
export function isRegisteredRedirect(client: IssuerClient, redirectUri: string): boolean {
  const withoutPort = (uri: string): string =>
    uri.replace(loopback, (origin) => origin.replace(/:\d+$/, ""));
  return client.redirectUris.some(
    (known) =>
      known === redirectUri ||
      (loopback.test(known) && withoutPort(known) === withoutPort(redirectUri)),
  );
}

/** A code that can be redeemed once, soon. */
export async function issueCode(settings: IssuerSettings, record: CodeRecord): Promise<string> {
  const code = secretText(settings);
  const key = sha256(code).toString("base64url");
  const expiresAtMs = settings.clock.now() + issuerLimits.codeLifetimeS * 1000;
  await settings.store.put("authorization-code", key, JSON.stringify(record), expiresAtMs);
  return code;
}

/**
 * What a code stood for; whatever is wrong, the code is spent. Errors: codeRedeemed, wrongVerifier,
 * invalidGrant.
 */
export async function redeemCode(
  settings: IssuerSettings,
  client: IssuerClient,
  form: Form,
): Promise<CodeRecord> {
  const key = sha256(required(form, "code")).toString("base64url");
  const redirectUri = required(form, "redirect_uri");
  const text = await settings.store.take("authorization-code", key);
  if (text === undefined) throw new OAuthError("codeRedeemed");
  const record = JSON.parse(text) as CodeRecord;
  if (record.clientId !== client.clientId || record.redirectUri !== redirectUri) {
    throw new OAuthError("invalidGrant");
  }
  if (record.codeChallenge !== undefined) {
    const verifier = required(form, "code_verifier");
    const derived = Buffer.from(sha256(verifier).toString("base64url"));
    const challenge = Buffer.from(record.codeChallenge);
    if (derived.length !== challenge.length || !timingSafeEqual(derived, challenge)) {
      throw new OAuthError("wrongVerifier");
    }
  }
  return record;
}
