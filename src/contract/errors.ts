/** What is known of an error code. */
export interface ErrorEntry {
  /** The HTTP status that it travels with; 0 where no answer arrived or no call was made. */
  readonly status: number;
  /**
   * True where the same call may succeed later as it is. It doesn't say that repeating is safe: a
   * create that was answered with 500 may have been carried out.
   */
  readonly retryable: boolean;
  readonly sentence: string;
  readonly remedy: string;
  /** The code on the wire, where it isn't the name. */
  readonly wireCode?: string;
}

const entry = (
  status: number,
  retryable: boolean,
  sentence: string,
  remedy: string,
  wireCode?: string,
): ErrorEntry => ({ status, retryable, sentence, remedy, ...(wireCode ? { wireCode } : {}) });

const once = false;
const again = true;

/** The one table of errors: each code that the product answers with, throws or shows. */
export const errorTable = {
  accessDenied: entry(
    403,
    once,
    "The caller doesn't have permission to do this.",
    "Give the user the role Referrals admin, or Referrals user at the referral's location.",
  ),
  generalException: entry(
    500,
    again,
    "The other side failed without saying why.",
    "Try again later; if it stays, report the request id.",
  ),
  invalidRequest: entry(
    400,
    once,
    "The request is malformed or has a wrong value.",
    "Correct what the list of problems names.",
  ),
  itemNotFound: entry(
    404,
    once,
    "There is no such item, or it isn't visible to this organization.",
    "Check the id and the organization that the token was issued for.",
  ),
  preconditionFailed: entry(
    412,
    once,
    "The eTag in If-Match is no longer the current one.",
    "Read the item again, apply the change to what it is now, and send the new eTag.",
  ),
  resourceModified: entry(
    412,
    once,
    "The item changed since it was read.",
    "Read the item again, apply the change to what it is now, and send the new eTag.",
  ),
  serviceNotAvailable: entry(
    503,
    again,
    "The service is temporarily unavailable.",
    "Wait as long as Retry-After says, then try again.",
  ),
  unauthenticated: entry(
    401,
    once,
    "The access token is missing, expired or not meant for this service.",
    "Sign in again and send the new token as Authorization: Bearer.",
  ),
  mfaRequired: entry(
    401,
    once,
    "The sign-in was made without multifactor authentication.",
    "Sign in again with multifactor authentication and renew the stored refresh token.",
    "900421",
  ),
  illegalTransition: entry(
    400,
    once,
    "The lifecycle doesn't allow this change of status.",
    "Choose one of the allowed moves; status and substatus change together.",
  ),
  finalState: entry(
    400,
    once,
    "The referral is closed, and no action is possible after a final state.",
    "Create a new referral where the deal goes on.",
  ),
  shareConsentIrreversible: entry(
    400,
    once,
    "Sharing with Microsoft can't be withdrawn.",
    "Leave consentToShareReferralWithMicrosoftSellers as it is.",
  ),
  preconditionRequired: entry(
    428,
    once,
    "The call needs the header If-Match.",
    "Read the item and send its eTag, quotes included, as If-Match.",
  ),
  unsupportedMediaType: entry(
    415,
    once,
    "The body's content type isn't supported.",
    "Send the body as application/json.",
  ),
  payloadTooLarge: entry(413, once, "The body is too large.", "Send less in one call."),
  tooManyRequests: entry(
    429,
    again,
    "The connection has used up its calls for now.",
    "Wait as long as Retry-After says; earlier tries count against the limit.",
  ),
  methodNotAllowed: entry(
    405,
    once,
    "This address doesn't support the method.",
    "Use one of the methods that the header Allow names.",
  ),
  invalidFilter: entry(
    400,
    once,
    "The OData query can't be understood.",
    "Correct the query at the position named.",
  ),
  unsupportedQuery: entry(
    400,
    once,
    "The OData query asks for something that this service doesn't do.",
    "Leave the named option out.",
  ),
  requestIdReused: entry(
    400,
    once,
    "The request id was already used for a different request.",
    "Use a new MS-RequestId for each request, and the same one only to repeat it.",
  ),
  connectionNotShareable: entry(
    403,
    once,
    "A connection belongs to the user who made it and can't be shared.",
    "Create a connection of your own.",
  ),
  signInRequired: entry(
    401,
    once,
    "No sign-in is stored, or the stored one is no longer accepted.",
    "Sign in again; a service account's sign-in lasts longest.",
  ),
  signInFailed: entry(
    401,
    once,
    "The issuer refused the sign-in.",
    "Check the app's client id, secret, permissions and tenant.",
  ),
  tokenStoreUnreadable: entry(
    0,
    once,
    "The stored sign-in can't be read with the key at hand.",
    "Bring back the right key, or delete the stored sign-in and sign in again.",
  ),
  webhookTaken: entry(
    0,
    once,
    "Another address already receives these webhook events.",
    "Leave it as it is and poll instead, or take the events over on purpose.",
  ),
  outcomeUnknown: entry(
    0,
    once,
    "No answer arrived, so the change may or may not have been made.",
    "Look for the result before repeating the call: repeating it blindly may double it.",
  ),
  timeout: entry(
    0,
    again,
    "No answer arrived in time.",
    "Try again; if it stays, check the network.",
  ),
  unreachable: entry(
    0,
    again,
    "The other side can't be reached, and nothing was sent.",
    "Check the address, the network and the other side's status.",
  ),
  invalidAnswer: entry(
    502,
    again,
    "The other side's answer can't be understood.",
    "Check that the address is that of a referrals service; report the request id.",
  ),
} as const satisfies Readonly<Record<string, ErrorEntry>>;

/** A code of the error table. */
export type ErrorCode = keyof typeof errorTable;
