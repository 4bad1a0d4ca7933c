import { expect, test } from "vitest";
import type { TriggerName } from "../../triggers.ts";
import { comparableMoment } from "./moments.ts";
import type { Glance } from "./referral-glance.ts";
import type { Subscription } from "./trigger-store.ts";
import { answersNeeded, occurrencesOf } from "./watcher.ts";

const at = (time: string): string => comparableMoment(`2030-01-01T${time}Z`) ?? "";
const glance = (createdAt: string, updatedAt: string, more: Partial<Glance> = {}): Glance => ({
  id: "r",
  status: "New",
  createdAt: at(createdAt),
  updatedAt: at(updatedAt),
  expirationDateTime: "2030-01-15T00:00:00Z",
  ...more,
});
const subscription = (trigger: TriggerName, more: Partial<Subscription> = {}): Subscription => ({
  id: trigger,
  connectionId: "c",
  trigger,
  callback: "sealed",
  since: at("12:00:00"),
  createdAt: 0,
  ...more,
});
const both = [subscription("referral-created"), subscription("referral-updated")];
const marks = (found: Glance): readonly string[] =>
  occurrencesOf(found, both).map(({ subscriptionId, mark }) => `${subscriptionId} ${mark}`);

test("a referral that is created fires once, and not as an update", () => {
  expect(marks(glance("12:00:01", "12:00:01"))).toEqual(["referral-created created"]);
});

test("a change fires with its moment as its mark", () => {
  expect(marks(glance("11:00:00", "12:00:01"))).toEqual([`referral-updated ${at("12:00:01")}`]);
});

test("one that was created and changed since fires both", () => {
  expect(marks(glance("12:00:01", "12:00:02"))).toHaveLength(2);
});

test("what happened before the subscription doesn't fire", () => {
  expect(marks(glance("11:00:00", "12:00:00"))).toEqual([]);
});

test("where there was no referral at all, the first one fires", () => {
  const first = both.map((one) => ({ ...one, since: "" }));
  expect(occurrencesOf(glance("00:00:00", "00:00:00"), first)).toHaveLength(1);
});

const dayMs = 86_400_000;
const expiresAt = Date.parse("2030-01-15T00:00:00Z");
const needs = (now: number, more: Partial<Glance> = {}) =>
  answersNeeded(
    glance("00:00:00", "00:00:00", more),
    [subscription("referral-needs-answer", { daysBefore: 3 })],
    now,
  );

test("an unanswered referral fires from n days before its expiry on, up to the expiry", () => {
  expect(needs(expiresAt - 3 * dayMs - 1)).toEqual([]);
  expect(needs(expiresAt - 3 * dayMs)).toHaveLength(1);
  expect(needs(expiresAt - 1)).toHaveLength(1);
  expect(needs(expiresAt)).toEqual([]);
});

test("an answered one, or one without an expiry, doesn't", () => {
  expect(needs(expiresAt - dayMs, { status: "Active" })).toEqual([]);
  expect(needs(expiresAt - dayMs, { expirationDateTime: undefined })).toEqual([]);
});

test("it fires once for one expiry: the mark is the expiry", () => {
  const [first] = needs(expiresAt - 2 * dayMs);
  const [later] = needs(expiresAt - dayMs);
  expect(later).toEqual(first);
});
