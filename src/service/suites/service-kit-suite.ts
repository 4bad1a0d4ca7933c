import type { Referral } from "../../contract/index.ts";
import type { SandboxClient } from "../accounts.ts";
import { audiences, type ReferralsServiceOptions, type ServiceUrls } from "../options.ts";
import { createReferralsService, type ReferralsService } from "../service.ts";

/** A body of any of the service's answers: a test reads the part that it expects. */
export interface AnswerBody extends Referral {
  readonly id: string;
  readonly eTag: string;
  readonly engagementId: string;
  readonly value: readonly AnswerBody[];
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly target?: string;
    readonly innerError?: Readonly<Record<string, unknown>>;
  };
  readonly "@odata.count": number;
  readonly "@odata.nextLink": string;
}

/** An answer with its parsed body. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: AnswerBody;
}

/** What a call of a test may say. */
export interface TestCall {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, in place of `body` as JSON. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: SandboxClient;
  readonly audience?: keyof typeof audiences;
}

/** A running service for a test, with callers that have signed in. */
export interface TestService {
  readonly service: ReferralsService;
  readonly urls: ServiceUrls;
  readonly admin: SandboxClient;
  readonly user: SandboxClient;
  readonly stranger: SandboxClient;
  /** Calls an address below the service's origin, or a whole one. */
  call(path: string, call?: TestCall): Promise<Answer>;
  /** Calls the admin API with the sandbox's secret. */
  play(path: string, body?: unknown, method?: string): Promise<Answer>;
  token(client: SandboxClient, audience?: keyof typeof audiences): Promise<string>;
  close(): Promise<void>;
}

/** The least that a new referral needs, and what a test adds. */
export const minimalReferral = (more: Partial<Referral> = {}): Referral => ({
  name: "Modern workplace for a toy maker",
  type: "Independent",
  qualification: "SalesQualified",
  customerProfile: { name: "Wooden Horse Toys", address: { country: "DE", city: "Jena" } },
  consent: { consentToContact: true },
  details: { dealValue: 25_000, currency: "EUR" },
  ...more,
});

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  const body = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, body };
}

/** How a suite starts the services that it tests. */
export type StartTestService = (options?: ReferralsServiceOptions) => Promise<TestService>;

/** An empty database for one service, and how it goes away again. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

const inMemory = async (): Promise<TestDatabase> => ({ url: ":memory:", drop: async () => {} });

/** Starts services each on a database of its own. */
export const startOn =
  (makeDatabase: () => Promise<TestDatabase>): StartTestService =>
  async (options = {}) => {
    if (options.database !== undefined) return start(options, async () => {});
    const { url, drop } = await makeDatabase();
    return start({ ...options, database: url }, drop);
  };

/** Starts services on SQLite. */
export const startOnSqlite = startOn(inMemory);

/** Starts a service on a free port, with a high call limit unless told. */
async function start(
  options: ReferralsServiceOptions,
  drop: () => Promise<void>,
): Promise<TestService> {
  const service = await createReferralsService({ callLimit: 100_000, ...options });
  const urls = await service.listen();
  const tokens = new Map<string, string>();
  const token: TestService["token"] = async (client, audience = "referrals") => {
    const key = `${client.clientId} ${audience}`;
    const known = tokens.get(key);
    if (known) return known;
    const response = await fetch(urls.tokenUrl, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: client.clientId,
        client_secret: client.clientSecret,
        scope: `${audiences[audience]}/.default`,
      }),
    });
    const fresh = ((await response.json()) as { access_token: string }).access_token;
    tokens.set(key, fresh);
    return fresh;
  };
  const [admin, user] = service.clients;
  const stranger = service.clients.find(
    ({ organizationId }) => organizationId !== admin?.organizationId,
  );
  if (!(admin && user && stranger)) throw new Error("the sandbox has fewer clients than expected");
  return {
    service,
    urls,
    admin,
    user,
    stranger,
    token,
    call: async (path, call = {}) => {
      const body = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
      const url = path.startsWith("http") ? path : `${urls.baseUrl}${path}`;
      const response = await fetch(url, {
        method: call.method ?? "GET",
        headers: {
          authorization: `Bearer ${await token(call.as ?? admin, call.audience)}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...call.headers,
        },
        ...(body === undefined ? {} : { body }),
      });
      return answerOf(response);
    },
    play: async (path, body, method = body === undefined ? "GET" : "POST") => {
      const response = await fetch(`${urls.adminUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${service.adminSecret}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return answerOf(response);
    },
    close: async () => {
      await service.close();
      await drop();
    },
  };
}
