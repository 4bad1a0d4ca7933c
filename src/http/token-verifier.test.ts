import {
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ReferralsError } from "../contract/index.ts";
import { type Http, HttpFailure } from "../runtime/index.ts";
import { TokenVerifier } from "./token-verifier.ts";
import { entraIssuers } from "./trusted-issuers.ts";

const tenantId = "11111111-2222-4333-8444-555555555555";
const audience = "https://api.partner.microsoft.com";
const v1Issuer = `https://sts.windows.net/${tenantId}/`;
const v2Issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`;
const startS = 1_800_000_000;

type Key = Awaited<ReturnType<typeof generateKeyPair>>;
let key: Key;
let otherKey: Key;
let publicJwk: JWK;
let nowMs: number;
let keyFetches: number;
let http: Http;

beforeAll(async () => {
  key = await generateKeyPair("RS256", { extractable: true });
  otherKey = await generateKeyPair("RS256");
  // As Entra's keys: without a word about the algorithm.
  publicJwk = { ...(await exportJWK(key.publicKey)), kid: "k1" };
});

beforeEach(() => {
  nowMs = startS * 1000;
  keyFetches = 0;
  http = async ({ url }) => {
    expect(url).toBe(`https://login.microsoftonline.com/${tenantId}/discovery/v2.0/keys`);
    keyFetches += 1;
    return { status: 200, headers: {}, body: JSON.stringify({ keys: [publicJwk] }) };
  };
});

function verifierOf(requiresMfa = () => false): TokenVerifier {
  const issuers = entraIssuers({
    tenants: [
      { tenantId, organizationId: "org-1", rolesByUser: { ada: ["Referrals admin"] } },
      { tenantId: "another", organizationId: "org-2", rolesByUser: {} },
    ],
    audiences: [audience],
    http: (request) => http(request),
  });
  const clock = { now: () => nowMs, sleep: async () => {} };
  return new TokenVerifier({ clock, trusted: (issuer) => issuers.get(issuer), requiresMfa });
}

async function bearer(claims: JWTPayload = {}, signer = key, keyId = "k1"): Promise<string> {
  const token = await new SignJWT({
    iss: v2Issuer,
    aud: audience,
    tid: tenantId,
    oid: "ada",
    azp: "app",
    iat: startS,
    exp: startS + 3600,
    ...claims,
  })
    .setProtectedHeader({ alg: "RS256", kid: keyId })
    .sign(signer.privateKey);
  return `Bearer ${token}`;
}

const refusal = (promise: Promise<unknown>): Promise<ReferralsError> =>
  promise.then(
    () => expect.unreachable("the token was accepted"),
    (error: ReferralsError) => error,
  );

test.each([
  [v1Issuer, { appid: "app", azp: undefined }],
  [v2Issuer, { azp: "app" }],
])("a token of %s names organization, user, client and roles", async (iss, claims) => {
  expect(await verifierOf().verify(await bearer({ iss, ...claims }))).toEqual({
    organizationId: "org-1",
    userId: "ada",
    clientId: "app",
    roles: ["Referrals admin"],
    connectionKey: `${tenantId} app ada`,
  });
});

test.each([
  ["an expired token", { exp: startS - 31 }, "The access token has expired."],
  ["a token for another audience", { aud: "https://graph.example" }, 'claim "aud"'],
  ["a token that isn't valid yet", { nbf: startS + 120 }, 'claim "nbf"'],
  ["a stranger's token", { iss: "https://evil.example/" }, "issuer isn't accepted"],
  ["a tenant's token under another one's issuer", { tid: "another" }, "names no organization"],
  ["a token without an end", { exp: undefined }, 'claim "exp"'],
])("%s is refused, and the message says why", async (_, claims, message) => {
  const error = await refusal(verifierOf().verify(await bearer(claims as JWTPayload)));
  expect(error).toMatchObject({ code: "unauthenticated", status: 401 });
  expect(error.message).toContain(message);
});

test("a token signed by another key is refused", async () => {
  const error = await refusal(verifierOf().verify(await bearer({}, otherKey)));
  expect(error.message).toBe("The access token's signature can't be verified.");
});

test("a token that claims to need no signature, or a shared secret, is refused", async () => {
  const claims = { iss: v2Issuer, aud: audience, tid: tenantId, oid: "ada", azp: "app" };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = part({ ...claims, exp: startS + 60 });
  for (const token of [
    `${part({ alg: "none" })}.${body}.`,
    `${part({ alg: "HS256", kid: "k1" })}.${body}.c2lnbmF0dXJl`,
  ]) {
    expect(await refusal(verifierOf().verify(`Bearer ${token}`))).toMatchObject({ status: 401 });
  }
});

test("a token signed by the right key with another algorithm is refused", async () => {
  const pkcs8 = await exportPKCS8(key.privateKey);
  const claims = { iss: v2Issuer, aud: audience, tid: tenantId, oid: "ada", azp: "app" };
  const token = await new SignJWT({ ...claims, exp: startS + 60 })
    .setProtectedHeader({ alg: "RS512", kid: "k1" })
    .sign(await importPKCS8(pkcs8, "RS512"));
  expect(await refusal(verifierOf().verify(`Bearer ${token}`))).toMatchObject({ status: 401 });
});

test("a changed token with a known token's signature is not taken for it", async () => {
  const verifier = verifierOf();
  const header = await bearer({ oid: "uwe" });
  await verifier.verify(header);
  const [, , signature] = header.split(".");
  const [head, body] = (await bearer({ oid: "ada" })).split(".");
  const forged = `${head}.${body}.${signature}`;
  expect(verifier.recall(forged)).toBeUndefined();
  expect(await refusal(verifier.verify(forged))).toMatchObject({ code: "unauthenticated" });
});

test.each(["", "Bearer", "Bearer a b", "Basic YTpi", "Bearer not-a-token", "Bearer a.b.c"])(
  "the header %j is refused",
  async (header) => {
    expect(await refusal(verifierOf().verify(header))).toMatchObject({ code: "unauthenticated" });
  },
);

test("a verified token is recalled without waiting until it expires", async () => {
  const verifier = verifierOf();
  const header = await bearer();
  expect(verifier.recall(header)).toBeUndefined();
  const principal = await verifier.verify(header);
  expect(verifier.recall(header)).toBe(principal);
  nowMs += 3_629_999;
  expect(verifier.recall(header)).toBe(principal);
  nowMs += 1;
  expect(verifier.recall(header)).toBeUndefined();
  expect((await refusal(verifier.verify(header))).message).toBe("The access token has expired.");
});

test("keys are fetched once, and not again at once for an unknown key", async () => {
  const verifier = verifierOf();
  await verifier.verify(await bearer());
  await verifier.verify(await bearer({ oid: "uwe" }));
  await refusal(verifier.verify(await bearer({}, otherKey, "unknown")));
  await refusal(verifier.verify(await bearer({}, otherKey, "unknown")));
  expect(keyFetches).toBe(1);
});

test("where the keys can't be fetched the token is not accepted", async () => {
  http = async () => {
    throw new HttpFailure("unreachable", "no answer");
  };
  expect(await refusal(verifierOf().verify(await bearer()))).toMatchObject({ status: 503 });
});

test("with the MFA switch on, even a known token needs a multifactor claim", async () => {
  let required = false;
  const verifier = verifierOf(() => required);
  const plain = await bearer({ amr: ["pwd"] });
  const strong = await bearer({ amr: ["pwd", "mfa"] });
  await verifier.verify(plain);
  required = true;
  expect(() => verifier.recall(plain)).toThrow(expect.objectContaining({ code: "mfaRequired" }));
  expect(await refusal(verifier.verify(plain))).toMatchObject({ code: "mfaRequired", status: 401 });
  expect(await verifier.verify(strong)).toMatchObject({ userId: "ada" });
});
