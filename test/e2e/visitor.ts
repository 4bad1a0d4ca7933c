import { createClientSecretCredential, ReferralsClient } from "../../src/client/index.ts";

/** What `referrals start --json` prints first. */
export interface DemonstrationLine {
  readonly statusUrl: string;
  readonly referrals: {
    readonly referralsUrl: string;
    readonly tokenUrl: string;
    readonly adminUrl: string;
    readonly adminSecret: string;
    readonly clients: readonly { readonly clientId: string; readonly clientSecret: string }[];
  };
  readonly crm: { readonly kind: string; readonly url: string; readonly token: string };
}

/** A row of the CRM's opportunities, as far as the tests look at it. */
export interface Opportunity {
  readonly opportunityid: string;
  readonly name: string;
  readonly estimatedvalue: number | null;
  readonly description: string | null;
  readonly pr_referralid: string | null;
  readonly statecode: number;
}

/** The referrals API as a visitor's app sees it. */
export function visitorClient({ referrals }: DemonstrationLine): ReferralsClient {
  const [client] = referrals.clients;
  const credential = createClientSecretCredential({
    authority: referrals.tokenUrl.replace("/oauth2/v2.0/token", ""),
    clientId: client?.clientId ?? "",
    clientSecret: client?.clientSecret ?? "",
  });
  return new ReferralsClient({ endpoint: referrals.referralsUrl, credential });
}

/** Calls the CRM's Web API as a seller's session would. */
export async function callCrm(
  { crm }: DemonstrationLine,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${crm.url}/${path}`, {
    method,
    headers: { authorization: `Bearer ${crm.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the CRM answered ${response.status}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** All deals of the CRM. */
export async function listDeals(line: DemonstrationLine): Promise<readonly Opportunity[]> {
  const columns = "name,estimatedvalue,description,pr_referralid,statecode";
  const answer = await callCrm(line, "GET", `opportunities?$select=${columns}`);
  return (answer as { value: Opportunity[] }).value;
}

/** Acts as Microsoft over the sandbox's admin API. */
export async function playMicrosoft(
  { referrals }: DemonstrationLine,
  method: string,
  path: string,
  body: unknown,
): Promise<{ readonly id: string }> {
  const response = await fetch(`${referrals.adminUrl}/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${referrals.adminSecret}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as { id: string };
}
