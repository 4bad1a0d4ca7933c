import { afterEach, beforeEach, expect, test } from "vitest";
import { migrate } from "../../../storage/index.ts";
import type { Database } from "../../../storage/port.ts";
import { gatewayMigrations } from "../schema.ts";
import { type Occurrence, type Subscription, TriggerStore, type Watch } from "./trigger-store.ts";

const subscription: Subscription = {
  id: "s",
  connectionId: "c",
  trigger: "referral-created",
  callback: "sealed",
  since: "",
  createdAt: 0,
};
const watch: Watch = {
  connectionId: "c",
  tenantId: "t",
  cursor: "",
  nextLookAt: 10,
  nextExpiryLookAt: 50,
};
const occurrence: Occurrence = { subscriptionId: "s", referralId: "r", mark: "created" };

/** What the store of triggers promises, on any database. */
export function triggerStoreSuite(open: () => Promise<Database>): void {
  let database: Database;
  let store: TriggerStore;
  beforeEach(async () => {
    database = await open();
    await migrate(database, "gateway", gatewayMigrations(database.dialect));
    store = new TriggerStore(database);
  });
  afterEach(() => database.close());

  test("what was found and how far was looked are kept together", async () => {
    await store.subscribe(subscription, watch);
    await store.record("c", "2030", [occurrence], 5);
    expect(await store.dueNotifications(5, 10)).toEqual([{ ...occurrence, attempts: 0 }]);
    expect(await store.dueWatches(10, 10)).toEqual([{ ...watch, cursor: "2030" }]);
  });

  test("the same occurrence is told once, however often it is seen", async () => {
    await store.subscribe(subscription, watch);
    await store.record("c", "", [occurrence], 5);
    const [notification] = await store.dueNotifications(5, 10);
    if (!notification) throw new Error("nothing is due");
    await store.settle(notification, { state: "delivered", nextAttemptAt: 6 });
    await store.record("c", "", [occurrence, occurrence], 7);
    expect(await store.dueNotifications(9, 10)).toEqual([]);
  });

  test("what every look still sees isn't swept, and so never told again", async () => {
    await store.subscribe(subscription, watch);
    await store.record("c", "", [occurrence], 5);
    const [notification] = await store.dueNotifications(5, 10);
    if (!notification) throw new Error("nothing is due");
    await store.settle(notification, { state: "delivered", nextAttemptAt: 6 });
    await store.record("c", "", [occurrence], 100);
    await store.sweep(50);
    await store.record("c", "", [occurrence], 101);
    expect(await store.dueNotifications(200, 10)).toEqual([]);
    await store.sweep(150);
    expect(await store.counts()).toEqual({});
  });

  test("a subscription that ended during a look is told nothing", async () => {
    await store.subscribe(subscription, watch);
    await store.unsubscribe(subscription);
    await store.record("c", "", [occurrence], 5);
    expect(await store.dueNotifications(5, 10)).toEqual([]);
  });

  test("the last subscription takes the watch with it, an earlier one doesn't", async () => {
    const second = { ...subscription, id: "s2" };
    await store.subscribe(subscription, watch);
    await store.subscribe(second, watch);
    await store.unsubscribe(subscription);
    expect(await store.nextLookAt()).toBe(10);
    await store.unsubscribe(second);
    expect(await store.nextLookAt()).toBeUndefined();
  });

  test("a due watch is claimed by one of two", async () => {
    await store.subscribe(subscription, watch);
    const next = { nextLookAt: 100, nextExpiryLookAt: 100 };
    expect(await store.claim(watch, next)).toBe(true);
    expect(await store.claim(watch, next)).toBe(false);
  });

  test("a hint that comes during a look leads to another one", async () => {
    await store.subscribe(subscription, watch);
    await store.claim(watch, { nextLookAt: 100, nextExpiryLookAt: 100 });
    await store.hint("t", 12);
    await store.record("c", "2030", [], 13);
    expect((await store.dueWatches(13, 10)).map(({ nextLookAt }) => nextLookAt)).toEqual([12]);
    await store.hint("another tenant", 1);
    expect(await store.nextLookAt()).toBe(12);
  });
}
