import { WebhookRegistrationClient } from "../../../client/index.ts";
import { webhookEvents } from "../../../contract/index.ts";
import type { Clock, Http, Log } from "../../../runtime/index.ts";
import type { Connection } from "../connections.ts";
import type { UpstreamTokens } from "../upstream-tokens.ts";

/** What asks Partner Center for webhooks. */
export interface WebhookRegistrarOptions {
  /** The registration's address, or its origin. */
  readonly registrationUrl: string;
  readonly scope: string;
  readonly tokens: UpstreamTokens;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  /** Where a tenant's webhooks are to arrive. */
  readonly webhookUrl: (tenantId: string) => string;
}

const askAgainMs = 3_600_000;
const wanted = webhookEvents.filter((name) => name !== "test-created");

/**
 * Asks for a tenant's webhooks on behalf of a connection with a subscription. It never takes them
 * from another address: then, as wherever there are no webhooks, polling alone feeds the triggers.
 */
export class WebhookRegistrar {
  readonly #options: WebhookRegistrarOptions;
  readonly #askedAt = new Map<string, number>();

  constructor(options: WebhookRegistrarOptions) {
    this.#options = options;
  }

  async ensure(connection: Connection): Promise<void> {
    const { tokens, clock, http, log, scope, registrationUrl, webhookUrl } = this.#options;
    const { tenantId } = connection;
    const askedAt = this.#askedAt.get(tenantId);
    if (askedAt !== undefined && clock.now() - askedAt < askAgainMs) return;
    this.#askedAt.set(tenantId, clock.now());
    const client = new WebhookRegistrationClient({
      credential: tokens.credentialOf(connection),
      endpoint: registrationUrl,
      scopes: scope,
      http,
      clock,
    });
    try {
      const { outcome } = await client.register({
        webhookUrl: webhookUrl(tenantId),
        webhookEvents: wanted,
      });
      log.info({ organizationId: tenantId, outcome }, "webhooks feed the triggers");
    } catch (error) {
      const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
      log.warn({ organizationId: tenantId, code: String(code) }, "no webhooks: polling alone");
    }
  }
}
