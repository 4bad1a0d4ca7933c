import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { defaultEndpoint, defaultScope, defaultWebhookEndpoint } from "../../client/index.ts";
import type { GatewayOptions, UpstreamApp, VerifyWebhook } from "../../connector/index.ts";
import { createWebhookVerifier, type WebhookTrust } from "../../operations/index.ts";
import { fetchHttp, systemClock } from "../../runtime/index.ts";
import { type SandboxClient, webhookSignerName } from "../../service/index.ts";
import { CliFailure } from "../failure.ts";
import { findSandbox } from "./sandbox-file.ts";

/** What a command line says of the system behind a gateway. */
export interface UpstreamOptions {
  /** The data folder of a running sandbox; true for the usual one. */
  readonly sandbox?: string | true;
  readonly authority?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly upstream?: string;
  readonly webhooks?: true;
}

type UpstreamPart = Pick<GatewayOptions, "app" | "referralsUrl" | "scope" | "webhooks">;

const usualSandbox = "data/sandbox";
const certificateHost = "3psostorageacct.blob.core.windows.net";

function verifierOf(trust: WebhookTrust): VerifyWebhook {
  return createWebhookVerifier(trust, { http: fetchHttp, clock: systemClock });
}

async function readSandbox(folder: string) {
  const { adminUrl, adminSecret } = findSandbox(folder);
  const headers = { authorization: `Bearer ${adminSecret}` };
  const baseUrl = adminUrl.replace(/\/admin$/, "");
  const [clients, authority] = await Promise.all([
    fetchHttp({ method: "GET", url: `${adminUrl}/clients`, headers }),
    fetchHttp({ method: "GET", url: `${baseUrl}/certificates/authority.pem`, headers: {} }),
  ]);
  const [client] = (JSON.parse(clients.body) as { clients: readonly SandboxClient[] }).clients;
  if (!client) throw new CliFailure("the sandbox knows no app", { place: baseUrl });
  return { baseUrl, client, authorityPem: authority.body };
}

async function sandboxPart(folder: string, withWebhooks: boolean): Promise<UpstreamPart> {
  const { baseUrl, client, authorityPem } = await readSandbox(folder);
  const { clientId, clientSecret } = client;
  const verify = verifierOf({
    roots: [authorityPem],
    certificateHosts: [new URL(baseUrl).host],
    organization: webhookSignerName,
    allowsHttp: true,
  });
  return {
    app: { authority: baseUrl, clientId, clientSecret },
    referralsUrl: baseUrl,
    ...(withWebhooks ? { webhooks: { verify, registrationUrl: baseUrl } } : {}),
  };
}

function appOf(options: UpstreamOptions): UpstreamApp {
  const { authority, clientId, clientSecretFile } = options;
  if (authority === undefined || clientId === undefined) {
    throw new CliFailure("the gateway doesn't know where people sign in", {
      remedy:
        "Name the issuer and your app: --authority https://login.microsoftonline.com/<tenant> " +
        "--client-id <id>; or try it with --sandbox.",
    });
  }
  if (clientSecretFile === undefined) return { authority, clientId };
  return { authority, clientId, clientSecret: readFileSync(clientSecretFile, "utf8").trim() };
}

/** What a gateway forwards to and where its people sign in, as the command line says. */
export async function upstreamPart(options: UpstreamOptions): Promise<UpstreamPart> {
  const { sandbox, upstream = defaultEndpoint } = options;
  if (sandbox !== undefined) {
    return sandboxPart(sandbox === true ? usualSandbox : sandbox, options.webhooks ?? false);
  }
  const verify = verifierOf({
    roots: rootCertificates,
    certificateHosts: [certificateHost],
    organization: "Microsoft Corporation",
  });
  const webhooks = { verify, registrationUrl: defaultWebhookEndpoint };
  return {
    app: appOf(options),
    referralsUrl: upstream,
    scope: defaultScope,
    ...(options.webhooks ? { webhooks } : {}),
  };
}
