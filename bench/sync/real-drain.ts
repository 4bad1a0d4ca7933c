import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startCommand } from "../child.ts";
import { leastMs, outboundShare } from "./drain.ts";
import { type Figure, figure } from "./report.ts";
import { callsPerMinute } from "./virtual-world.ts";

const edits = 300;
/** Some wait for an answer, are closed, or aren't shared: only the others' edits flow. */
const seededReferrals = 480;
const seededDeals = 300;
const looseLimit = 1_000_000;
const pollCrmSeconds = 1;
const lookEveryMs = 10_000;
const patienceMs = 15 * 60_000;
/** After it, all work of the time before is done, and none of its calls counts any more. */
const settleMs = 90_000;
const pageSize = 100;

interface SandboxLine {
  readonly referralsUrl: string;
  readonly tokenUrl: string;
  readonly clients: readonly {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly role: string;
    readonly organizationId: string;
  }[];
}

interface CrmLine {
  readonly url: string;
  readonly token: string;
  readonly userToken: string;
}

interface Deal {
  readonly opportunityid: string;
  readonly pr_referralid: string;
}

const sleep = (delayMs: number): Promise<void> => new Promise((wake) => setTimeout(wake, delayMs));
const firstLine = <T>({ firstLine: line }: Child): T => JSON.parse(line) as T;

async function json<T>(url: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Real processes over HTTP: a referrals service, a CRM, and the sync between, by its file. */
class Stage {
  readonly #folder = mkdtempSync(join(tmpdir(), "partner-referrals-drain-"));
  readonly #children = new Map<string, Child>();

  async #start(name: string, ...words: readonly string[]): Promise<Child> {
    const child = await startCommand([...words, "--json"]);
    this.#children.set(name, child);
    return child;
  }

  async #stop(name: string): Promise<void> {
    await this.#children.get(name)?.stop();
    this.#children.delete(name);
  }

  startService(limit: number, port = "0"): Promise<Child> {
    const data = join(this.#folder, "service");
    const seed = ["--seed", String(seededReferrals), "--limit", String(limit)];
    return this.#start("service", "sandbox", "--port", port, "--data", data, ...seed);
  }

  startCrm(port = "0"): Promise<Child> {
    const data = join(this.#folder, "crm");
    const seed = ["--seed", String(seededDeals)];
    return this.#start(
      "crm",
      "crm-sandbox",
      "dynamics365",
      "--port",
      port,
      "--data",
      data,
      ...seed,
    );
  }

  startSync(sandbox: SandboxLine, crm: CrmLine, calls: number): Promise<Child> {
    const path = join(this.#folder, "referrals.config.json");
    const [client] = sandbox.clients;
    const authority = sandbox.tokenUrl.replace("/oauth2/v2.0/token", "");
    const partnerCenter = { ...client, referralsUrl: sandbox.referralsUrl, authority };
    const { clientId, clientSecret, referralsUrl } = { clientSecret: "", ...partnerCenter };
    const config = {
      environment: "staging",
      partnerCenter: { referralsUrl, authority, clientId, clientSecret, callsPerMinute: calls },
      crm: { kind: "dynamics365", url: crm.url, token: crm.token },
      data: "sync",
      sync: { approval: "automatic", pollCrmSeconds },
    };
    writeFileSync(path, JSON.stringify(config));
    return this.#start("sync", "start", "--config", path, "--port", "0");
  }

  /**
   * From now on the service keeps its ceiling, and the sync knows of it. The CRM forgets how much
   * the setting up has cost of its own ceiling.
   */
  async tighten(sandbox: SandboxLine, crm: CrmLine): Promise<void> {
    for (const name of ["sync", "crm", "service"]) await this.#stop(name);
    await this.startCrm(new URL(crm.url).port);
    await this.startService(callsPerMinute, new URL(sandbox.referralsUrl).port);
    await this.startSync(sandbox, crm, callsPerMinute);
    await sleep(settleMs);
  }

  async close(): Promise<void> {
    for (const name of ["sync", "crm", "service"]) await this.#stop(name);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function flowingDeals(crm: CrmLine): Promise<readonly Deal[]> {
  const query = "$select=opportunityid,pr_referralid&$filter=pr_syncstate eq 'In step'";
  const headers = { authorization: `Bearer ${crm.userToken}` };
  const { value } = await json<{ value: readonly Deal[] }>(
    `${crm.url}/opportunities?${query} and statecode eq 0`,
    { headers },
  );
  return value;
}

async function untilFlowing(crm: CrmLine): Promise<readonly Deal[]> {
  for (const giveUpAt = Date.now() + patienceMs; Date.now() < giveUpAt; await sleep(lookEveryMs)) {
    const deals = await flowingDeals(crm);
    if (deals.length >= edits) return deals.slice(0, edits);
  }
  throw new Error(`fewer than ${edits} deals came in step`);
}

/** Looks with an app of its own, whose calls are counted apart from the engine's. */
async function watcherOf({ clients, tokenUrl, referralsUrl }: SandboxLine) {
  const [engine, ...others] = clients;
  const app = others.find(
    ({ role, organizationId }) => role === engine?.role && organizationId === engine.organizationId,
  );
  if (!app) throw new Error("the sandbox has one app only");
  const form = { grant_type: "client_credentials", client_id: app.clientId };
  const body = new URLSearchParams({ ...form, client_secret: app.clientSecret });
  const { access_token: token } = await json<{ access_token: string }>(tokenUrl, {
    method: "POST",
    body,
  });
  const headers = { authorization: `Bearer ${token}`, prefer: `odata.maxpagesize=${pageSize}` };
  const query = "$select=id,details,updatedDateTime&$orderby=updatedDateTime desc";
  return async (): Promise<ReadonlyMap<string, { value: number; at: number }>> => {
    const found = new Map<string, { value: number; at: number }>();
    for (let url: string | undefined = `${referralsUrl}?${query}`; url; ) {
      const page: {
        readonly value: readonly {
          readonly id: string;
          readonly updatedDateTime: string;
          readonly details?: { readonly dealValue?: number };
        }[];
        readonly "@odata.nextLink"?: string;
      } = await json(url, { headers });
      for (const { id, details, updatedDateTime } of page.value) {
        found.set(id, { value: details?.dealValue ?? 0, at: Date.parse(updatedDateTime) });
      }
      url = page["@odata.nextLink"];
    }
    return found;
  };
}

async function editAll(crm: CrmLine, deals: readonly Deal[]): Promise<ReadonlyMap<string, number>> {
  const wanted = new Map<string, number>();
  const headers = {
    authorization: `Bearer ${crm.userToken}`,
    "content-type": "application/json",
  };
  for (const [index, deal] of deals.entries()) {
    const estimatedvalue = 5_000_000 + index;
    wanted.set(deal.pr_referralid, estimatedvalue);
    const url = `${crm.url}/opportunities(${deal.opportunityid})`;
    const answer = await fetch(url, {
      method: "PATCH",
      headers,
      body: JSON.stringify({ estimatedvalue }),
    });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  }
  return wanted;
}

/** Answers with a status that the service gave, from its own metrics. */
async function answersOf({ referralsUrl }: SandboxLine, status: number): Promise<number> {
  const text = await (await fetch(new URL("/metrics", referralsUrl))).text();
  const lines = text.matchAll(
    new RegExp(`^http_request_duration_seconds_count\\{.*status="${status}".*\\} (\\d+)$`, "gm"),
  );
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** How long a burst of edits takes over HTTP, in real time, under the service's own ceiling. */
export async function measureRealDrain(): Promise<readonly Figure[]> {
  const stage = new Stage();
  try {
    const sandbox = firstLine<SandboxLine>(await stage.startService(looseLimit));
    const crm = firstLine<CrmLine>(await stage.startCrm());
    await stage.startSync(sandbox, crm, looseLimit / 10);
    const deals = await untilFlowing(crm);
    await stage.tighten(sandbox, crm);
    const look = await watcherOf(sandbox);
    const [wastedBefore, since] = [await answersOf(sandbox, 429), Date.now()];
    const wanted = await editAll(crm, deals);
    for (;;) {
      await sleep(lookEveryMs);
      const found = await look();
      const arrived = [...wanted].filter(([id, value]) => found.get(id)?.value === value);
      if (arrived.length < edits && Date.now() - since < patienceMs) continue;
      const drainedAt = Math.max(...arrived.map(([id]) => found.get(id)?.at ?? 0));
      const wasted =
        (await answersOf(sandbox, 429)) - wastedBefore + (await answersOf(sandbox, 412));
      const least = leastMs(edits);
      const note =
        `${Math.round((drainedAt - since) / 1000)} s, at least ${least / 1000} s at ` +
        `${outboundShare()} outbound calls a minute; ${edits - arrived.length} edits missing`;
      return [
        figure(
          `${edits} outbound edits in real time, divided by the minimum`,
          (drainedAt - since) / least,
          "",
          {
            target: { atMost: 1.05 },
            note,
          },
        ),
        figure("wasted calls (412, 429) meanwhile", wasted, "calls", { target: { atMost: 1 } }),
      ];
    }
  } finally {
    await stage.close();
  }
}
