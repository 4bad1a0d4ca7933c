import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ReferralsError, readWebhookEvent, referralIdOf } from "../../contract/index.ts";
import type { CrmWebhook } from "../../crm/index.ts";
import type { Desk } from "../desk.ts";
import type { WebhookVerifier } from "../webhook-verifier.ts";

/** Where Partner Center's webhooks arrive. */
export const webhookPath = "/webhooks/partner-center";

/** Where the CRM's webhooks arrive. */
export const crmWebhookPath = "/webhooks/crm";

/** The events that a hint can come of. */
const aboutReferrals = /^(?:related-)?referral-(?:created|updated)$/;

/** Takes Partner Center's webhooks in: verified, turned into a stored hint, then answered. */
export function addWebhookRoutes(
  server: FastifyInstance,
  desk: Desk,
  verifier: WebhookVerifier,
): void {
  server.post(webhookPath, async (request, reply) => {
    const distrust = await verifier(request.rawBody ?? Buffer.alloc(0), request.headers);
    if (distrust !== undefined) {
      desk.log.warn({ reason: distrust }, "a webhook was not believed");
      const message = `The webhook was not believed (${distrust}).`;
      throw new ReferralsError("unauthenticated", { message });
    }
    const result = readWebhookEvent(request.body);
    if (!result.ok) throw new ReferralsError("invalidRequest", { problems: result.problems });
    const { EventName, ResourceUri, ResourceChangeUtcDate: changedAt } = result.event;
    const id = referralIdOf(ResourceUri);
    if (id !== undefined && aboutReferrals.test(EventName)) {
      await desk.engine.hint({ side: "referral", id, ...(changedAt ? { changedAt } : {}) });
    }
    return reply.code(200).send();
  });
}

/** A burst of this many deals is left to the poll. */
const mostHinted = 500;

/** Whether an address is one at which webhooks arrive; the CRM's may end in a secret. */
export function isWebhookAddress(url: string): boolean {
  return url === webhookPath || url === crmWebhookPath || url.startsWith(`${crmWebhookPath}/`);
}

/** Takes the CRM's webhooks in: verified, turned into stored hints, then answered. */
export function addCrmWebhookRoute(server: FastifyInstance, desk: Desk, verify: CrmWebhook): void {
  const take = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const rawBody = (request.rawBody ?? Buffer.alloc(0)).toString("utf8");
    const { token } = request.params as { readonly token?: string };
    const secret = token === undefined ? {} : { token };
    const verdict = verify({ method: request.method, rawBody, headers, ...secret });
    if (!verdict.ok) {
      desk.log.warn({ reason: verdict.reason }, "a webhook of the CRM was not believed");
      const message = `The webhook was not believed (${verdict.reason}).`;
      throw new ReferralsError("unauthenticated", { message });
    }
    for (const id of verdict.recordIds.slice(0, mostHinted)) {
      await desk.engine.hint({ side: "crm", id });
    }
    if (verdict.pollInMs !== undefined) desk.engine.pollCrmSoon(verdict.pollInMs);
    return reply.code(200).send();
  };
  server.post(crmWebhookPath, take);
  server.post(`${crmWebhookPath}/:token`, take);
}
