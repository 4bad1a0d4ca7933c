import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DealRow, OperatorStatus, ProblemGroup, Question } from "../../contract/index.ts";
import {
  type Alerter,
  type AlertMemory,
  type AlertSettings,
  type AlertSources,
  createAlerter,
  defaultAlertSettings,
} from "../../operations/index.ts";
import { type Log, systemClock } from "../../runtime/index.ts";
import type { AlertConfig } from "../config/alert-schema.ts";
import type { OperationsClient } from "../ledger-access/operations-client.ts";
import { receiversOf } from "./senders.ts";

/** What was told, in a file of the data folder: written beside and moved into place. */
export function fileAlertMemory(data: string): AlertMemory {
  const path = join(data, "alerts.json");
  return {
    read: async () => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}),
    write: async (memory) => {
      writeFileSync(`${path}.new`, JSON.stringify(memory), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}

/** Unanswered referrals that end within so many days, by the operator's API. */
async function expiringDeals(
  client: OperationsClient,
  now: number,
  days: number,
): Promise<readonly DealRow[]> {
  const until = new Date(now + days * 86_400_000).toISOString();
  const filter = encodeURIComponent(`status eq 'New' and expires le ${until}`);
  const path = `/api/deals?$filter=${filter}&$orderby=expires&$top=100`;
  return (await client.get<{ deals: readonly DealRow[] }>(path)).deals;
}

/** Asks the operator's API for everything that alerts come of. */
export async function readAlertSources(
  client: OperationsClient,
  { expiringDays }: AlertSettings,
): Promise<AlertSources> {
  const status = await client.get<OperatorStatus>("/api/status");
  const [{ items: questions }, { groups: problems }, expiring] = await Promise.all([
    client.get<{ items: readonly Question[] }>("/api/inbox"),
    client.get<{ groups: readonly ProblemGroup[] }>("/api/problems"),
    expiringDeals(client, status.now, expiringDays),
  ]);
  return { status, questions, problems, expiring };
}

/** When and how often people are told: what the section says, and the defaults. */
function alertSettingsOf(config: AlertConfig): AlertSettings {
  const standard = defaultAlertSettings;
  return {
    expiringDays: config.expiringDays ?? standard.expiringDays,
    signInDays: config.signInDays ?? standard.signInDays,
    staleMinutes: config.staleMinutes ?? standard.staleMinutes,
    groupSeconds: config.groupSeconds ?? standard.groupSeconds,
    perHour: config.perHour ?? standard.perHour,
    remindHours: config.remindHours ?? standard.remindHours,
  };
}

/** An alerter over the operator's API, as a configuration says. */
export function openAlerter(options: {
  readonly config: AlertConfig;
  readonly client: OperationsClient;
  readonly data: string;
  readonly environment: string;
  readonly pageUrl: string;
  readonly log: Log;
}): Alerter {
  const { config, client, data, environment, pageUrl, log } = options;
  const { to, pageUrl: ownUrl } = config;
  const settings = alertSettingsOf(config);
  return createAlerter({
    receivers: receiversOf(to, systemClock),
    settings,
    sources: () => readAlertSources(client, settings),
    memory: fileAlertMemory(data),
    clock: systemClock,
    log,
    environment,
    pageUrl: ownUrl ?? pageUrl,
  });
}
