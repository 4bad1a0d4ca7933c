import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startCommand } from "../child.ts";

/** A sandbox and a gateway in front of it, each in a process of its own. */
export interface BenchedSystem {
  /** The collection, straight and through the gateway. */
  readonly directUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayProcessId: number;
  readonly sandboxProcessId: number;
  /** A token of the sandbox's own. */
  directToken(): Promise<string>;
  /** Goes the whole way of a sign-in; resolves to a connection. */
  connect(): Promise<BenchedConnection>;
  stop(): Promise<void>;
}

/** A connection through the gateway. */
export interface BenchedConnection {
  readonly id: string;
  readonly token: string;
}

interface SandboxLine {
  readonly referralsUrl: string;
  readonly tokenUrl: string;
  readonly adminUrl: string;
  readonly adminSecret: string;
  readonly clients: readonly { readonly clientId: string; readonly clientSecret: string }[];
}

interface GatewayLine {
  readonly baseUrl: string;
  readonly referralsUrl: string;
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const raisedLimit = 1_000_000_000;
const consentRedirect = "https://global.consent.azure-apim.net/redirect";

const locationOf = async (url: string, init: RequestInit = {}): Promise<Response> => {
  const answer = await fetch(url, { redirect: "manual", ...init });
  await answer.arrayBuffer();
  if (answer.headers.get("location") === null) throw new Error(`${url}: ${answer.status}`);
  return answer;
};

async function tokenFrom(url: string, form: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`${url}: ${answer.status}`);
  return token;
}

async function signIn(gateway: GatewayLine, userId: string): Promise<BenchedConnection> {
  const query = new URLSearchParams({
    client_id: gateway.clientId,
    redirect_uri: consentRedirect,
    response_type: "code",
    state: "bench",
  });
  const begun = await locationOf(`${gateway.authorizationUrl}?${query}`);
  const cookie = begun.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = new URL(begun.headers.get("location") ?? "");
  const choice = { ...Object.fromEntries(page.searchParams), user_id: userId, mfa: "1" };
  const chosen = await locationOf(`${page.origin}${page.pathname}`, {
    method: "POST",
    body: new URLSearchParams({ ...choice, decision: "accept" }),
  });
  const back = await locationOf(chosen.headers.get("location") ?? "", { headers: { cookie } });
  const code = new URL(back.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const token = await tokenFrom(gateway.tokenUrl, {
    client_id: gateway.clientId,
    client_secret: gateway.clientSecret,
    grant_type: "authorization_code",
    code,
    redirect_uri: consentRedirect,
  });
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${gateway.baseUrl}/connections/current`, { headers });
  const { id } = (await answer.json()) as { id: string };
  return { id, token };
}

async function adminUserId({ adminUrl, adminSecret }: SandboxLine): Promise<string> {
  const headers = { authorization: `Bearer ${adminSecret}` };
  const answer = await fetch(`${adminUrl}/clients`, { headers });
  const { clients } = (await answer.json()) as { clients: readonly { userId: string }[] };
  return clients[0]?.userId ?? "";
}

/**
 * Starts both with `rows` referrals; the sandbox's own limit is raised, so that it never strikes.
 */
export async function startSystem(
  rows: number,
  limit: number = raisedLimit,
): Promise<BenchedSystem> {
  const folder = mkdtempSync(join(tmpdir(), "bench-gateway-"));
  const children: Child[] = [];
  const start = async (...words: readonly string[]): Promise<Child> => {
    const child = await startCommand([...words, "--port", "0", "--json", "--log", "silent"]);
    children.push(child);
    return child;
  };
  const sandboxFolder = join(folder, "sandbox");
  const wanted = ["--limit", String(raisedLimit), "--seed", String(rows)];
  const sandbox = await start("sandbox", "--data", sandboxFolder, ...wanted);
  const options = ["--sandbox", sandboxFolder, "--limit", String(limit)];
  const gateway = await start("gateway", "--data", join(folder, "gateway"), ...options);
  const sandboxLine = JSON.parse(sandbox.firstLine) as SandboxLine;
  const gatewayLine = JSON.parse(gateway.firstLine) as GatewayLine;
  const userId = await adminUserId(sandboxLine);
  const [app] = sandboxLine.clients;
  return {
    directUrl: sandboxLine.referralsUrl,
    gatewayUrl: gatewayLine.referralsUrl,
    gatewayProcessId: gateway.process.pid ?? 0,
    sandboxProcessId: sandbox.process.pid ?? 0,
    directToken: () =>
      tokenFrom(sandboxLine.tokenUrl, {
        grant_type: "client_credentials",
        client_id: app?.clientId ?? "",
        client_secret: app?.clientSecret ?? "",
      }),
    connect: () => signIn(gatewayLine, userId),
    stop: async () => {
      for (const child of children.reverse()) await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
