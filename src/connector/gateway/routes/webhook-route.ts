import type { FastifyInstance } from "fastify";
import { ReferralsError, readWebhookEvent } from "../../../contract/index.ts";
import type { Clock, Log } from "../../../runtime/index.ts";
import type { TriggerStore } from "../triggers/trigger-store.ts";

/** Says why a delivery isn't believed; undefined where it was signed by whom it claims. */
export type VerifyWebhook = (
  body: Buffer,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
) => Promise<string | undefined>;

/** What taking webhooks in needs. */
export interface WebhookRouteOptions {
  readonly verify: VerifyWebhook;
  readonly store: TriggerStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly onHint: () => void;
}

/** Where a tenant's webhooks arrive, below the gateway's address. */
export const webhookPath = (tenantId: string): string =>
  `/webhooks/partner-center/${encodeURIComponent(tenantId)}`;

/**
 * Takes Partner Center's webhooks in as hints: a tenant's referrals are looked at next. What
 * happened is read from the referrals themselves, so that a lost or doubled webhook does no harm.
 */
export function addWebhookRoute(server: FastifyInstance, options: WebhookRouteOptions): void {
  const { verify, store, clock, log, onHint } = options;
  server.post<{ Params: { readonly tenantId: string } }>(
    "/webhooks/partner-center/:tenantId",
    async (request, reply) => {
      const distrust = await verify(request.rawBody ?? Buffer.alloc(0), request.headers);
      if (distrust !== undefined) {
        log.warn({ reason: distrust }, "a webhook was not believed");
        const message = `The webhook was not believed (${distrust}).`;
        throw new ReferralsError("unauthenticated", { message });
      }
      const result = readWebhookEvent(request.body);
      if (!result.ok) throw new ReferralsError("invalidRequest", { problems: result.problems });
      await store.hint(request.params.tenantId, clock.now());
      onHint();
      return reply.code(200).send();
    },
  );
}
