import { isJsonObject, kindOfValue, type Problem } from "./problem.ts";

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

/** The body of a webhook call: a hint that something changed, without data, version or identity. */
export interface WebhookEvent {
  readonly EventName: WebhookEventName | (string & {});
  /** Names the referral in its last segment. It is on another host: never fetch it. */
  readonly ResourceUri: string;
  readonly ResourceName?: string;
  readonly AuditUri?: string;
  readonly ResourceChangeUtcDate?: string;
}

/** Where a tenant's events go. An event has one address per tenant: a new one silences the old. */
export interface WebhookRegistration {
  readonly WebhookUrl: string;
  readonly WebhookEvents: readonly (WebhookEventName | (string & {}))[];
  /** True to get the signature in the header x-ms-signature instead of Authorization. */
  readonly SignatureTokenToMsSignatureHeader?: boolean;
}

/** A webhook event, or what is wrong with the input. */
export type WebhookEventResult =
  | { readonly ok: true; readonly event: WebhookEvent }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const names = ["EventName", "ResourceUri"] as const;
const furtherNames = ["ResourceName", "AuditUri", "ResourceChangeUtcDate"] as const;

/** Reads the body of a webhook call. Names of properties may have any case; unknown events pass. */
export function readWebhookEvent(input: unknown): WebhookEventResult {
  const object = isJsonObject(input) ? input : {};
  const byLowerCase = new Map(
    Object.entries(object).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const textOf = (name: string): string | undefined => {
    const value = byLowerCase.get(name.toLowerCase());
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const problems = names
    .filter((name) => textOf(name) === undefined)
    .map((name) => ({
      pointer: `/${name}`,
      reason: `must be text, but is ${kindOfValue(byLowerCase.get(name.toLowerCase()))}`,
      remedy: "Send the event as the referrals service does.",
    }));
  if (problems.length > 0) return { ok: false, problems };
  const further = Object.fromEntries(
    furtherNames.flatMap((name) => {
      const value = textOf(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const event = {
    EventName: textOf("EventName") ?? "",
    ResourceUri: textOf("ResourceUri") ?? "",
    ...further,
  };
  return { ok: true, event };
}

// An id goes into the path of the next call, so nothing passes that could lead elsewhere.
const plainId = /^(?!\.+$)[\w.~-]{1,200}$/;

/** The id in the last segment of a referral's address; undefined where there is none to trust. */
export function referralIdOf(resourceUri: string): string | undefined {
  const [path = ""] = resourceUri.split(/[?#]/, 1);
  const segment = path
    .replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, "")
    .split("/")
    .findLast((part) => part !== "");
  // OData also writes referrals('id').
  const id = /\('?([^']*?)'?\)$/.exec(segment ?? "")?.[1] ?? segment ?? "";
  return plainId.test(id) ? id : undefined;
}
