import type { WebhookEventName } from "../../contract/index.ts";
import { type FaultInjector, jsonType } from "../../http/index.ts";
import type { Clock, Http, Log, Random } from "../../runtime/index.ts";
import type { Database, Transaction } from "../../storage/port.ts";
import type { ReferralChange } from "../referrals.ts";
import { stampOf } from "../stamps.ts";
import { type SigningIdentity, signBody } from "./certificates.ts";
import {
  claimDelivery,
  type Delivery,
  type DeliveryAttempt,
  deleteDelivery,
  dueDeliveries,
  insertDelivery,
  nextDueAt,
  recordAttempt,
  sweepDelivered,
} from "./delivery-store.ts";
import { findRegistration } from "./registration-store.ts";

/** What the delivery of webhooks needs. */
export interface WebhookDeliveryOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly http: Http;
  readonly identity: () => Promise<SigningIdentity>;
  readonly certificateUrl: () => string;
  /** The address of a referral, by its id. */
  readonly referralUrl: (id: string) => string;
  readonly faults: FaultInjector;
  /** Milliseconds before the second attempt; each further wait is twice as long. */
  readonly firstBackoffMs: number;
  readonly onAttempt?: (outcome: "delivered" | "failed" | "offline") => void;
}

/** The original tries so often, then drops the event; this service puts it aside instead. */
export const maxAttempts = 10;
const maxBackoffMs = 3_600_000;
const batchSize = 16;
const attemptTimeoutMs = 10_000;
const claimMs = 60_000;
const longestIdleMs = 60_000;
const keepEvidenceMs = 7 * 86_400_000;
const testEvent: WebhookEventName = "test-created";

/**
 * Delivers events from a durable queue: what was announced in a committed transaction is sent, also
 * after a restart.
 */
export class WebhookDelivery {
  readonly #options: WebhookDeliveryOptions;
  readonly #stopping = new AbortController();
  #wakeUp = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: WebhookDeliveryOptions) {
    this.#options = options;
  }

  /** Puts a change's event into the queue where somebody is registered for it: then true. */
  async announce(transaction: Transaction, change: ReferralChange): Promise<boolean> {
    const { random } = this.#options;
    const registration = await findRegistration(transaction, change.tenantId);
    if (!registration?.events.includes(change.event)) return false;
    const body = JSON.stringify({
      EventName: change.event,
      ResourceUri: this.#options.referralUrl(change.referralId),
      ResourceName: "referral",
      AuditUri: null,
      ResourceChangeUtcDate: change.moment,
    });
    const { faults } = this.#options;
    const heldBackMs = faults.strikes("webhookLate") ? faults.profile.webhookLateMs : 0;
    await this.#enqueue(transaction, random.uuid(), { ...change, body, heldBackMs });
    return true;
  }

  /** Queues a test event; its id tells how it went. */
  async announceTest(transaction: Transaction, tenantId: string, uri: string): Promise<string> {
    const id = this.#options.random.uuid();
    const body = JSON.stringify({
      EventName: testEvent,
      ResourceUri: `${uri}/${id}`,
      ResourceName: "test",
      AuditUri: null,
      ResourceChangeUtcDate: stampOf(this.#options.clock.now()),
    });
    await this.#enqueue(transaction, id, { tenantId, event: testEvent, body, heldBackMs: 0 });
    return id;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Tells that the queue may have something due. */
  wake(): void {
    this.#wakeUp.abort();
  }

  /** Lets running attempts end; what is still queued is sent after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
  }

  #enqueue(
    transaction: Transaction,
    id: string,
    event: { tenantId: string; event: string; body: string; heldBackMs: number },
  ): Promise<void> {
    const createdAt = this.#options.clock.now();
    const nextAttemptAt = createdAt + event.heldBackMs;
    return insertDelivery(transaction, { id, ...event, nextAttemptAt, createdAt });
  }

  async #run(): Promise<void> {
    const { clock, database, log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      this.#wakeUp = new AbortController();
      let idleMs = longestIdleMs;
      try {
        const due = await dueDeliveries(database, clock.now(), batchSize);
        await Promise.all(due.map((delivery) => this.#attempt(delivery)));
        if (due.length > 0) continue;
        const next = await nextDueAt(database);
        if (next !== undefined) idleMs = Math.min(idleMs, Math.max(0, next - clock.now()));
      } catch (error) {
        log.error({ error: String(error) }, "the webhook queue could not be worked on");
        idleMs = this.#options.firstBackoffMs;
      }
      if (!this.#stopping.signal.aborted) await this.#rest(idleMs);
    }
  }

  async #rest(idleMs: number): Promise<void> {
    const { signal } = this.#wakeUp;
    try {
      await this.#options.clock.sleep(idleMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const { clock, database, faults } = this.#options;
    const until = clock.now() + claimMs;
    const isOurs = await database.transaction((transaction) =>
      claimDelivery(transaction, delivery, until),
    );
    if (!isOurs) return;
    if (faults.strikes("webhookLost")) {
      await database.transaction((transaction) => deleteDelivery(transaction, delivery.id));
      return;
    }
    const attempt = await this.#send(delivery);
    if (faults.strikes("webhookDoubled")) await this.#send(delivery);
    await this.#settle(delivery, attempt);
  }

  async #send(delivery: Delivery): Promise<DeliveryAttempt> {
    const { clock, database, http } = this.#options;
    const dateTimeUtc = stampOf(clock.now());
    const registration = await findRegistration(database, delivery.tenantId);
    if (!registration) {
      const responseMessage = "nobody is registered any more";
      return { responseCode: "", responseMessage, systemError: true, dateTimeUtc };
    }
    const { privateKeyPem } = await this.#options.identity();
    const signature = `Signature ${signBody(delivery.body, privateKeyPem)}`;
    const headerName = registration.usesMsSignatureHeader ? "x-ms-signature" : "authorization";
    try {
      const answer = await http({
        method: "POST",
        url: registration.url,
        body: delivery.body,
        timeoutMs: attemptTimeoutMs,
        headers: {
          "content-type": jsonType,
          "content-length": String(Buffer.byteLength(delivery.body)),
          [headerName]: signature,
          "x-ms-certificate-url": this.#options.certificateUrl(),
          "x-ms-signature-algorithm": "rsa-sha256",
        },
      });
      const responseCode = String(answer.status);
      const responseMessage = answer.status < 300 ? "" : "the receiver didn't answer with success";
      return { responseCode, responseMessage, systemError: false, dateTimeUtc };
    } catch (error) {
      const responseMessage = error instanceof Error ? error.message : "no answer";
      return { responseCode: "", responseMessage, systemError: true, dateTimeUtc };
    }
  }

  async #settle(delivery: Delivery, attempt: DeliveryAttempt): Promise<void> {
    const { clock, database, firstBackoffMs, onAttempt } = this.#options;
    const attempts = delivery.attempts + 1;
    const log = [...delivery.log, attempt].slice(-maxAttempts);
    const succeeded = /^2\d\d$/.test(attempt.responseCode);
    const isLast = attempts >= maxAttempts;
    onAttempt?.(succeeded ? "delivered" : isLast ? "offline" : "failed");
    const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** (attempts - 1));
    await database.transaction(async (transaction) => {
      if (succeeded && delivery.event !== testEvent) {
        return deleteDelivery(transaction, delivery.id);
      }
      if (succeeded) await sweepDelivered(transaction, clock.now() - keepEvidenceMs);
      const state = succeeded ? "delivered" : isLast ? "offline" : "pending";
      const nextAttemptAt = clock.now() + (state === "pending" ? backoffMs : 0);
      return recordAttempt(transaction, delivery.id, { state, attempts, nextAttemptAt, log });
    });
  }
}
