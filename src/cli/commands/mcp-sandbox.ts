import { createClientSecretCredential, type ReferralsClientOptions } from "../../client/index.ts";
import { fetchHttp } from "../../runtime/index.ts";
import type { SandboxClient } from "../../service/index.ts";
import { CliFailure } from "../failure.ts";
import { findSandbox } from "./sandbox-file.ts";

/** How to call a running sandbox as its first app. */
export async function sandboxSignIn(folder: string): Promise<ReferralsClientOptions> {
  const { adminUrl, adminSecret } = findSandbox(folder);
  const headers = { authorization: `Bearer ${adminSecret}` };
  const answer = await fetchHttp({ method: "GET", url: `${adminUrl}/clients`, headers });
  const [app] = (JSON.parse(answer.body) as { clients: readonly SandboxClient[] }).clients;
  if (!app) throw new CliFailure("the sandbox knows no app", { place: adminUrl });
  const { clientId, clientSecret } = app;
  const authority = adminUrl.replace(/\/admin$/, "");
  return {
    endpoint: authority,
    credential: createClientSecretCredential({ authority, clientId, clientSecret }),
  };
}
