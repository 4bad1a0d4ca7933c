import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCommand } from "../child.ts";
import type { Contestant, Document } from "./contestant.ts";

/**
 * Our service in a process of its own, with authentication and throttling on (the limit raised).
 */
export interface OurService {
  readonly referralsUrl: string;
  readonly token: string;
  readonly processId: number;
  /** Milliseconds from the start of the process to its first line, printed when it answers. */
  readonly startMs: number;
  stop(): Promise<void>;
}

const raisedLimit = 1_000_000_000;

async function fetchToken(line: {
  readonly tokenUrl: string;
  readonly clients: readonly { readonly clientId: string; readonly clientSecret: string }[];
}): Promise<string> {
  const [client] = line.clients;
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: client?.clientId ?? "",
    client_secret: client?.clientSecret ?? "",
    scope: "https://api.partner.microsoft.com/.default",
  });
  const response = await fetch(line.tokenUrl, { method: "POST", body });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

/** Starts our service over a folder; `rows` are made where the folder is new. */
export async function startOurService(folder: string, rows?: number): Promise<OurService> {
  const started = performance.now();
  const seed = rows === undefined ? [] : ["--seed", String(rows)];
  const child = await startCommand([
    ...["sandbox", "--port", "0", "--json", "--data", folder],
    ...["--limit", String(raisedLimit), ...seed],
  ]);
  const startMs = performance.now() - started;
  const line = JSON.parse(child.firstLine);
  return {
    referralsUrl: line.referralsUrl,
    token: await fetchToken(line),
    processId: child.process.pid ?? 0,
    startMs,
    stop: child.stop,
  };
}

/** Everything that the service has, one document a referral. */
export async function readAll(service: OurService): Promise<readonly Document[]> {
  const headers = { authorization: `Bearer ${service.token}` };
  const response = await fetch(service.referralsUrl, { headers });
  return ((await response.json()) as { value: Document[] }).value;
}

/** The comparison's query: filtered, ordered, a page of one hundred with its count. */
export const pageQuery = new URLSearchParams({
  $filter: "status eq 'Active'",
  $orderby: "updatedDateTime desc",
  $top: "100",
  $count: "true",
}).toString();

/** Our service as a contestant, with its documents for the others. */
export async function startOurs(
  rows: number,
): Promise<Contestant & { readonly documents: readonly Document[] }> {
  const folder = mkdtempSync(join(tmpdir(), "partner-referrals-bench-"));
  const service = await startOurService(folder, rows);
  const documents = await readAll(service);
  const { origin, pathname } = new URL(service.referralsUrl);
  const headers = { authorization: `Bearer ${service.token}` };
  return {
    name: "partner-referrals",
    processId: service.processId,
    documents,
    byId: {
      url: origin,
      headers,
      requests: documents.map(({ id }) => ({ path: `${pathname}/${id}` })),
    },
    page: { url: origin, headers, requests: [{ path: `${pathname}?${pageQuery}` }] },
    conditional: async (pairs) => {
      const referrals = (await readAll(service)).filter((one) => one.status === "Active");
      return {
        url: origin,
        headers,
        referrals: referrals
          .slice(0, pairs)
          .map(({ id, eTag }) => ({ path: `${pathname}/${id}`, eTag })),
      };
    },
    stop: async () => {
      await service.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
