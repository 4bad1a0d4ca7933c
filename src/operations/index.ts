export {
  type AccessOptions,
  isSignInRequired,
  type OpenIdOptions,
  type PasswordUser,
  refuseOpenAddress,
} from "./access/access-options.ts";
export { hashPassword, isPasswordHash } from "./access/password.ts";
export {
  type Alert,
  type Alerter,
  type AlertKind,
  type AlertMemory,
  type AlertMessage,
  type AlertReceiver,
  type AlertSender,
  type AlertSettings,
  type AlertSources,
  alertKinds,
  composeMessage,
  createAlerter,
  defaultAlertSettings,
  htmlText,
  plainText,
  slackBody,
  teamsBody,
} from "./alerts/index.ts";
export { createOperations, type OperationsOptions } from "./create-operations.ts";
export { dealSummary, fieldViews, stateSentence } from "./deals/deal-view.ts";
export type { Demonstration, Desk, MappingFile } from "./desk.ts";
export { crmWebhookPath, webhookPath } from "./routes/webhook-routes.ts";
export {
  createWebhookVerifier,
  type WebhookTrust,
  type WebhookVerifier,
} from "./webhook-verifier.ts";
