import { createHash } from "node:crypto";
import { referralUrl, type TokenKey } from "../../../client/index.ts";
import type { Clock, Http, Log } from "../../../runtime/index.ts";
import type { Connections } from "../connections.ts";
import type { Sealer } from "../sealed-text.ts";
import type { Upstream } from "../upstream.ts";
import { BackgroundLoop } from "./background-loop.ts";
import { signatureHeaders, signingSecret } from "./signature.ts";
import type { Notification, Subscription, TriggerStore } from "./trigger-store.ts";

/** What carries notifications to flows. */
export interface DelivererOptions {
  readonly store: TriggerStore;
  readonly connections: Connections;
  readonly upstream: Upstream;
  readonly sealer: Sealer;
  readonly signingKey: TokenKey;
  /** Refuses private addresses, unless the operator allows them. */
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds before the second attempt; each further wait is twice as long. */
  readonly firstBackoffMs: number;
  readonly onAttempt?: (outcome: "delivered" | "failed" | "given up") => void;
}

/** So often a notification is tried before it is given up. */
export const deliveryAttempts = 10;
/** What a callback address is sealed for. */
export const callbackPurpose = "callback";

const maxBackoffMs = 3_600_000;
const batchSize = 8;
const timeoutMs = 20_000;

type Attempt =
  | { readonly outcome: "delivered" }
  /** Nobody is there any more: the flow was deleted. */
  | { readonly outcome: "gone" }
  | { readonly outcome: "failed"; readonly problem: string };

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

const isNew = (body: string): boolean =>
  (JSON.parse(body) as { readonly status?: unknown }).status === "New";

/**
 * Sends each notification with the referral as it is at that moment, which is asked for only then:
 * a referral is nowhere stored. At least once; the id in its headers tells a repetition.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #loop: BackgroundLoop;

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#loop = new BackgroundLoop("notifications", () => this.#workOnDue(), options);
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  wake(): void {
    this.#loop.wake();
  }

  async #workOnDue(): Promise<number> {
    const { store, clock } = this.#options;
    const due = await store.dueNotifications(clock.now(), batchSize);
    await Promise.all(due.map((notification) => this.#deliver(notification)));
    if (due.length > 0) return 0;
    const next = await store.nextAttemptAt();
    return next === undefined ? Number.POSITIVE_INFINITY : Math.max(1, next - clock.now());
  }

  async #deliver(notification: Notification): Promise<void> {
    const { store, clock, log, firstBackoffMs, onAttempt } = this.#options;
    const subscription = await store.find(notification.subscriptionId);
    // Unsubscribed meanwhile: its notifications went with it.
    if (!subscription) return;
    const attempt = await this.#attempt(notification, subscription);
    if (attempt.outcome === "gone") {
      log.info({ subscriptionId: subscription.id }, "a flow is gone; its subscription ends");
      await store.unsubscribe(subscription);
      return;
    }
    if (attempt.outcome === "delivered") {
      onAttempt?.("delivered");
      await store.settle(notification, { state: "delivered", nextAttemptAt: clock.now() });
      return;
    }
    const isLast = notification.attempts + 1 >= deliveryAttempts;
    onAttempt?.(isLast ? "given up" : "failed");
    const { problem } = attempt;
    log.warn({ subscriptionId: subscription.id, problem, isLast }, "a notification failed");
    const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** notification.attempts);
    await store.settle(notification, {
      state: isLast ? "given up" : "pending",
      nextAttemptAt: clock.now() + backoffMs,
      problem,
    });
  }

  async #attempt(notification: Notification, subscription: Subscription): Promise<Attempt> {
    try {
      const body = await this.#referral(notification, subscription);
      // Nothing to tell of a referral that can't be seen any more, or was answered meanwhile.
      const isOver =
        body === undefined || (subscription.trigger === "referral-needs-answer" && !isNew(body));
      if (isOver) return { outcome: "delivered" };
      return await this.#post(notification, subscription, body);
    } catch (error) {
      const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
      return { outcome: "failed", problem: typeof code === "string" ? code : "no answer" };
    }
  }

  async #referral(
    { referralId }: Notification,
    { connectionId }: Subscription,
  ): Promise<string | undefined> {
    const { connections, upstream } = this.#options;
    const connection = await connections.find(connectionId);
    if (!connection) return undefined;
    const answer = await upstream.send(connection, {
      method: "GET",
      url: referralUrl(upstream.endpoint, referralId),
      headers: { accept: "application/json", "content-type": "application/json" },
    });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) {
      throw Object.assign(new Error("the referral can't be read"), { code: `${answer.status}` });
    }
    return answer.body;
  }

  async #post(
    { referralId, mark }: Notification,
    { id, trigger, callback }: Subscription,
    body: string,
  ): Promise<Attempt> {
    const { http, sealer, clock, signingKey } = this.#options;
    const messageId = createHash("sha256").update(`${id}\n${referralId}\n${mark}`).digest("hex");
    const secret = signingSecret(signingKey, id);
    const { status } = await http({
      method: "POST",
      url: sealer.open(callback, callbackPurpose),
      body,
      timeoutMs,
      headers: {
        "content-type": "application/json; charset=utf-8",
        "content-length": String(Buffer.byteLength(body)),
        "x-referrals-event": trigger,
        ...signatureHeaders(secret, messageId.slice(0, 32), clock.now(), body),
      },
    });
    if (isSuccess(status)) return { outcome: "delivered" };
    return status === 410 ? { outcome: "gone" } : { outcome: "failed", problem: String(status) };
  }
}
