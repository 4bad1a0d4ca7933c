export {
  type PatchOperation,
  type Referral,
  ReferralsError,
  type WebhookRegistration,
} from "../contract/index.ts";
export {
  type CallBudget,
  type CallBudgetOptions,
  type CallBudgetSnapshot,
  createCallBudget,
} from "./call-budget.ts";
export {
  type AuthorizationCodeOptions,
  type AuthorizationReturn,
  type AuthorizationStart,
  finishAuthorization,
  startAuthorization,
} from "./credentials/authorization-code.ts";
export {
  type ClientSecretCredential,
  type ClientSecretCredentialOptions,
  createClientSecretCredential,
} from "./credentials/client-secret.ts";
export {
  createDeviceCodeCredential,
  type DeviceCodeCredentialOptions,
  type DeviceCodeOptions,
  type DeviceCodePrompt,
  signInWithDeviceCode,
} from "./credentials/device-code.ts";
export {
  createRefreshTokenCredential,
  type RefreshTokenCredential,
  type RefreshTokenCredentialOptions,
} from "./credentials/refresh-token.ts";
export type { SignInStatus } from "./credentials/sign-in.ts";
export type { SignedInPerson } from "./credentials/token-endpoint.ts";
export {
  createMemoryTokenStore,
  type StoredSignIn,
  type TokenStore,
} from "./credentials/token-store-port.ts";
export type { DealRegistration, DealRegistrationChanges } from "./deal-registration.ts";
export {
  defaultEndpoint,
  defaultScope,
  defaultWebhookEndpoint,
  defaultWebhookScope,
  type Endpoint,
  type NextLinkRefusal,
  parseEndpoint,
  referralUrl,
  resolveNextLink,
} from "./endpoint.ts";
export {
  allOf,
  anyOf,
  calendarDate,
  decimal,
  type Filter,
  type FilterValue,
  filter,
  guid,
  literal,
  path,
} from "./filter.ts";
export type { PagedReferrals, PageSettings, ReferralPage } from "./paging.ts";
export type {
  CallOptions,
  CreateOptions,
  ListPage,
  ListQuery,
  NextPage,
  PatchOptions,
  ReferralsPort,
  StoredReferral,
  UnreadableReferral,
  UpdateOptions,
} from "./port.ts";
export {
  type ListReferralsQuery,
  type ReceivedReferral,
  type ReferralReference,
  ReferralsClient,
  type ReferralsClientOptions,
  type WriteOptions,
} from "./referrals-client.ts";
export { createReferralsPort, type ReferralsPortOptions } from "./referrals-port.ts";
export { defaultRetryLimits, type RetryLimits } from "./retry.ts";
export type { TransportOptions } from "./transport.ts";
export {
  type ValidationAttempt,
  type ValidationEvent,
  type WebhookRegistered,
  WebhookRegistrationClient,
  type WebhookRegistrationClientOptions,
  type WebhookWish,
} from "./webhook-registration-client.ts";
