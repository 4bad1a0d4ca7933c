import { isRegisteredRedirect, issueCode } from "./authorization-codes.ts";
import { type Form, knownClient, required } from "./client-authentication.ts";
import type { IssuerClient } from "./directory.ts";
import { OAuthError } from "./oauth-error.ts";
import { signInPage } from "./pages.ts";
import type { IssuerSettings } from "./settings.ts";
import { resourceOf } from "./tokens.ts";

/** What the authorize endpoint answers: a page, or where the browser goes next. */
export type AuthorizeAnswer = { readonly page: string } | { readonly location: string };

/** The parameters that come back from the sign-in page with the user's choice. */
const carriedNames = [
  "client_id",
  "redirect_uri",
  "response_type",
  "response_mode",
  "scope",
  "resource",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
] as const;

interface AuthorizeRequest {
  readonly client: IssuerClient;
  readonly redirectUri: string;
  readonly form: Form;
}

/**
 * Until client and redirect URI are known to belong together, errors are shown and never sent
 * anywhere.
 */
async function trustedRequest(
  settings: IssuerSettings,
  tenant: string | undefined,
  form: Form,
): Promise<AuthorizeRequest> {
  const client = await knownClient(settings, tenant, required(form, "client_id"));
  const redirectUri = required(form, "redirect_uri");
  if (!isRegisteredRedirect(client, redirectUri)) throw new OAuthError("redirectMismatch");
  return { client, redirectUri, form };
}

function assertSupported(settings: IssuerSettings, { client, form }: AuthorizeRequest): void {
  if (form.response_type !== "code") throw new OAuthError("unsupportedResponse");
  const mode = form.response_mode ?? "query";
  if (mode !== "query" && mode !== "fragment") {
    throw new OAuthError("malformedRequest", "response_mode");
  }
  const hasChallenge = form.code_challenge !== undefined;
  if (hasChallenge ? form.code_challenge_method !== "S256" : client.clientSecret === undefined) {
    throw new OAuthError("challengeRequired");
  }
  resourceOf(settings, form.scope ?? "", form.resource);
}

function locationWith(request: AuthorizeRequest, answer: Readonly<Record<string, string>>) {
  const url = new URL(request.redirectUri);
  const { state, response_mode: mode } = request.form;
  const fields = { ...answer, ...(state === undefined ? {} : { state }) };
  if (mode === "fragment") url.hash = new URLSearchParams(fields).toString();
  else for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return { location: url.href };
}

function refusalLocation(request: AuthorizeRequest, refusal: OAuthError): AuthorizeAnswer {
  const known = refusal.error === "authorization_declined" ? "access_denied" : refusal.error;
  return locationWith(request, { error: known, error_description: refusal.message });
}

async function guarded(
  request: AuthorizeRequest,
  work: () => Promise<AuthorizeAnswer>,
): Promise<AuthorizeAnswer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OAuthError) return refusalLocation(request, error);
    throw error;
  }
}

/** Shows the sign-in page of an authorization request (RFC 6749 section 4.1.1, RFC 7636). */
export async function showSignIn(
  settings: IssuerSettings,
  tenant: string | undefined,
  form: Form,
  action: string,
): Promise<AuthorizeAnswer> {
  const request = await trustedRequest(settings, tenant, form);
  return guarded(request, async () => {
    assertSupported(settings, request);
    const users = await settings.directory.users(request.client.tenantId);
    const carried = carriedNames.flatMap((name) => {
      const value = form[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    return { page: signInPage(users, Object.fromEntries(carried), action, form.login_hint) };
  });
}

/** Takes the user's choice and sends the browser back with a code, or with the refusal. */
export async function finishSignIn(
  settings: IssuerSettings,
  tenant: string | undefined,
  form: Form,
): Promise<AuthorizeAnswer> {
  const request = await trustedRequest(settings, tenant, form);
  return guarded(request, async () => {
    assertSupported(settings, request);
    if (form.decision === "decline") throw new OAuthError("declined");
    const { client, redirectUri } = request;
    const userId = required(form, "user_id");
    const user = await settings.directory.user(client.tenantId, userId);
    if (!user) throw new OAuthError("userGone");
    const code = await issueCode(settings, {
      clientId: client.clientId,
      tenantId: client.tenantId,
      userId,
      scope: form.scope ?? "",
      hasMfa: form.mfa === "1",
      redirectUri,
      ...(form.nonce === undefined ? {} : { nonce: form.nonce }),
      ...(form.resource === undefined ? {} : { resource: form.resource }),
      ...(form.code_challenge === undefined ? {} : { codeChallenge: form.code_challenge }),
    });
    return locationWith(request, { code });
  });
}
