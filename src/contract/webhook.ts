/** The events that a webhook can be registered for. */
export const webhookEvents = [
  "referral-created",
  "referral-updated",
  "related-referral-created",
  "related-referral-updated",
  "test-created",
] as const;

/** The name of a webhook event. */
export type WebhookEventName = (typeof webhookEvents)[number];

/** The body of a webhook call: a hint that something changed, without data, version or identity of its own. */
export interface WebhookEvent {
  readonly EventName: WebhookEventName | (string & {});
  /** Names the referral in its last segment. Never fetched: it is on another host. */
  readonly ResourceUri: string;
  readonly ResourceName: string;
  readonly AuditUri?: string | null;
  readonly ResourceChangeUtcDate: string;
}

/** Where the events of a tenant go. One address per event and tenant: registering silences whoever had it. */
export interface WebhookRegistration {
  readonly WebhookUrl: string;
  readonly WebhookEvents: readonly (WebhookEventName | (string & {}))[];
  readonly SignatureTokenToMsSignatureHeader?: boolean | null;
}

/** The id in the last segment of a resource's address; undefined where there is none. */
export function referralIdOf(resourceUri: string): string | undefined {
  const path = resourceUri.split(/[?#]/, 1)[0] ?? "";
  const last = path.split("/").findLast((segment) => segment !== "");
  if (last === undefined) return undefined;
  try {
    const id = decodeURIComponent(last).replace(/^.*\('?|'?\)$/g, "");
    return id === "" ? undefined : id;
  } catch {
    return undefined;
  }
}
