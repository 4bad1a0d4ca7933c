import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { TokenKey } from "../../../client/index.ts";
import { basePath, type Problem, ReferralsError } from "../../../contract/index.ts";
import type { Clock, Log, Random } from "../../../runtime/index.ts";
import { daysBeforeLimits, type Trigger, triggerPaths, triggers } from "../../triggers.ts";
import { connectionOf } from "../connection-guard.ts";
import { type Connection, type Connections, isSamePerson } from "../connections.ts";
import type { Sealer } from "../sealed-text.ts";
import { callbackPurpose } from "../triggers/deliverer.ts";
import { latestChange } from "../triggers/referral-glance.ts";
import { signingSecret } from "../triggers/signature.ts";
import type { Subscription, TriggerStore } from "../triggers/trigger-store.ts";
import type { Upstream } from "../upstream.ts";

/** What subscribing needs. */
export interface TriggerRoutesOptions {
  readonly store: TriggerStore;
  readonly connections: Connections;
  readonly upstream: Upstream;
  readonly sealer: Sealer;
  readonly signingKey: TokenKey;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly publicUrl: () => string;
  /** True: http and private addresses may be told too, as on a developer's machine. */
  readonly allowsPrivateCallbacks: boolean;
  readonly pollMs: number;
  /** Called once a subscription is kept. */
  readonly onSubscribed: (connection: Connection) => void;
}

/** Subscriptions that one connection may have at once. */
export const mostSubscriptions = 100;
const longestUrl = 4_096;

const days = z.number().int().min(daysBeforeLimits.least).max(daysBeforeLimits.most);
const body = z.object({ callbackUrl: z.string().max(longestUrl) });
const bodyWithDays = body.extend({ daysBefore: days.default(daysBeforeLimits.unlessTold) });

function refuse(problems: readonly Problem[]): ReferralsError {
  return new ReferralsError("invalidRequest", { problems });
}

function parsed<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  throw refuse(
    result.error.issues.map(({ path, message }) => ({
      pointer: `/${path.join("/")}`,
      reason: message,
      remedy: "Send what the trigger's definition says.",
    })),
  );
}

function checkCallback(text: string, allowsPrivate: boolean): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSecure = url?.protocol === "https:" || (allowsPrivate && url?.protocol === "http:");
  if (url && isSecure && url.username === "" && url.password === "") return;
  const reason = "is no https address";
  const remedy = "Send the address that notifications are to go to, with https.";
  throw refuse([{ pointer: "/callbackUrl", reason, remedy }]);
}

/** Adds the triggers: subscribing answers 201 with Location, DELETE there ends it. */
export function addTriggerRoutes(server: FastifyInstance, options: TriggerRoutesOptions): void {
  const { store, upstream, sealer, clock, random, publicUrl } = options;

  async function subscribe(
    connection: Connection,
    trigger: Trigger,
    input: unknown,
  ): Promise<Subscription> {
    const { callbackUrl, ...settings } = trigger.hasDaysBefore
      ? parsed(bodyWithDays, input)
      : parsed(body, input);
    checkCallback(callbackUrl, options.allowsPrivateCallbacks);
    if ((await store.subscriptionsOf(connection.id)).length >= mostSubscriptions) {
      const message = `A connection has at most ${mostSubscriptions} subscriptions.`;
      throw new ReferralsError("invalidRequest", { message });
    }
    const since = await latestChange(upstream, connection);
    const now = clock.now();
    const subscription: Subscription = {
      id: random.uuid(),
      connectionId: connection.id,
      trigger: trigger.name,
      ...settings,
      callback: sealer.seal(callbackUrl, callbackPurpose),
      since,
      createdAt: now,
    };
    await store.subscribe(subscription, {
      connectionId: connection.id,
      tenantId: connection.tenantId,
      cursor: since,
      nextLookAt: now + options.pollMs,
      nextExpiryLookAt: now,
    });
    options.onSubscribed(connection);
    return subscription;
  }

  async function unsubscribe(connection: Connection, id: string): Promise<void> {
    const subscription = await store.find(id);
    if (!subscription) throw new ReferralsError("itemNotFound");
    const owner = await options.connections.find(subscription.connectionId);
    // A person who has signed in anew ends what the earlier connection began.
    if (!owner || !isSamePerson(owner, connection)) {
      throw new ReferralsError("connectionNotShareable");
    }
    await store.unsubscribe(subscription);
  }

  for (const base of [basePath, `${basePath}/`]) {
    for (const trigger of triggers) {
      const path = `${base}${triggerPaths.triggers}/${trigger.name}`;
      server.post(path, async (request, reply) => {
        const { id } = await subscribe(connectionOf(request), trigger, request.body);
        const location = `${publicUrl()}${basePath}${triggerPaths.subscriptions}/${id}`;
        const secret = signingSecret(options.signingKey, id);
        return reply.code(201).header("location", location).send({ id, signingSecret: secret });
      });
    }
    server.delete<{ Params: { readonly id: string } }>(
      `${base}${triggerPaths.subscriptions}/:id`,
      async (request, reply) => {
        await unsubscribe(connectionOf(request), request.params.id);
        return reply.code(204).send();
      },
    );
  }
}
