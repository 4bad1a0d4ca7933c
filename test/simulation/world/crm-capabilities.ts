import type { CrmCapabilities } from "../../../src/crm/port.ts";
import { hasSecondStampsInCrm, type Settings } from "../schedule/schedule.ts";

/** What the model CRM's adapter declares. */
export function crmCapabilitiesOf(settings: Settings): CrmCapabilities {
  return {
    kind: "model",
    versions: settings.crmVersions === "stamp-and-content" ? "stamp" : settings.crmVersions,
    stampResolutionMs: hasSecondStampsInCrm(settings) ? 1000 : 1,
    visibilityDelayMs: 10_000,
    deleteSignal: settings.crmDeleteSignal,
    webhooks: "none",
    batchSize: 1,
    parts: [
      { name: "account", prefix: "account." },
      { name: "contacts", prefix: "contacts" },
      { name: "deal", prefix: "" },
    ],
    reportsChildChanges: settings.crmReportsChildChanges,
    stateFields: {
      referralId: "pr_referralid",
      ...(settings.crmLacksLink ? {} : { referralLink: "pr_link" }),
      syncState: "pr_state",
      lastError: "pr_error",
      microsoftCrmId: "pr_msx",
    },
  };
}
