import {
  type Problem,
  ReferralsError,
  type WebhookEventName,
  type WebhookRegistration,
} from "../contract/index.ts";
import { answerOf, invalidAnswer, jsonOf, requireSuccess, sendExpectingSuccess } from "./answer.ts";
import { type CallBudget, createCallBudget } from "./call-budget.ts";
import {
  defaultWebhookEndpoint,
  defaultWebhookScope,
  parseWebhookEndpoint,
  type WebhookEndpoint,
} from "./endpoint.ts";
import type { CallOptions } from "./port.ts";
import { defaultRetryLimits, type RetryLimits } from "./retry.ts";
import {
  type Answer,
  type Call,
  createTransport,
  type Transport,
  type TransportOptions,
} from "./transport.ts";

/** Settings of a webhook client; `endpoint` is an origin or the registration's URL. */
export interface WebhookRegistrationClientOptions extends TransportOptions {
  readonly retry?: Partial<RetryLimits>;
  readonly callBudget?: CallBudget;
}

type EventName = WebhookEventName | (string & {});

/** What is to be registered. */
export interface WebhookWish {
  readonly webhookUrl: string;
  readonly webhookEvents: readonly EventName[];
  /** True (the default): the signature comes as x-ms-signature; false: as Authorization. */
  readonly signatureTokenToMsSignatureHeader?: boolean;
  /**
   * True: take the events even if they now go to another address, which then hears nothing more.
   */
  readonly takeOver?: boolean;
}

/** What a registration did. */
export interface WebhookRegistered {
  readonly outcome: "unchanged" | "created" | "updated" | "tookOver";
  readonly registration: WebhookRegistration;
  /** The address that hears nothing more, without its query, and what it used to hear. */
  readonly silenced?: { readonly address: string; readonly events: readonly EventName[] };
}

/** How one attempt to deliver a test event went. */
export interface ValidationAttempt {
  readonly responseCode?: string;
  readonly responseMessage?: string;
  readonly systemError?: boolean;
  readonly dateTimeUtc?: string;
}

/** What became of a test event. */
export interface ValidationEvent {
  readonly correlationId: string;
  /** The service's own word, such as `completed`. */
  readonly status: string;
  readonly attempts: readonly ValidationAttempt[];
}

/**
 * Where a tenant's events go. There is one address per tenant, and registering a second one
 * silences the first: a staging system can so silence production. Therefore this client reads
 * before it writes, and refuses to take events from another address unless told. Reading and
 * writing are two calls; between them another program may register.
 */
export class WebhookRegistrationClient {
  readonly #endpoint: WebhookEndpoint;
  readonly #transport: Transport;

  constructor(options: WebhookRegistrationClientOptions) {
    this.#endpoint = parseWebhookEndpoint(options.endpoint ?? defaultWebhookEndpoint);
    const scopes = options.scopes ?? defaultWebhookScope;
    this.#transport = createTransport({ ...options, scopes }, this.#endpoint, {
      limits: { ...defaultRetryLimits, ...options.retry },
      requestIdsHonoured: false,
      budget: options.callBudget ?? createCallBudget(options),
    });
  }

  /** The tenant's registration, or undefined where there is none. */
  async getRegistration(options?: CallOptions): Promise<WebhookRegistration | undefined> {
    const call = this.#call("GET", "", options);
    const answer = await answerOf(this.#transport, call);
    if (answer.status === 404) return undefined;
    requireSuccess(call, answer, this.#transport.clock);
    return answer.body.trim() === "" ? undefined : registrationOf(answer);
  }

  /** The events that can be registered for. */
  async listEvents(options?: CallOptions): Promise<readonly EventName[]> {
    const answer = await this.#send(this.#call("GET", "/events", options));
    const events = jsonOf(answer);
    if (isTexts(events)) return events;
    throw invalidAnswer(answer, "the answer is not a list of event names");
  }

  /**
   * Registers an address for events, keeping the events that it already receives. Costs one call
   * where nothing changes. Rejects with `webhookTaken`, naming the holder of each event, where
   * another address has them.
   */
  async register(wish: WebhookWish, options?: CallOptions): Promise<WebhookRegistered> {
    const before = await this.getRegistration(options);
    const isOurs = before?.WebhookUrl === wish.webhookUrl;
    if (before !== undefined && !isOurs && wish.takeOver !== true) throw takenError(before, wish);
    const kept = isOurs ? before.WebhookEvents : [];
    const registration: WebhookRegistration = {
      WebhookUrl: wish.webhookUrl,
      WebhookEvents: [...new Set([...kept, ...wish.webhookEvents])],
      SignatureTokenToMsSignatureHeader: wish.signatureTokenToMsSignatureHeader ?? true,
    };
    if (isOurs && isSame(before, registration))
      return { outcome: "unchanged", registration: before };
    const method = before === undefined ? "POST" : "PUT";
    await this.#send({ ...this.#call(method, "", options), body: JSON.stringify(registration) });
    if (before === undefined) return { outcome: "created", registration };
    if (isOurs) return { outcome: "updated", registration };
    const silenced = { address: withoutQuery(before.WebhookUrl), events: before.WebhookEvents };
    return { outcome: "tookOver", registration, silenced };
  }

  /**
   * Has a test event sent to the registered address; resolves to its correlation id. Twice a minute
   * at most.
   */
  async createValidationEvent(options?: CallOptions): Promise<string> {
    const answer = await this.#send(this.#call("POST", "/validationEvents", options));
    const document = jsonOf(answer);
    const id = typeof document === "string" ? document : fieldOf(document, "correlationId");
    if (typeof id === "string" && id !== "") return id;
    throw invalidAnswer(answer, "the answer holds no correlation id");
  }

  /** What became of a test event; the service forgets it after seven days. */
  async getValidationEvent(correlationId: string, options?: CallOptions): Promise<ValidationEvent> {
    const path = `/validationEvents/${encodeURIComponent(correlationId)}`;
    const answer = await this.#send(this.#call("GET", path, options));
    const document = jsonOf(answer);
    const results = fieldOf(document, "results");
    return {
      correlationId,
      status: String(fieldOf(document, "status") ?? ""),
      attempts: (Array.isArray(results) ? results : []).map(attemptOf),
    };
  }

  #call(method: Call["method"], path: string, options: CallOptions | undefined): Call {
    return { method, url: `${this.#endpoint.registrationUrl}${path}`, options };
  }

  #send(call: Call): Promise<Answer> {
    return sendExpectingSuccess(this.#transport, call);
  }
}

function takenError(before: WebhookRegistration, wish: WebhookWish): ReferralsError {
  const holder = withoutQuery(before.WebhookUrl);
  const problems: Problem[] = before.WebhookEvents.map((event) => ({
    pointer: "/WebhookUrl",
    reason: `${event} goes to ${holder}`,
    remedy: wish.webhookEvents.includes(event)
      ? "Leave it there and poll, or take it over with takeOver: true."
      : "Taking over would silence this event as well, though it isn't wanted here.",
  }));
  const events = before.WebhookEvents.join(", ");
  return new ReferralsError("webhookTaken", {
    message: `${holder} receives ${events === "" ? "this tenant's events" : events}.`,
    target: "WebhookUrl",
    problems,
  });
}

/** An address as it may be shown: the query of a flow's address is a secret. */
function withoutQuery(address: string): string {
  if (!URL.canParse(address)) return "an address that can't be read";
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

function isSame(left: WebhookRegistration, right: WebhookRegistration): boolean {
  return (
    (left.SignatureTokenToMsSignatureHeader ?? false) ===
      (right.SignatureTokenToMsSignatureHeader ?? false) &&
    right.WebhookEvents.every((event) => left.WebhookEvents.includes(event))
  );
}

function registrationOf(answer: Answer): WebhookRegistration | undefined {
  const document = jsonOf(answer);
  const url = fieldOf(document, "WebhookUrl");
  const events = fieldOf(document, "WebhookEvents");
  if (document === null || url === null || url === undefined || url === "") return undefined;
  if (typeof url !== "string" || !isTexts(events)) {
    throw invalidAnswer(answer, "the answer is not a webhook registration");
  }
  return {
    WebhookUrl: url,
    WebhookEvents: events,
    SignatureTokenToMsSignatureHeader:
      fieldOf(document, "SignatureTokenToMsSignatureHeader") === true,
  };
}

function attemptOf(result: unknown): ValidationAttempt {
  const { responseCode, responseMessage, systemError, dateTimeUtc } = Object.fromEntries(
    ["responseCode", "responseMessage", "systemError", "dateTimeUtc"].map((name) => [
      name,
      fieldOf(result, name),
    ]),
  );
  return {
    ...(responseCode === undefined || responseCode === null
      ? {}
      : { responseCode: String(responseCode) }),
    ...(typeof responseMessage === "string" ? { responseMessage } : {}),
    ...(typeof systemError === "boolean" ? { systemError } : {}),
    ...(typeof dateTimeUtc === "string" ? { dateTimeUtc } : {}),
  };
}

/** A property whatever its case: the published pages write both WebhookUrl and webhookUrl. */
function fieldOf(document: unknown, name: string): unknown {
  if (typeof document !== "object" || document === null) return undefined;
  const wanted = name.toLowerCase();
  return Object.entries(document).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
