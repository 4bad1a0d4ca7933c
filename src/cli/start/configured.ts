import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { WebhookRegistrationClient } from "../../client/index.ts";
import { webhookEvents } from "../../contract/index.ts";
import { type WebhookTrust, webhookPath } from "../../operations/index.ts";
import type { Log } from "../../runtime/index.ts";
import { defaultSettings, type EngineSettings } from "../../sync/index.ts";
import type { Config } from "../config/config-schema.ts";
import { CliFailure } from "../failure.ts";
import { accessOf } from "./access.ts";
import { type Connections, openConnections } from "./connections.ts";
import { dashboardFolder } from "./dashboard-folder.ts";
import { claimDataFolder, refuseSandboxFolder } from "./data-folder.ts";
import { mappingHome } from "./mapping-home.ts";
import { type SyncProcess, startSyncProcess } from "./sync-process.ts";

type Webhook = NonNullable<Config["partnerCenter"]["webhook"]>;

const secondMs = 1_000;
const hourMs = 3_600_000;

/** The engine's settings that a configuration names. */
export function settingsOf(config: Config): EngineSettings {
  const { sync, partnerCenter } = config;
  return {
    ...defaultSettings,
    // The tenant, which is the last part of its authority: calls are counted against it.
    quotaOwner: partnerCenter.authority.replace(/\/+$/, "").split("/").at(-1) ?? "",
    callsPerMinute: partnerCenter.callsPerMinute,
    pollReferralsMs: sync.pollReferralsSeconds * secondMs,
    pollCrmMs: sync.pollCrmSeconds * secondMs,
    auditMs: sync.auditHours * hourMs,
    inviteMicrosoft: sync.inviteMicrosoft,
    matchFields: sync.matchFields,
    isApproved: sync.approval === "automatic",
    deletion: { ...defaultSettings.deletion, policy: sync.deletedDeals },
  };
}

/**
 * Asks Partner Center for webhooks; where another tool has them, polling goes on and the log says
 * so.
 */
async function registerWebhook(config: Config, connections: Connections, log: Log): Promise<void> {
  const { webhook } = config.partnerCenter;
  if (!webhook) return;
  const client = new WebhookRegistrationClient({
    credential: connections.credential,
    endpoint: webhook.registrationUrl,
  });
  try {
    await client.register({
      webhookUrl: new URL(webhookPath, webhook.publicUrl).href,
      webhookEvents: webhookEvents.filter((name) => name !== "test-created"),
      takeOver: webhook.takeOver,
    });
  } catch (error) {
    const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
    log.warn({ code }, "no webhooks: the poll alone finds changes");
  }
}

const loopbackPattern = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

function readRoots(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CliFailure("The root certificates that the configuration names can't be read.", {
      place: path,
      remedy: "Correct partnerCenter.webhook.rootCertificates, or leave it out.",
      cause,
    });
  }
}

function trustOf(webhook: Webhook): WebhookTrust {
  const { certificateHosts, organization, rootCertificates: path } = webhook;
  if (path === undefined) return { roots: rootCertificates, certificateHosts, organization };
  // A sandbox on this machine has its own root, and no certificate for https.
  const allowsHttp = certificateHosts.every((host) => loopbackPattern.test(host));
  return { roots: [readRoots(path)], certificateHosts, organization, allowsHttp };
}

/** Runs the sync between the systems that a configuration names. */
export async function startConfigured(config: Config, log: Log): Promise<SyncProcess> {
  refuseSandboxFolder(config.data);
  const release = claimDataFolder(config.data);
  const connections = await openConnections(config);
  const { webhook } = config.partnerCenter;
  const started = await startSyncProcess({
    connections,
    settings: settingsOf(config),
    data: config.data,
    environment: config.environment,
    server: config.server,
    mapping: mappingHome(config),
    access: accessOf(config),
    pageFolder: () => dashboardFolder((text) => process.stderr.write(text)),
    alerts: config.alerts,
    log,
    ...(webhook ? { trust: trustOf(webhook) } : {}),
  });
  if (webhook) await registerWebhook(config, connections, log);
  return {
    ...started,
    stop: async () => {
      await started.stop();
      release();
    },
  };
}
