import {
  ConfidentialClientApplication,
  type INetworkModule,
  PublicClientApplication,
} from "@azure/msal-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../runtime/index.ts";
import {
  api,
  challengeOf,
  type IssuerFixture,
  obtainCode,
  type StillClock,
  startIssuer,
  tenantId,
} from "./issuer-suite.ts";

/**
 * MSAL accepts https issuers only, so its requests for https://sandbox.example end at the fixture.
 */
function networkOf(issuer: IssuerFixture): INetworkModule {
  const send = async (method: "GET" | "POST", url: string, options?: object) => {
    const { headers = {}, body } = (options ?? {}) as {
      headers?: Record<string, string>;
      body?: string;
    };
    const answer = await issuer.server.inject({
      method,
      url: url.replace("https://sandbox.example", ""),
      headers,
      ...(body === undefined ? {} : { payload: body }),
    });
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: answer.json(),
    };
  };
  return {
    sendGetRequestAsync: (url, options) => send("GET", url, options) as never,
    sendPostRequestAsync: (url, options) => send("POST", url, options) as never,
  };
}

let issuer: IssuerFixture;
const realClock: StillClock = { ...systemClock, advance: () => {} };

const configuration = (clientId: string, clientSecret?: string) => ({
  auth: {
    clientId,
    authority: `https://sandbox.example/${tenantId}`,
    knownAuthorities: ["sandbox.example"],
    ...(clientSecret === undefined ? {} : { clientSecret }),
  },
  system: { networkClient: networkOf(issuer) },
});

beforeEach(async () => {
  issuer = await startIssuer({ clock: realClock });
});

afterEach(() => issuer.close());

const scopes = [`${api}/.default`];
const principalOf = (result: { accessToken: string } | null) =>
  issuer.verifier.verify(`Bearer ${result?.accessToken}`);

test("MSAL obtains an application token by client credentials", async () => {
  const app = new ConfidentialClientApplication(configuration("confidential", "s3cret"));
  const result = await app.acquireTokenByClientCredential({ scopes });
  expect(await principalOf(result)).toMatchObject({ clientId: "confidential", userId: "ada" });
});

test("MSAL signs a user in by authorization code with PKCE, then renews silently", async () => {
  const app = new PublicClientApplication(configuration("public"));
  const verifier = "msal-verifier-0123456789-0123456789-01234567";
  const url = await app.getAuthCodeUrl({
    scopes,
    redirectUri: "http://localhost:4711/back",
    codeChallenge: challengeOf(verifier),
    codeChallengeMethod: "S256",
  });
  const asked = Object.fromEntries(new URL(url).searchParams);
  const code = await obtainCode(issuer, asked);
  const result = await app.acquireTokenByCode({
    scopes,
    code,
    codeVerifier: verifier,
    redirectUri: "http://localhost:4711/back",
  });
  expect(result.account).toMatchObject({ username: "ada@example.com", tenantId });
  expect(await principalOf(result)).toMatchObject({ userId: "ada" });

  const account = result.account ?? undefined;
  expect(account).toBeDefined();
  if (account === undefined) return;
  const renewed = await app.acquireTokenSilent({ scopes, account, forceRefresh: true });
  expect(renewed.accessToken).not.toBe(result.accessToken);
  expect(await principalOf(renewed)).toMatchObject({ userId: "ada" });
});

test("MSAL signs a user in by device code", async () => {
  const app = new PublicClientApplication(configuration("public"));
  const result = await app.acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: async ({ userCode }) => {
      const form = { user_code: userCode, decision: "accept", user_id: "uwe" };
      await issuer.post("/devicelogin", form);
    },
  });
  expect(await principalOf(result)).toMatchObject({ userId: "uwe", roles: ["Referrals user"] });
});

test("MSAL reports a wrong secret as invalid_client with its AADSTS number", async () => {
  const app = new ConfidentialClientApplication(configuration("confidential", "wrong"));
  await expect(app.acquireTokenByClientCredential({ scopes })).rejects.toMatchObject({
    errorCode: "invalid_client",
    errorMessage: expect.stringContaining("AADSTS7000215"),
  });
});
