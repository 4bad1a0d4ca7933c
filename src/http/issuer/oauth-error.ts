/** What a token request can be refused for, with the numbers that Entra's answers carry. */
const refusals = {
  missingParameter: ["invalid_request", 900144, "The request must have the parameter."],
  malformedRequest: ["invalid_request", 9002313, "The request is malformed."],
  redirectMismatch: ["invalid_request", 50011, "The redirect URI isn't registered for the client."],
  unknownTenant: ["invalid_request", 90002, "The tenant isn't known here."],
  challengeRequired: ["invalid_request", 9002325, "A code challenge (S256) is required."],
  unknownClient: ["unauthorized_client", 700016, "The client id isn't known in the tenant."],
  wrongSecret: ["invalid_client", 7000215, "The client secret is wrong."],
  secretRequired: ["invalid_client", 7000218, "The client must send its client_secret."],
  secretForbidden: ["invalid_client", 700025, "The client is public and has no secret."],
  unsupportedGrant: ["unsupported_grant_type", 70003, "The grant type isn't supported."],
  unsupportedResponse: ["unsupported_response_type", 700054, "Only response_type=code is known."],
  wrongScope: ["invalid_scope", 70011, "The scope isn't one of this issuer's resources."],
  unknownResource: ["invalid_resource", 500011, "The resource isn't one of this issuer's."],
  invalidGrant: ["invalid_grant", 70000, "The grant isn't valid."],
  codeRedeemed: [
    "invalid_grant",
    54005,
    "The code is unknown, has expired or was redeemed before.",
  ],
  wrongVerifier: ["invalid_grant", 501481, "The code verifier doesn't match the code challenge."],
  refreshExpired: ["invalid_grant", 700082, "The refresh token has expired or was revoked."],
  userGone: ["invalid_grant", 50034, "The user isn't in the tenant any more."],
  mfaRequired: ["interaction_required", 50076, "Multifactor authentication is required."],
  pending: [
    "authorization_pending",
    70016,
    "The user hasn't finished signing in. Ask again later.",
  ],
  slowDown: ["slow_down", 70016, "The client asks too often. Wait five seconds longer."],
  deviceExpired: ["expired_token", 70019, "The code has expired before anybody signed in."],
  declined: ["authorization_declined", 65004, "The user declined."],
  unknownDevice: ["bad_verification_code", 70000, "The device code isn't known."],
  unexpected: ["server_error", 90036, "The issuer failed unexpectedly."],
} as const;

/** The name of a refusal. */
export type RefusalName = keyof typeof refusals;

/** A refused token or authorize request (RFC 6749 section 5.2). */
export class OAuthError extends Error {
  readonly error: string;
  readonly number: number;
  readonly status: number;

  /** `detail` is added to the sentence: a parameter's name, never its value. */
  constructor(name: RefusalName, detail?: string) {
    const [error, number, sentence] = refusals[name];
    super(`AADSTS${number}: ${sentence}${detail === undefined ? "" : ` (${detail})`}`);
    this.name = "OAuthError";
    this.error = error;
    this.number = number;
    this.status = error === "invalid_client" ? 401 : error === "server_error" ? 500 : 400;
  }
}

/** The body of a refusal, in the shape of Entra's answers. */
export function oauthErrorBody(
  refusal: OAuthError,
  context: { readonly now: number; readonly traceId: string; readonly correlationId: string },
): Readonly<Record<string, unknown>> {
  const timestamp = `${new Date(context.now).toISOString().slice(0, 19).replace("T", " ")}Z`;
  const { traceId, correlationId } = context;
  const ids = `Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`;
  return {
    error: refusal.error,
    error_description: `${refusal.message} ${ids}`,
    error_codes: [refusal.number],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
  };
}
