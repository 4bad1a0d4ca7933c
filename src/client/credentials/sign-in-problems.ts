import { ReferralsError } from "../../contract/index.ts";

/** Which error a refused token request becomes, and the sentence that tells a person what to do. */
export interface SignInProblem {
  readonly code: "mfaRequired" | "signInRequired" | "signInFailed";
  readonly sentence: string;
}

const problem = (code: SignInProblem["code"], sentence: string): SignInProblem => ({
  code,
  sentence,
});

const newMfa =
  "Microsoft wants multifactor authentication for this account: sign in again and complete it.";
const signInAgain = "Sign in again.";

/**
 * What Entra's numbers mean (Microsoft Entra "authentication and authorization error codes"). They
 * only choose the sentence's wording; an unknown number falls back on the OAuth error, which RFC
 * 6749 5.2 defines.
 */
export const signInProblems: ReadonlyMap<number, SignInProblem> = new Map([
  [50074, problem("mfaRequired", newMfa)],
  [50076, problem("mfaRequired", newMfa)],
  [50078, problem("mfaRequired", `The multifactor authentication has run out. ${signInAgain}`)],
  [
    50079,
    problem(
      "mfaRequired",
      "The account has no second factor: register one at https://aka.ms/mfasetup and sign in.",
    ),
  ],
  [50158, problem("mfaRequired", newMfa)],
  [50072, problem("mfaRequired", newMfa)],
  [
    53003,
    problem(
      "signInFailed",
      "A conditional access policy blocks this sign-in: ask an administrator.",
    ),
  ],
  [50057, problem("signInFailed", "The account is disabled: use another one, or have it enabled.")],
  [
    50034,
    problem("signInFailed", "The account isn't in this tenant: check the authority's tenant id."),
  ],
  [50105, problem("signInFailed", "The account isn't assigned to the app: assign it in Entra.")],
  [
    65001,
    problem(
      "signInFailed",
      "Nobody has consented to the app's permissions: have an administrator consent.",
    ),
  ],
  [
    70043,
    problem(
      "signInRequired",
      `A sign-in frequency policy ended the stored sign-in. ${signInAgain}`,
    ),
  ],
  [70008, problem("signInRequired", `The stored sign-in has expired. ${signInAgain}`)],
  [
    700082,
    problem("signInRequired", `The stored sign-in wasn't used for too long. ${signInAgain}`),
  ],
  [
    700084,
    problem("signInRequired", `The stored sign-in has reached its fixed end. ${signInAgain}`),
  ],
  [
    50173,
    problem("signInRequired", `The password was changed or the sign-in revoked. ${signInAgain}`),
  ],
  [
    700016,
    problem(
      "signInFailed",
      "The client id isn't known in this tenant: check clientId and authority.",
    ),
  ],
  [
    7000215,
    problem(
      "signInFailed",
      "The client secret is wrong: check that it is the secret's value, not its id.",
    ),
  ],
  [7000222, problem("signInFailed", "The client secret has expired: create a new one in Entra.")],
  [
    7000218,
    problem(
      "signInFailed",
      "The app isn't a public client: allow public client flows, or set a client secret.",
    ),
  ],
]);

const byOAuthError: Readonly<Record<string, SignInProblem>> = {
  invalid_grant: problem(
    "signInRequired",
    `The stored sign-in is no longer accepted. ${signInAgain}`,
  ),
  interaction_required: problem(
    "signInRequired",
    `The issuer wants to ask the person. ${signInAgain}`,
  ),
  login_required: problem("signInRequired", `The issuer wants to ask the person. ${signInAgain}`),
  consent_required: problem(
    "signInFailed",
    "The app's permissions need consent: have an administrator consent.",
  ),
  invalid_client: problem("signInFailed", "The client id or secret is wrong."),
  unauthorized_client: problem(
    "signInFailed",
    "The app may not use this way to sign in: check its settings.",
  ),
  invalid_scope: problem("signInFailed", "The scope isn't one of the app's permissions."),
  access_denied: problem("signInFailed", "The sign-in was declined."),
  authorization_declined: problem("signInFailed", "The sign-in was declined."),
  expired_token: problem("signInFailed", "The code expired before anybody signed in: start again."),
  code_expired: problem("signInFailed", "The code expired before anybody signed in: start again."),
  bad_verification_code: problem("signInFailed", "The device code isn't known: start again."),
};

const unexplained = problem(
  "signInFailed",
  "The issuer refused the sign-in without a known reason.",
);

/** A refusal of a token endpoint, as far as it could be read. */
export interface TokenRefusal {
  readonly status: number;
  /** The OAuth error, such as `invalid_grant`. */
  readonly error: string;
  /** Entra's numbers, such as 50076. */
  readonly numbers: readonly number[];
  readonly correlationId?: string;
}

/**
 * Reads the error body of a token endpoint (RFC 6749 5.2, with Entra's `error_codes` and AADSTS
 * texts).
 */
export function tokenRefusalOf(status: number, document: unknown): TokenRefusal {
  const fields = (typeof document === "object" && document !== null ? document : {}) as Readonly<
    Record<string, unknown>
  >;
  const description = typeof fields.error_description === "string" ? fields.error_description : "";
  const listed = Array.isArray(fields.error_codes) ? fields.error_codes : [];
  const numbers = listed.filter((number) => typeof number === "number");
  const named = [...description.matchAll(/AADSTS(\d{4,8})/g)].map((match) => Number(match[1]));
  return {
    status,
    error: typeof fields.error === "string" ? fields.error : "",
    numbers: [...new Set([...numbers, ...named])],
    ...(typeof fields.correlation_id === "string" ? { correlationId: fields.correlation_id } : {}),
  };
}

/**
 * The typed error of a refusal. Its message names Entra's number, never the token or the person.
 */
export function signInErrorOf(refusal: TokenRefusal): ReferralsError {
  const number = refusal.numbers.find((candidate) => signInProblems.has(candidate));
  const known =
    (number === undefined ? undefined : signInProblems.get(number)) ??
    byOAuthError[refusal.error] ??
    unexplained;
  const source = [
    refusal.error,
    ...refusal.numbers.slice(0, 1).map((first) => `AADSTS${number ?? first}`),
  ].filter((part) => part !== "");
  const named = source.length === 0 ? `status ${refusal.status}` : source.join(", ");
  return new ReferralsError(known.code, {
    message: `${known.sentence} (${named})`,
    status: refusal.status,
    ...(refusal.correlationId === undefined ? {} : { requestId: refusal.correlationId }),
  });
}
