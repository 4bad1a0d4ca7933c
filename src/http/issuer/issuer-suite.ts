import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Clock, Log } from "../../runtime/index.ts";
import { seededRandom, silentLog } from "../../runtime/index.ts";
import { type Database, openDatabase, openDocumentStore } from "../../storage/index.ts";
import { createServer } from "../create-server.ts";
import { TokenVerifier } from "../token-verifier.ts";
import type { Directory, IssuerClient, IssuerUser } from "./directory.ts";
import { TokenIssuer } from "./token-issuer.ts";

/** What the issuer's tests ask tokens for. */
export const api = "https://api.partner.microsoft.com";
export const tenantId = "5b0f2d2e-0000-4000-8000-000000000001";

const users: readonly IssuerUser[] = [
  ["ada", "Ada Ample", "Referrals admin"],
  ["uwe", "Uwe Useful", "Referrals user"],
].map(([userId = "", name = "", role = ""]) => ({
  userId,
  tenantId,
  name,
  userName: `${userId}@example.com`,
  roles: [role],
}));

const clients: readonly IssuerClient[] = [
  {
    clientId: "confidential",
    tenantId,
    clientSecret: "s3cret",
    redirectUris: ["https://app.example/back"],
    serviceUserId: "ada",
  },
  { clientId: "public", tenantId, redirectUris: ["http://localhost/back"] },
];

export const directory: Directory = {
  client: async (clientId) => clients.find((client) => client.clientId === clientId),
  user: async (tenant, userId) =>
    users.find((user) => user.tenantId === tenant && user.userId === userId),
  users: async (tenant) => users.filter((user) => user.tenantId === tenant),
};

/** A clock that stands still until a test moves it. */
export interface StillClock extends Clock {
  advance(byMs: number): void;
}

export function stillClock(startMs = 1_800_000_000_000): StillClock {
  let now = startMs;
  return {
    now: () => now,
    sleep: async () => {},
    advance: (byMs) => {
      now += byMs;
    },
  };
}

/** A running issuer and what a test asks of it. */
export interface IssuerFixture {
  readonly clock: StillClock;
  readonly server: FastifyInstance;
  readonly issuer: TokenIssuer;
  readonly verifier: TokenVerifier;
  mfaRequired: boolean;
  post(path: string, form: Readonly<Record<string, string>>): Promise<FixtureAnswer>;
  close(): Promise<void>;
}

export interface FixtureAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

/** Starts an issuer over a database in memory, or over one that another issuer has used. */
export async function startIssuer(
  options: { clock?: StillClock; database?: Database; log?: Log } = {},
): Promise<IssuerFixture> {
  const { clock = stillClock(), log = silentLog } = options;
  const random = seededRandom(7);
  const database = options.database ?? (await openDatabase(":memory:"));
  const store = await openDocumentStore(database, clock);
  const resources = [api, "https://api.partnercenter.microsoft.com"];
  const issuer = await TokenIssuer.create({ clock, random, log, store, directory, resources });
  issuer.baseUrl = "https://sandbox.example/";
  const server = createServer({ clock, random, log });
  await issuer.register(server);
  const fixture: IssuerFixture = {
    clock,
    server,
    issuer,
    mfaRequired: false,
    verifier: new TokenVerifier({
      clock,
      trusted: (name) => issuer.trusted(name, [api]),
      requiresMfa: () => fixture.mfaRequired,
    }),
    async post(path, form) {
      const answer = await server.inject({
        method: "POST",
        url: path,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        payload: new URLSearchParams(form).toString(),
      });
      const isJson = String(answer.headers["content-type"]).includes("json");
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        body: isJson ? answer.json() : undefined,
      };
    },
    async close() {
      await server.close();
      if (options.database === undefined) await database.close();
    },
  };
  return fixture;
}

/** The S256 challenge of a PKCE verifier. */
export const challengeOf = (verifier: string): string =>
  createHash("sha256").update(verifier).digest("base64url");

/** Signs Ada in on the authorize page and gives back the code. */
export async function obtainCode(
  issuer: IssuerFixture,
  extra: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { headers } = await issuer.post(`/${tenantId}/oauth2/v2.0/authorize`, {
    client_id: "public",
    redirect_uri: "http://localhost:4711/back",
    response_type: "code",
    scope: `openid offline_access ${api}/.default`,
    code_challenge: challengeOf("verifier-0123456789-0123456789-0123456789"),
    code_challenge_method: "S256",
    state: "s",
    user_id: "ada",
    mfa: "1",
    decision: "accept",
    ...extra,
  });
  return new URL(String(headers.location)).searchParams.get("code") ?? "";
}

/** Redeems a code of `obtainCode`. */
export const redeem = (
  issuer: IssuerFixture,
  code: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<FixtureAnswer> =>
  issuer.post(`/${tenantId}/oauth2/v2.0/token`, {
    grant_type: "authorization_code",
    client_id: "public",
    redirect_uri: "http://localhost:4711/back",
    code,
    code_verifier: "verifier-0123456789-0123456789-0123456789",
    ...extra,
  });
