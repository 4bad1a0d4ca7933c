import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createDeviceCodeCredential,
  createEncryptedTokenStore,
  createFileByteStore,
  createMemoryTokenStore,
  createRefreshTokenCredential,
  defaultScope,
  finishAuthorization,
  ReferralsClient,
  signInWithDeviceCode,
  startAuthorization,
  type TokenStore,
  tokenKeyFromFile,
} from "../../src/client/index.ts";
import { type Clock, systemClock } from "../../src/runtime/index.ts";
import { type RunningService, runService } from "./running-service.ts";

let running: RunningService;
let folder: string;
beforeAll(async () => {
  running = await runService();
  folder = mkdtempSync(join(tmpdir(), "sign-in-"));
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The real clock, but a poll of five seconds takes a moment. */
const hastyClock: Clock = { now: systemClock.now, sleep: async () => {} };

const issuer = () => ({
  authority: running.urls.baseUrl,
  clientId: running.apps.admin.clientId,
  clientSecret: running.apps.admin.clientSecret,
});

const submit = (path: string, form: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(`${running.urls.baseUrl}${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
    redirect: "manual",
  });

/** What a person does at the device page. */
const enterCode = (userCode: string, decision: "accept" | "decline"): Promise<Response> =>
  submit("/devicelogin", {
    user_code: userCode,
    decision,
    user_id: running.apps.admin.userId,
    mfa: "1",
  });

function clientWith(tokenStore: TokenStore): ReferralsClient {
  return new ReferralsClient({
    credential: createRefreshTokenCredential({ ...issuer(), tokenStore }),
    endpoint: running.urls.referralsUrl,
  });
}

async function canList(tokenStore: TokenStore): Promise<boolean> {
  const { done } = await clientWith(tokenStore).listReferrals({ top: 1 }).next();
  return done === true;
}

describe("a person signs in once", () => {
  test("by device code, and a service renews by itself, across processes", async () => {
    const path = join(folder, "sign-in");
    const keys = [await tokenKeyFromFile(join(folder, "token.key"))] as const;
    const openStore = () => createEncryptedTokenStore({ bytes: createFileByteStore(path), keys });
    const credential = createDeviceCodeCredential({
      ...issuer(),
      tokenStore: openStore(),
      clock: hastyClock,
      prompt: async ({ userCode }) => {
        await enterCode(userCode, "accept");
      },
    });
    await credential.getToken(defaultScope);
    const first = await openStore().load();
    expect(await canList(openStore())).toBe(true);
    const second = await openStore().load();
    expect(second?.refreshToken).not.toBe(first?.refreshToken);
    expect(second?.signedInAt).toBe(first?.signedInAt);
    expect(second?.account).toBe(running.apps.admin.userName);
    expect(readFileSync(path, "utf8")).not.toContain(String(second?.refreshToken).slice(0, 12));
    const status = await createRefreshTokenCredential({
      ...issuer(),
      tokenStore: openStore(),
    }).status();
    expect(status).toMatchObject({ isSignedIn: true, daysLeft: 89, expiresSoon: false });
  });

  test("by authorization code with PKCE", async () => {
    const redirectUrl = "http://127.0.0.1/callback";
    const options = { ...issuer(), redirectUrl, scopes: [defaultScope] };
    const start = await startAuthorization(options);
    const page = new URL(start.authorizationUrl);
    const answer = await submit(page.pathname, {
      ...Object.fromEntries(page.searchParams),
      user_id: running.apps.admin.userId,
      mfa: "1",
      decision: "accept",
    });
    const tokenStore = createMemoryTokenStore();
    const returnedUrl = answer.headers.get("location") ?? "";
    const person = await finishAuthorization({ ...options, start, returnedUrl, tokenStore });
    const { organizationId: tenantId, userId } = running.apps.admin;
    expect(person).toEqual({ tenantId, userId });
    expect(await canList(tokenStore)).toBe(true);
    const again = finishAuthorization({ ...options, start, returnedUrl, tokenStore });
    await expect(again).rejects.toMatchObject({ code: "signInRequired" });
  });
});

test("where multifactor is enforced, a sign-in without it is refused with the remedy", async () => {
  const tokenStore = createMemoryTokenStore();
  const signIn = (mfa: "0" | "1"): Promise<unknown> =>
    signInWithDeviceCode({
      ...issuer(),
      tokenStore,
      scopes: [defaultScope],
      clock: hastyClock,
      prompt: async ({ userCode }) => {
        const user_id = running.apps.admin.userId;
        await submit("/devicelogin", { user_code: userCode, decision: "accept", user_id, mfa });
      },
    });
  await signIn("0");
  expect(await canList(tokenStore)).toBe(true);
  await running.play("/mfa", { required: true });
  try {
    await expect(canList(tokenStore)).rejects.toMatchObject({
      code: "mfaRequired",
      status: 401,
      remedy: expect.stringContaining("multifactor"),
    });
    await signIn("1");
    expect(await canList(tokenStore)).toBe(true);
  } finally {
    await running.play("/mfa", { required: false });
  }
});

describe("a sign-in that fails says why and what to do", () => {
  test("declined by the person", async () => {
    const credential = createDeviceCodeCredential({
      ...issuer(),
      tokenStore: createMemoryTokenStore(),
      clock: hastyClock,
      prompt: async ({ userCode }) => {
        await enterCode(userCode, "decline");
      },
    });
    await expect(credential.getToken(defaultScope)).rejects.toMatchObject({
      code: "signInFailed",
      message: expect.stringContaining("declined"),
    });
  });

  test("a refresh token that the issuer doesn't know", async () => {
    const tokenStore = createMemoryTokenStore({
      refreshToken: "not-one",
      issuedAt: 0,
      signedInAt: 0,
    });
    await expect(canList(tokenStore)).rejects.toMatchObject({
      code: "signInRequired",
      remedy: expect.stringContaining("Sign in again"),
    });
  });

  test("a wrong client secret", async () => {
    const client = running.clientOf({ ...running.apps.admin, clientSecret: "wrong" });
    await expect(client.getReferral("x")).rejects.toMatchObject({
      code: "signInFailed",
      message: expect.stringContaining("AADSTS7000215"),
    });
  });
});
