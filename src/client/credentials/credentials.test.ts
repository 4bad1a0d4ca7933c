import { describe, expect, test } from "vitest";
import { ReferralsError } from "../../contract/index.ts";
import { seededRandom } from "../../runtime/index.ts";
import { jumpingClock, type Step, scriptedHttp } from "../testing/scripted-world.ts";
import { finishAuthorization, startAuthorization } from "./authorization-code.ts";
import { createClientSecretCredential } from "./client-secret.ts";
import { createDeviceCodeCredential, type DeviceCodePrompt } from "./device-code.ts";
import { createRefreshTokenCredential } from "./refresh-token.ts";
import { createMemoryTokenStore, type StoredSignIn } from "./token-store-port.ts";

const dayMs = 86_400_000;
const authority = "https://login.microsoftonline.com/contoso.example";
const scope = "https://api.partner.microsoft.com/.default";
const start = Date.UTC(2027, 0, 1);
const signIn: StoredSignIn = { refreshToken: "refresh-1", issuedAt: start, signedInAt: start };

const grant = (number: number, more: Readonly<Record<string, unknown>> = {}): Step => ({
  status: 200,
  body: {
    token_type: "Bearer",
    access_token: `access-${number}`,
    expires_in: 3600,
    refresh_token: `refresh-${number + 1}`,
    ...more,
  },
});

const refusal = (error: string, number?: number): Step => ({
  status: 400,
  body: {
    error,
    error_description: number === undefined ? "x" : `AADSTS${number}: Secret detail of kim@x.`,
    ...(number === undefined ? {} : { error_codes: [number] }),
  },
});

function refreshing(steps: readonly Step[], stored: StoredSignIn | undefined = signIn) {
  const clock = jumpingClock(start);
  const { http, requests } = scriptedHttp(...steps);
  const tokenStore = createMemoryTokenStore(stored);
  const credential = createRefreshTokenCredential({
    authority,
    clientId: "app-1",
    tokenStore,
    http,
    clock,
  });
  const forms = (): Record<string, string>[] =>
    requests.map((request) => Object.fromEntries(new URLSearchParams(request.body)));
  return { clock, http, requests, forms, tokenStore, credential };
}

const errorOf = async (work: Promise<unknown>): Promise<ReferralsError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ReferralsError);
  return error as ReferralsError;
};

describe("a refresh-token credential", () => {
  test("redeems the stored token and keeps the rotated one", async () => {
    const { credential, forms, requests, tokenStore } = refreshing([grant(1)]);
    const token = await credential.getToken(scope);
    expect(token.token).toBe("access-1");
    expect(token.expiresOnTimestamp).toBe(start + 3_600_000);
    expect(requests[0]?.url).toBe(`${authority}/oauth2/v2.0/token`);
    expect(forms()[0]).toEqual({
      client_id: "app-1",
      grant_type: "refresh_token",
      refresh_token: "refresh-1",
      scope: `${scope} offline_access`,
    });
    expect((await tokenStore.load())?.refreshToken).toBe("refresh-2");
  });

  test("a renewal moves the end of the sign-in, not its beginning", async () => {
    const { credential, clock, tokenStore } = refreshing([grant(1)]);
    clock.advance(30 * dayMs);
    await credential.getToken(scope);
    const kept = await tokenStore.load();
    expect(kept).toMatchObject({ signedInAt: start, issuedAt: start + 30 * dayMs });
    expect(await credential.status()).toMatchObject({ daysLeft: 90 });
  });

  test("asks once, however many calls wait, and again shortly before the end", async () => {
    const { credential, requests, clock } = refreshing([grant(1), grant(2)]);
    const all = await Promise.all(Array.from({ length: 20 }, () => credential.getToken(scope)));
    expect(new Set(all.map(({ token }) => token))).toEqual(new Set(["access-1"]));
    clock.advance(3_200_000);
    expect((await credential.getToken(scope)).token).toBe("access-1");
    clock.advance(200_000);
    expect((await credential.getToken(scope)).token).toBe("access-2");
    expect(requests).toHaveLength(2);
  });

  test("a caller who gives up leaves the others' request alone", async () => {
    const { credential, requests } = refreshing([grant(1)]);
    const abort = new AbortController();
    const leaving = credential.getToken(scope, { abortSignal: abort.signal });
    const staying = credential.getToken(scope);
    abort.abort(new Error("gone"));
    await expect(leaving).rejects.toThrow("gone");
    expect((await staying).token).toBe("access-1");
    expect(requests).toHaveLength(1);
  });

  test("takes over the token of another process that was faster", async () => {
    const { credential, tokenStore, forms } = refreshing([
      () => {
        void tokenStore.save({ ...signIn, refreshToken: "refresh-of-other" });
        return refusal("invalid_grant", 54005);
      },
      grant(7),
    ]);
    expect((await credential.getToken(scope)).token).toBe("access-7");
    expect(forms()[1]?.refresh_token).toBe("refresh-of-other");
  });

  test("an issuer that is busy is asked again, with its own pause", async () => {
    const busy: Step = { status: 503, headers: { "retry-after": "9" } };
    const { credential, clock } = refreshing([busy, "timeout", grant(1)]);
    expect((await credential.getToken(scope)).token).toBe("access-1");
    expect(clock.sleeps).toEqual([9_000, 2_000]);
  });

  const refusals: readonly [string, Step, string, RegExp][] = [
    ["AADSTS50076", refusal("invalid_grant", 50076), "mfaRequired", /multifactor.*sign in again/],
    ["AADSTS50079", refusal("interaction_required", 50079), "mfaRequired", /register one/],
    ["AADSTS700082", refusal("invalid_grant", 700082), "signInRequired", /too long/],
    ["AADSTS50173", refusal("invalid_grant", 50173), "signInRequired", /password was changed/],
    ["AADSTS7000222", refusal("invalid_client", 7000222), "signInFailed", /secret has expired/],
    ["an unknown number", refusal("invalid_grant", 999999), "signInRequired", /Sign in again/],
    ["no number", refusal("unauthorized_client"), "signInFailed", /its settings/],
    ["no JSON", { status: 400, body: "<html>" }, "signInFailed", /status 400/],
  ];
  test.each(refusals)("explains %s, and repeats nothing personal", async (...row) => {
    const [, step, code, sentence] = row;
    const { credential } = refreshing([step]);
    const error = await errorOf(credential.getToken(scope));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toMatch(/kim@|refresh-1|Secret detail/);
    expect(error.remedy.length).toBeGreaterThan(10);
  });

  test("without a stored sign-in it asks nobody, and says so", async () => {
    const clock = jumpingClock(start);
    const { http, requests } = scriptedHttp();
    const tokenStore = createMemoryTokenStore();
    const options = { authority, clientId: "app-1", tokenStore, http, clock };
    const credential = createRefreshTokenCredential(options);
    expect((await errorOf(credential.getToken(scope))).code).toBe("signInRequired");
    expect(await credential.status()).toEqual({ isSignedIn: false, expiresSoon: false });
    expect(requests).toHaveLength(0);
  });

  test("tells in time that the sign-in is about to end", async () => {
    const { credential, clock, tokenStore } = refreshing([]);
    expect(await credential.status()).toMatchObject({ daysLeft: 90, expiresSoon: false });
    clock.advance(77 * dayMs);
    expect(await credential.status()).toMatchObject({
      isSignedIn: true,
      daysLeft: 13,
      expiresSoon: true,
      expiresAt: new Date(start + 90 * dayMs),
    });
    await tokenStore.save({ ...signIn, expiresAt: start + 78 * dayMs });
    expect(await credential.status()).toMatchObject({ daysLeft: 1 });
    clock.advance(14 * dayMs);
    expect(await credential.status()).toMatchObject({ isSignedIn: false, daysLeft: 0 });
  });

  test("refuses an authority that would send the token in the clear", () => {
    const tokenStore = createMemoryTokenStore(signIn);
    const options = { authority: "http://login.example", clientId: "app-1", tokenStore };
    const credential = createRefreshTokenCredential({ ...options, http: scriptedHttp().http });
    return expect(credential.getToken(scope)).rejects.toThrow("only https");
  });
});

describe("a device-code credential", () => {
  const code: Step = {
    status: 200,
    body: {
      device_code: "device-1",
      user_code: "ABC-DEF",
      verification_uri: "https://microsoft.com/devicelogin",
      expires_in: 900,
      interval: 5,
    },
  };

  function asking(steps: readonly Step[], stored?: StoredSignIn) {
    const clock = jumpingClock(start);
    const { http, requests } = scriptedHttp(...steps);
    const tokenStore = createMemoryTokenStore(stored);
    const prompts: DeviceCodePrompt[] = [];
    const credential = createDeviceCodeCredential({
      authority,
      clientId: "app-1",
      tokenStore,
      http,
      clock,
      prompt: (prompt) => void prompts.push(prompt),
    });
    return { clock, requests, tokenStore, prompts, credential };
  }

  test("shows the code, polls at the issuer's pace, and slows down when told", async () => {
    const { credential, prompts, clock, tokenStore, requests } = asking([
      code,
      refusal("authorization_pending"),
      refusal("slow_down"),
      grant(1),
    ]);
    expect((await credential.getToken(scope)).token).toBe("access-1");
    expect(prompts).toHaveLength(1);
    expect(prompts[0]).toMatchObject({
      userCode: "ABC-DEF",
      verificationUrl: "https://microsoft.com/devicelogin",
      message: "Open https://microsoft.com/devicelogin and enter the code ABC-DEF.",
    });
    expect(clock.sleeps).toEqual([5_000, 5_000, 10_000]);
    expect(requests[0]?.url).toBe(`${authority}/oauth2/v2.0/devicecode`);
    expect((await tokenStore.load())?.refreshToken).toBe("refresh-2");
  });

  test("asks a person only when the stored sign-in is no longer good", async () => {
    const silent = asking([grant(1)], signIn);
    await silent.credential.getToken(scope);
    expect(silent.prompts).toHaveLength(0);
    const loud = asking([refusal("invalid_grant", 700082), code, grant(1)], signIn);
    await loud.credential.getToken(scope);
    expect(loud.prompts).toHaveLength(1);
  });

  const endings: readonly [string, Step, RegExp][] = [
    ["declined", refusal("authorization_declined"), /declined/],
    ["too late", refusal("expired_token"), /expired before/],
    ["blocked", refusal("access_denied", 53003), /conditional access/],
  ];
  test.each(endings)(
    "a sign-in that was %s ends with its reason",
    async (_name, step, sentence) => {
      const { credential } = asking([code, step]);
      expect((await errorOf(credential.getToken(scope))).message).toMatch(sentence);
    },
  );

  test("polling ends when the code has expired, even if the issuer never says so", async () => {
    const pending = Array.from({ length: 200 }, () => refusal("authorization_pending"));
    const { credential, clock } = asking([code, ...pending]);
    const error = await errorOf(credential.getToken(scope));
    expect(error.message).toMatch(/expired before/);
    expect(clock.now() - start).toBeLessThanOrEqual(905_000);
  });
});

describe("authorization code with PKCE", () => {
  const options = {
    authority,
    clientId: "app-1",
    redirectUrl: "http://localhost:5173/signed-in",
    scopes: [scope],
  };

  test("the verifier of RFC 7636 appendix B gives its challenge", async () => {
    const verifierBytes = Buffer.from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "base64url");
    const random = { ...seededRandom(1), bytes: () => new Uint8Array(verifierBytes) };
    const begun = await startAuthorization({ ...options, random });
    const query = new URL(begun.authorizationUrl).searchParams;
    expect(query.get("code_challenge")).toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    expect(query.get("code_challenge_method")).toBe("S256");
  });

  test("redeems the code with its verifier and stores the sign-in", async () => {
    const clock = jumpingClock(start);
    const { http, requests } = scriptedHttp(grant(1));
    const tokenStore = createMemoryTokenStore();
    const begun = await startAuthorization({ ...options, random: seededRandom(2) });
    const returnedUrl = `${options.redirectUrl}?code=code-1&state=${begun.state}`;
    await finishAuthorization({ ...options, start: begun, returnedUrl, tokenStore, http, clock });
    const form = Object.fromEntries(new URLSearchParams(requests[0]?.body));
    expect(form).toMatchObject({
      grant_type: "authorization_code",
      code: "code-1",
      code_verifier: begun.codeVerifier,
      redirect_uri: options.redirectUrl,
    });
    expect((await tokenStore.load())?.refreshToken).toBe("refresh-2");
  });

  const returns: readonly [string, (state: string) => string, RegExp][] = [
    ["a foreign state", () => "code=x&state=forged", /state/],
    ["an error", (state) => `error=access_denied&state=${state}`, /access_denied/],
    ["nothing", (state) => `state=${state}`, /no code/],
  ];
  test.each(returns)(
    "a return with %s is refused before any call",
    async (_name, query, sentence) => {
      const tokenStore = createMemoryTokenStore();
      const begun = await startAuthorization(options);
      const { http, requests } = scriptedHttp();
      const returnedUrl = `${options.redirectUrl}?${query(begun.state)}`;
      const work = finishAuthorization({ ...options, start: begun, returnedUrl, tokenStore, http });
      const error = await errorOf(work);
      expect(error.code).toBe("signInFailed");
      expect(error.message).toMatch(sentence);
      expect(requests).toHaveLength(0);
    },
  );
});

test("a client-secret credential signs in as the app", async () => {
  const clock = jumpingClock(start);
  const { http, requests } = scriptedHttp(grant(1));
  const credential = createClientSecretCredential({
    authority: "http://127.0.0.1:8080",
    clientId: "app-1",
    clientSecret: "secret-1",
    http,
    clock,
  });
  await credential.getToken(scope);
  await credential.getToken(scope);
  expect(requests).toHaveLength(1);
  expect(Object.fromEntries(new URLSearchParams(requests[0]?.body))).toEqual({
    grant_type: "client_credentials",
    client_id: "app-1",
    client_secret: "secret-1",
    scope,
  });
});
