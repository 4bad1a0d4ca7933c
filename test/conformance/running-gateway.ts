import { createHash } from "node:crypto";
import { tokenKeyFromText } from "../../src/client/index.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../../src/connector/index.ts";
import { fetchHttp, type Log } from "../../src/runtime/index.ts";
import type { SandboxClient } from "../../src/service/index.ts";
import { type RunningService, runService } from "./running-service.ts";

/** Where Power Platform receives codes. */
export const consentRedirect = "https://global.consent.azure-apim.net/redirect";

/** A key that is nobody's. */
export const testKey = tokenKeyFromText(Buffer.alloc(32, 7).toString("base64"));

/** What the gateway gave to a client. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly token_type: string;
}

/** A call through the gateway. */
export interface GatewayCall {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, in place of `body` as JSON. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer with its parsed body. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

/** A gateway that listens on loopback, in front of a sandbox that does too. */
export interface RunningGateway {
  readonly gateway: Gateway;
  readonly service: RunningService;
  readonly clientSecret: string;
  /** Every line that was logged, as JSON. */
  readonly logged: string[];
  /** Goes the way that a person and Power Platform go together to make a connection. */
  connect(person?: SandboxClient): Promise<Tokens>;
  /** The same way up to the code. */
  signIn(person: SandboxClient, parameters?: Readonly<Record<string, string>>): Promise<URL>;
  token(form: Readonly<Record<string, string>>): Promise<GatewayAnswer>;
  call(tokens: Tokens | undefined, path: string, call?: GatewayCall): Promise<GatewayAnswer>;
  close(): Promise<void>;
}

/** How a gateway for a test differs from the ordinary one. */
export interface RunningGatewayOptions extends Partial<GatewayOptions> {
  readonly service?: RunningService;
  /** Where the gateway's database was used before: the secret that it showed then. */
  readonly clientSecret?: string;
}

/** The S256 challenge of a PKCE verifier. */
export const challengeOf = (verifier: string): string =>
  createHash("sha256").update(verifier).digest("base64url");

/** Answers without following redirects. */
export async function ask(url: string, init: RequestInit = {}): Promise<GatewayAnswer> {
  const response = await fetch(url, { redirect: "manual", ...init });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  const body = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, body };
}

/** Chooses a person on the sandbox's sign-in page; resolves to where the browser is sent. */
export async function chooseOnPage(
  authorizeUrl: string,
  person: SandboxClient,
  choice: Readonly<Record<string, string>> = {},
): Promise<string> {
  const page = new URL(authorizeUrl);
  const form = new URLSearchParams({
    ...Object.fromEntries(page.searchParams),
    user_id: person.userId,
    mfa: "1",
    decision: "accept",
    ...choice,
  });
  const { headers } = await ask(`${page.origin}${page.pathname}`, { method: "POST", body: form });
  return headers.get("location") ?? "";
}

/** A log that keeps its lines. */
export function keepingLog(lines: string[]): Log {
  const keep =
    (level: string) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      lines.push(JSON.stringify({ level, ...fields, message }));
    };
  return { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}

/** Starts a gateway in front of a sandbox, both with their data in memory unless told. */
export async function runGateway(options: RunningGatewayOptions = {}): Promise<RunningGateway> {
  const { service: given, clientSecret: earlier, ...more } = options;
  const service = given ?? (await runService());
  const { admin } = service.apps;
  const logged: string[] = [];
  const gateway = await createGateway({
    app: {
      authority: service.urls.baseUrl,
      clientId: admin.clientId,
      clientSecret: admin.clientSecret,
    },
    referralsUrl: service.urls.referralsUrl,
    keys: [testKey],
    callbackHttp: fetchHttp,
    allowsPrivateCallbacks: true,
    log: keepingLog(logged),
    ...more,
  });
  const urls = await gateway.listen();
  const clientSecret = gateway.newClientSecret ?? earlier ?? "";
  const client = { client_id: "power-platform", client_secret: clientSecret };

  const signIn: RunningGateway["signIn"] = async (person, parameters = {}) => {
    const query = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: consentRedirect,
      response_type: "code",
      scope: "referrals",
      state: "of the platform",
      ...parameters,
    });
    const begun = await ask(`${urls.authorizationUrl}?${query}`);
    const cookie = begun.headers.get("set-cookie")?.split(";")[0] ?? "";
    const back = await chooseOnPage(begun.headers.get("location") ?? "", person);
    const finished = await ask(back, { headers: { cookie } });
    return new URL(finished.headers.get("location") ?? "about:blank");
  };
  const token: RunningGateway["token"] = (form) =>
    ask(urls.tokenUrl, { method: "POST", body: new URLSearchParams(form) });

  return {
    gateway,
    service,
    clientSecret,
    logged,
    signIn,
    token,
    connect: async (person = admin) => {
      const code = (await signIn(person)).searchParams.get("code") ?? "";
      const grant = { grant_type: "authorization_code", code, redirect_uri: consentRedirect };
      const { status, body, text } = await token({ ...client, ...grant });
      if (status !== 200) throw new Error(`no tokens: ${status} ${text}`);
      return body as Tokens;
    },
    call: (tokens, path, call = {}) => {
      const body = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
      return ask(path.startsWith("http") ? path : `${urls.baseUrl}${path}`, {
        method: call.method ?? "GET",
        headers: {
          ...(tokens ? { authorization: `Bearer ${tokens.access_token}` } : {}),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...call.headers,
        },
        ...(body === undefined ? {} : { body }),
      });
    },
    close: async () => {
      await gateway.close();
      if (!given) await service.close();
    },
  };
}
