export { countryCodes, currencyCodes } from "./codes.ts";
export { type ErrorBody, errorBody, errorFromResponse, retryAfterMs } from "./error-response.ts";
export { type ErrorCode, type ErrorEntry, errorTable } from "./errors.ts";
export type { Edition, FieldKind, Write } from "./field.ts";
export { fields, type ReferralField } from "./fields.ts";
export { type JsonSchema, jsonSchema } from "./json-schema.ts";
export {
  type Category,
  categoryOf,
  type DealType,
  dealTypeOf,
  isForMicrosoft,
  microsoftOrganizationId,
  microsoftTarget,
} from "./kinds.ts";
export {
  actions,
  answerWithinMs,
  checkMove,
  checkShareConsent,
  expiresAt,
  isExpired,
  isFinal,
  isStatePair,
  lifecycle,
  movesFrom,
  registrationRisk,
  registrationWaitMs,
  type State,
  type StatusEntry,
  type Verdict,
} from "./lifecycle.ts";
export {
  entityModel,
  type ModelProperty,
  type ModelType,
  type PrimitiveType,
} from "./model.ts";
export { nearestName } from "./nearest.ts";
export { openApiDocument } from "./openapi.ts";
export {
  type BodyName,
  basePath,
  callLimit,
  host,
  type Operation,
  type OperationBody,
  type OperationId,
  type OperationResponse,
  operations,
  type Parameter,
  type Visibility,
} from "./operations.ts";
export type * from "./operator-api.ts";
export { busyStates, statesOnTheWay } from "./operator-api.ts";
export type * from "./operator-mapping.ts";
export { type PatchOperation, type PatchResult, validatePatch } from "./patch.ts";
export { type PatchOp, type PatchPath, patchPaths } from "./patch-paths.ts";
export type { Problem } from "./problem.ts";
export {
  actionParameters,
  type DefinitionRow,
  listDefinition,
  type ParameterRow,
  type ReferenceType,
  referralDefinition,
  referralTypeName,
} from "./reference-page.ts";
export {
  assistanceRequestCodes,
  type CustomerMember,
  customerSizes,
  type Member,
  qualifications,
  type Referral,
  referralTypes,
  type Solution,
  salesStages,
  statuses,
  substatuses,
} from "./referral.ts";
export { type ErrorDetails, errorEntry, ReferralsError } from "./referrals-error.ts";
export { type Purpose, type ReferralResult, validateReferral } from "./validate.ts";
export {
  readWebhookEvent,
  referralIdOf,
  type WebhookEvent,
  type WebhookEventName,
  type WebhookEventResult,
  type WebhookRegistration,
  webhookEvents,
} from "./webhook.ts";
