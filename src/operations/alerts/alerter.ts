import type { Clock, Log } from "../../runtime/index.ts";
import type { Alert, AlertKind, AlertSender, AlertSettings } from "./alert.ts";
import { composeMessage } from "./compose-message.ts";
import {
  afterFailure,
  afterSending,
  blankMemory,
  decide,
  type ReceiverMemory,
  wanted,
} from "./decide.ts";
import { type AlertSources, findAlerts } from "./find-alerts.ts";

/** One place where people read alerts. */
export interface AlertReceiver {
  /** Names it in the memory and the log: it holds no secret. */
  readonly name: string;
  /** Kinds that it wants to hear of; all where absent. */
  readonly about?: readonly AlertKind[];
  readonly send: AlertSender;
}

/** What was told, kept across restarts. */
export interface AlertMemory {
  read(): Promise<Readonly<Record<string, ReceiverMemory>>>;
  /** Durable before it resolves. */
  write(memory: Readonly<Record<string, ReceiverMemory>>): Promise<void>;
}

/** What an alerter stands on. */
export interface AlerterOptions {
  readonly receivers: readonly AlertReceiver[];
  readonly settings: AlertSettings;
  readonly sources: () => Promise<AlertSources>;
  readonly memory: AlertMemory;
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: string;
  /** Where people reach the dashboard. */
  readonly pageUrl: string;
}

/** Tells people what needs them. */
export interface Alerter {
  /** What stands now. */
  find(): Promise<readonly Alert[]>;
  /** Looks once, and tells each receiver what is due; resolves to the number of messages sent. */
  look(): Promise<number>;
  /** Looks again and again until aborted. A failure is logged and tried again. */
  run(signal: AbortSignal): Promise<void>;
}

const mostOftenMs = 1_000;
const leastOftenMs = 10_000;

/** News is looked for at least as often as it may wait for company. */
const intervalMs = ({ groupSeconds }: AlertSettings): number =>
  Math.min(leastOftenMs, Math.max(mostOftenMs, groupSeconds * 1_000));

/** Creates an alerter; it does nothing until it is told to. */
export function createAlerter(options: AlerterOptions): Alerter {
  const { receivers, settings, memory, clock, log, environment, pageUrl } = options;

  const find = async (): Promise<readonly Alert[]> => findAlerts(await options.sources(), settings);

  async function tell(
    { name, send }: AlertReceiver,
    alerts: readonly Alert[],
    before: ReceiverMemory,
  ): Promise<ReceiverMemory> {
    try {
      await send(composeMessage(alerts, { environment, pageUrl }));
      return afterSending(before, alerts, clock.now());
    } catch (error) {
      const after = afterFailure(before, clock.now());
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ receiver: name, tries: after.failed?.tries, reason }, "an alert wasn't delivered");
      return after;
    }
  }

  async function look(): Promise<number> {
    const [alerts, known] = [await find(), await memory.read()];
    const next: Record<string, ReceiverMemory> = {};
    let sent = 0;
    for (const receiver of receivers) {
      const own = wanted(alerts, receiver.about);
      const now = clock.now();
      const decision = decide(own, known[receiver.name] ?? blankMemory, now, settings);
      const { send } = decision;
      const after = send ? await tell(receiver, send, decision.memory) : decision.memory;
      if (send && after.failed === undefined) sent += 1;
      next[receiver.name] = after;
      // Stored after each receiver: a crash repeats one message at most.
      if (send) await memory.write({ ...known, ...next });
    }
    if (JSON.stringify({ ...known, ...next }) !== JSON.stringify(known)) await memory.write(next);
    return sent;
  }

  return {
    find,
    look,
    run: async (signal) => {
      while (!signal.aborted) {
        await look().catch((error: unknown) => {
          log.warn({ reason: String(error) }, "alerts couldn't be looked for");
        });
        await clock.sleep(intervalMs(settings), signal).catch(() => {});
      }
    },
  };
}
