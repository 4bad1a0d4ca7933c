import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReferralsClient } from "../../src/client/index.ts";
import { type RunningProcess, startProcess } from "./processes.ts";
import { type DemonstrationLine, visitorClient } from "./visitor.ts";

/** The referrals service and the engine in processes of their own, with a running CRM. */
export interface CrmSync {
  readonly client: ReferralsClient;
  ask<T>(path: string): Promise<T>;
  start(): Promise<void>;
  /** Ends the engine as a power failure would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** The `crm` section of a configuration; secrets may stand in it by name. */
export type CrmSection = Readonly<Record<string, unknown>>;

/** How the engine is started. */
export interface CrmSyncRhythm {
  readonly pollCrmSeconds?: number;
  /** Of the operator's page and the webhooks; any that is free unless told. */
  readonly port?: number;
}

/** Starts the service; the engine is started by `start`. */
export async function openCrmSync(
  crm: CrmSection,
  secrets: Readonly<Record<string, string>> = {},
  { pollCrmSeconds = 0.3, port = 0 }: CrmSyncRhythm = {},
): Promise<CrmSync> {
  const folder = mkdtempSync(join(tmpdir(), "referrals-crm-sync-"));
  const data = join(folder, "service");
  const service = await startProcess([
    "sandbox",
    "--port",
    "0",
    "--data",
    data,
    "--limit",
    "1000000",
  ]);
  const referrals = service.line as unknown as DemonstrationLine["referrals"];
  const line = { statusUrl: "", referrals, crm: { kind: "", url: "", token: "" } };
  const { clientId, clientSecret } = referrals.clients[0] ?? {};
  const config = join(folder, "referrals.config.yaml");
  writeFileSync(
    config,
    JSON.stringify({
      environment: "staging",
      partnerCenter: {
        referralsUrl: referrals.referralsUrl,
        authority: referrals.tokenUrl.replace("/oauth2/v2.0/token", ""),
        clientId,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own variable
        clientSecret: "${SANDBOX_SECRET}",
        callsPerMinute: 100_000,
      },
      crm,
      data: join(folder, "sync"),
      sync: { approval: "automatic", pollCrmSeconds, pollReferralsSeconds: 0.3 },
    }),
  );
  const environment = { ...secrets, SANDBOX_SECRET: clientSecret ?? "" };
  let engine: RunningProcess | undefined;
  return {
    client: visitorClient(line),
    ask: async <T>(path: string): Promise<T> => {
      const url = new URL(path, String(engine?.line.statusUrl));
      return (await (await fetch(url)).json()) as T;
    },
    start: async () => {
      const args = ["start", "--config", config, "--port", String(port)];
      engine = await startProcess(args, environment);
    },
    kill: async () => {
      await engine?.kill();
    },
    close: async () => {
      await Promise.all([engine?.kill(), service.kill()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
