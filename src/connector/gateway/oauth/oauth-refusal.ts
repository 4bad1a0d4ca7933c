const refusals = {
  invalid_request: [400, "The request lacks something, or has something wrong."],
  invalid_client: [401, "The app isn't known here, or its secret is wrong."],
  invalid_grant: [
    400,
    "The code or refresh token isn't accepted: it was used, has expired, or is another app's.",
  ],
  unsupported_grant_type: [400, "Only authorization_code and refresh_token are supported."],
  unsupported_response_type: [400, "Only response_type=code is supported."],
  access_denied: [403, "The sign-in was declined."],
  temporarily_unavailable: [503, "The sign-in isn't possible at the moment."],
} as const;

/** An error of OAuth 2 (RFC 6749 sections 4.1.2.1 and 5.2). */
export type OAuthCode = keyof typeof refusals;

/** A refusal of the gateway's OAuth server. */
export class OAuthRefusal extends Error {
  readonly code: OAuthCode;
  readonly status: number;

  constructor(code: OAuthCode, message?: string) {
    super(message ?? refusals[code][1]);
    this.name = "OAuthRefusal";
    this.code = code;
    this.status = refusals[code][0];
  }
}
