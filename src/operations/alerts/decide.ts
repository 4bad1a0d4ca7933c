import type { Alert, AlertKind, AlertSettings } from "./alert.ts";

/** What is remembered of one receiver. Plain data; moments are milliseconds since 1970. */
export interface ReceiverMemory {
  /** When each alert that still stands was told last, by its key. */
  readonly told: Readonly<Record<string, number>>;
  /** When messages were sent in the last hour. */
  readonly sent: readonly number[];
  /** When the news that waits for company was found. */
  readonly gatheringSince?: number | undefined;
  /** Tries that failed in a row, and when the next one is due. */
  readonly failed?: { readonly tries: number; readonly nextAt: number } | undefined;
}

/** A receiver that was never told anything. */
export const blankMemory: ReceiverMemory = { told: {}, sent: [] };

/** What to do for a receiver now. */
export interface Decision {
  /** The alerts of the message to send now; absent where none is to be sent. */
  readonly send?: readonly Alert[];
  readonly memory: ReceiverMemory;
}

const secondMs = 1_000;
const hourMs = 3_600_000;
const firstRetryMs = 60 * secondMs;
const longestRetryMs = 30 * 60 * secondMs;

/**
 * Decides whether a receiver is told now. What was told is told again only after a while, or when
 * it had ended in between; news waits for company; above the limit it waits for its hour. Pure.
 */
export function decide(
  alerts: readonly Alert[],
  memory: ReceiverMemory,
  now: number,
  settings: AlertSettings,
): Decision {
  const standing = new Set(alerts.map(({ key }) => key));
  const told = Object.fromEntries(Object.entries(memory.told).filter(([key]) => standing.has(key)));
  const remindMs = settings.remindHours * hourMs;
  const due = alerts.filter(({ key }) => now - (told[key] ?? Number.NEGATIVE_INFINITY) >= remindMs);
  const sent = memory.sent.filter((at) => now - at < hourMs);
  const { failed } = memory;
  if (due.length === 0) return { memory: { told, sent } };
  const gatheringSince = memory.gatheringSince ?? now;
  const waiting: ReceiverMemory = { told, sent, gatheringSince, failed };
  const mayTry = failed === undefined || now >= failed.nextAt;
  const isGathered = now - gatheringSince >= settings.groupSeconds * secondMs;
  if (!isGathered || sent.length >= settings.perHour || !mayTry) return { memory: waiting };
  return { send: due, memory: waiting };
}

/** The memory after a message has arrived. */
export function afterSending(
  memory: ReceiverMemory,
  alerts: readonly Alert[],
  now: number,
): ReceiverMemory {
  const told = { ...memory.told, ...Object.fromEntries(alerts.map(({ key }) => [key, now])) };
  return { told, sent: [...memory.sent, now] };
}

/** The memory after a message has failed: the next try waits longer each time. */
export function afterFailure(memory: ReceiverMemory, now: number): ReceiverMemory {
  const tries = (memory.failed?.tries ?? 0) + 1;
  const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (tries - 1));
  return { ...memory, failed: { tries, nextAt: now + waitMs } };
}

/** The alerts that a receiver wants to hear of; all where it doesn't say. */
export function wanted(
  alerts: readonly Alert[],
  about: readonly AlertKind[] | undefined,
): readonly Alert[] {
  return about === undefined ? alerts : alerts.filter(({ kind }) => about.includes(kind));
}
