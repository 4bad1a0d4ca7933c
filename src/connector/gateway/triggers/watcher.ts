import type { Clock, Log } from "../../../runtime/index.ts";
import type { Connection, Connections } from "../connections.ts";
import type { Upstream } from "../upstream.ts";
import { BackgroundLoop } from "./background-loop.ts";
import { momentBefore } from "./moments.ts";
import { changedSince, type Glance, unanswered } from "./referral-glance.ts";
import type { Occurrence, Subscription, TriggerStore, Watch } from "./trigger-store.ts";

/** What looks for what triggers tell of. */
export interface WatcherOptions {
  readonly store: TriggerStore;
  readonly connections: Connections;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two looks for changes; webhooks hint at changes sooner. */
  readonly pollMs: number;
  /** Milliseconds between two looks for referrals that need an answer. */
  readonly expiryPollMs: number;
  /** Called when there is something to deliver. */
  readonly onFound: () => void;
  /** Called once an hour: what has ended elsewhere can be removed. */
  readonly onSweep: () => Promise<void>;
}

const dayMs = 86_400_000;
const batchSize = 8;
const sweepEveryMs = 3_600_000;
/** Each look refreshes what it sees, so what is older than this is out of every look's sight. */
const keepToldMs = 30 * dayMs;
/** A list may show a change later than it was made; so much of the past is looked at again. */
const overlapMs = 600_000;

const isLater = (moment: string | undefined, since: string): boolean =>
  moment !== undefined && moment > since;

/** What the subscriptions to changes are told of one referral. */
export function occurrencesOf(
  glance: Glance,
  subscriptions: readonly Subscription[],
): readonly Occurrence[] {
  const { id: referralId, createdAt, updatedAt } = glance;
  return subscriptions.flatMap(({ id: subscriptionId, trigger, since }) => {
    const isNew = isLater(createdAt, since);
    if (trigger === "referral-created" && isNew) {
      return [{ subscriptionId, referralId, mark: "created" }];
    }
    const isChange = isLater(updatedAt, since) && updatedAt !== createdAt;
    if (trigger === "referral-updated" && isChange) {
      return [{ subscriptionId, referralId, mark: updatedAt ?? "" }];
    }
    return [];
  });
}

/** What the subscriptions that look ahead are told of one referral. */
export function answersNeeded(
  glance: Glance,
  subscriptions: readonly Subscription[],
  now: number,
): readonly Occurrence[] {
  const { id: referralId, status, expirationDateTime = "" } = glance;
  const leftMs = Date.parse(expirationDateTime) - now;
  // The filter asked for new ones, but an older service may ignore it.
  if (status !== "New" || !(leftMs > 0)) return [];
  return subscriptions.flatMap(({ id: subscriptionId, trigger, daysBefore = 0 }) =>
    trigger === "referral-needs-answer" && leftMs <= daysBefore * dayMs
      ? [{ subscriptionId, referralId, mark: expirationDateTime }]
      : [],
  );
}

/** Looks at referrals on behalf of subscriptions, connection by connection. */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #loop: BackgroundLoop;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#loop = new BackgroundLoop("triggers", () => this.#workOnDue(), options);
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Tells that a watch may be due sooner than was known. */
  wake(): void {
    this.#loop.wake();
  }

  async #workOnDue(): Promise<number> {
    const { store, clock } = this.#options;
    await this.#sweep();
    const due = await store.dueWatches(clock.now(), batchSize);
    await Promise.all(due.map((watch) => this.#look(watch)));
    if (due.length > 0) return 0;
    const next = await store.nextLookAt();
    return next === undefined ? Number.POSITIVE_INFINITY : Math.max(1, next - clock.now());
  }

  async #look(watch: Watch): Promise<void> {
    const { store, connections, clock, pollMs, expiryPollMs, log } = this.#options;
    const now = clock.now();
    const looksAhead = watch.nextExpiryLookAt <= now;
    const isClaimed = await store.claim(watch, {
      nextLookAt: now + pollMs,
      nextExpiryLookAt: looksAhead ? now + expiryPollMs : watch.nextExpiryLookAt,
    });
    if (!isClaimed) return;
    const connection = await connections.find(watch.connectionId);
    if (!connection) return;
    try {
      const subscriptions = await store.subscriptionsOf(watch.connectionId);
      const changes = await this.#changes(watch, connection, subscriptions);
      const waiting = looksAhead ? await this.#waiting(connection, subscriptions) : [];
      const found = [...changes.occurrences, ...waiting];
      await store.record(watch.connectionId, changes.cursor, found, clock.now());
      if (found.length > 0) this.#options.onFound();
    } catch (error) {
      const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
      log.warn({ connectionId: watch.connectionId, code: String(code) }, "a look failed");
    }
  }

  async #changes(
    watch: Watch,
    connection: Connection,
    subscriptions: readonly Subscription[],
  ): Promise<{ readonly cursor: string; readonly occurrences: readonly Occurrence[] }> {
    const wanted = subscriptions.filter(({ trigger }) => trigger !== "referral-needs-answer");
    if (wanted.length === 0) return { cursor: watch.cursor, occurrences: [] };
    const from = watch.cursor === "" ? "" : momentBefore(watch.cursor, overlapMs);
    let { cursor } = watch;
    const occurrences: Occurrence[] = [];
    for await (const glance of changedSince(this.#options.upstream, connection, from)) {
      if (glance.updatedAt !== undefined && glance.updatedAt > cursor) cursor = glance.updatedAt;
      occurrences.push(...occurrencesOf(glance, wanted));
    }
    return { cursor, occurrences };
  }

  async #waiting(connection: Connection, subscriptions: readonly Subscription[]) {
    const wanted = subscriptions.filter(({ trigger }) => trigger === "referral-needs-answer");
    if (wanted.length === 0) return [];
    const occurrences: Occurrence[] = [];
    for await (const glance of unanswered(this.#options.upstream, connection)) {
      occurrences.push(...answersNeeded(glance, wanted, this.#options.clock.now()));
    }
    return occurrences;
  }

  async #sweep(): Promise<void> {
    const now = this.#options.clock.now();
    if (now - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = now;
    await this.#options.store.sweep(now - keepToldMs);
    await this.#options.onSweep();
  }
}
