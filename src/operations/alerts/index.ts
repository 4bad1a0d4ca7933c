export {
  type Alert,
  type AlertKind,
  type AlertMessage,
  type AlertSender,
  type AlertSettings,
  alertKinds,
  defaultAlertSettings,
} from "./alert.ts";
export {
  type Alerter,
  type AlerterOptions,
  type AlertMemory,
  type AlertReceiver,
  createAlerter,
} from "./alerter.ts";
export { composeMessage } from "./compose-message.ts";
export type { ReceiverMemory } from "./decide.ts";
export { type AlertSources, findAlerts } from "./find-alerts.ts";
export { htmlText, plainText, slackBody, teamsBody } from "./formats.ts";
