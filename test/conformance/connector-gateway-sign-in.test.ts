import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/runtime/index.ts";
import {
  ask,
  challengeOf,
  chooseOnPage,
  consentRedirect,
  type RunningGateway,
  runGateway,
} from "./running-gateway.ts";

const base = "/v1.0/engagements/referrals";
const loopback = "http://127.0.0.1/done";
const verifier = "a-verifier-of-at-least-forty-three-characters";

let running: RunningGateway;
let skippedMs = 0;
beforeAll(async () => {
  running = await runGateway({
    callLimit: 100_000,
    clock: { ...systemClock, now: () => systemClock.now() + skippedMs },
    clients: [{ clientId: "native", redirectUris: [loopback] }],
  });
});
afterAll(() => running.close());

const admin = () => running.service.apps.admin;
const platform = () => ({ client_id: "power-platform", client_secret: running.clientSecret });
const authorize = (parameters: Readonly<Record<string, string>>) =>
  ask(`${running.gateway.urls.authorizationUrl}?${new URLSearchParams(parameters)}`);
const ordinary = {
  client_id: "power-platform",
  redirect_uri: consentRedirect,
  response_type: "code",
  state: "s",
};

describe("the way to a connection", () => {
  test("leads over the issuer behind the gateway back to Power Platform, state kept", async () => {
    const begun = await authorize(ordinary);
    expect(begun.status).toBe(303);
    const issuer = new URL(begun.headers.get("location") ?? "");
    expect(issuer.origin).toBe(running.service.urls.baseUrl);
    expect(issuer.searchParams.get("redirect_uri")).toBe(running.gateway.urls.callbackUrl);
    expect(issuer.searchParams.get("code_challenge_method")).toBe("S256");
    const back = await running.signIn(admin());
    expect(`${back.origin}${back.pathname}`).toBe(consentRedirect);
    expect(back.searchParams.get("state")).toBe("of the platform");
    expect(back.searchParams.get("code")).toMatch(/^[\w-]{43}$/);
  });

  test("works without PKCE for Power Platform, with it for an app without a secret", async () => {
    const tokens = await running.connect();
    expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    const challenge = { code_challenge: challengeOf(verifier), code_challenge_method: "S256" };
    const redirect_uri = "http://127.0.0.1:50123/done";
    const native = { client_id: "native", redirect_uri, ...challenge };
    const code = (await running.signIn(admin(), native)).searchParams.get("code") ?? "";
    const grant = { grant_type: "authorization_code", client_id: "native", code, redirect_uri };
    expect((await running.token({ ...grant, code_verifier: "wrong" })).body.error).toBe(
      "invalid_grant",
    );
    const again = (await running.signIn(admin(), native)).searchParams.get("code") ?? "";
    const { status } = await running.token({ ...grant, code: again, code_verifier: verifier });
    expect(status).toBe(200);
  });

  test("authenticates the platform by Basic too", async () => {
    const code = (await running.signIn(admin())).searchParams.get("code") ?? "";
    const { client_id, client_secret } = platform();
    const basic = Buffer.from(`${client_id}:${client_secret}`).toString("base64");
    const { status } = await ask(running.gateway.urls.tokenUrl, {
      method: "POST",
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code,
        redirect_uri: consentRedirect,
      }),
    });
    expect(status).toBe(200);
  });

  test("tells where it leads (RFC 8414)", async () => {
    const { baseUrl, tokenUrl } = running.gateway.urls;
    const { body } = await ask(`${baseUrl}/.well-known/oauth-authorization-server`);
    expect(body).toMatchObject({ issuer: baseUrl, token_endpoint: tokenUrl });
  });
});

describe("what is refused", () => {
  test.each([
    ["an unknown app", { client_id: "stranger" }],
    ["an address that isn't the app's", { redirect_uri: "https://evil.example/steal" }],
    ["no app at all", { client_id: "" }],
  ])("%s is told on a page, and no browser is sent there", async (_what, wrong) => {
    const answer = await authorize({ ...ordinary, ...wrong });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(answer.text).not.toContain("evil.example");
  });

  test.each([
    ["another response type", { response_type: "token" }, "unsupported_response_type"],
    [
      "a plain challenge",
      { code_challenge: "x", code_challenge_method: "plain" },
      "invalid_request",
    ],
  ])("%s is told to the app at its address", async (_what, wrong, error) => {
    const location = new URL(
      (await authorize({ ...ordinary, ...wrong })).headers.get("location") ?? "",
    );
    expect(`${location.origin}${location.pathname}`).toBe(consentRedirect);
    expect(location.searchParams.get("error")).toBe(error);
    expect(location.searchParams.get("state")).toBe("s");
  });

  test("an app without a secret needs PKCE", async () => {
    const answer = await authorize({ ...ordinary, client_id: "native", redirect_uri: loopback });
    expect(answer.headers.get("location")).toContain("error=invalid_request");
  });

  test("a declined sign-in comes back as access_denied, and makes no connection", async () => {
    const before = await connectionCount();
    const begun = await authorize(ordinary);
    const cookie = begun.headers.get("set-cookie")?.split(";")[0] ?? "";
    const decision = { decision: "decline" };
    const back = await chooseOnPage(begun.headers.get("location") ?? "", admin(), decision);
    const finished = await ask(back, { headers: { cookie } });
    expect(finished.headers.get("location")).toContain("error=access_denied");
    expect(await connectionCount()).toBe(before);
  });

  test("a sign-in that another browser began can't be finished", async () => {
    const begun = await authorize(ordinary);
    const back = await chooseOnPage(begun.headers.get("location") ?? "", admin());
    expect((await ask(back)).status).toBe(400);
    const cookie = begun.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await ask(back, { headers: { cookie } })).status).toBe(400);
  });

  test("a code serves once, for its own app and address, and not for long", async () => {
    const codeNow = async () => (await running.signIn(admin())).searchParams.get("code") ?? "";
    const redeem = (code: string, more = {}) =>
      running.token({
        ...platform(),
        grant_type: "authorization_code",
        code,
        redirect_uri: consentRedirect,
        ...more,
      });
    const code = await codeNow();
    expect((await redeem(code)).status).toBe(200);
    expect((await redeem(code)).body.error).toBe("invalid_grant");
    const other = { redirect_uri: `${consentRedirect}/other` };
    expect((await redeem(await codeNow(), other)).body.error).toBe("invalid_grant");
    const late = await codeNow();
    skippedMs += 301_000;
    expect((await redeem(late)).body.error).toBe("invalid_grant");
  });

  test.each([
    ["a wrong secret", { client_secret: "guess" }, 401, "invalid_client"],
    ["another grant", { grant_type: "password" }, 400, "unsupported_grant_type"],
    ["a missing grant", { grant_type: "" }, 400, "invalid_request"],
    ["an unknown refresh token", { refresh_token: "x".repeat(43) }, 400, "invalid_grant"],
  ])("%s is answered as OAuth says", async (_what, wrong, status, error) => {
    const form = { ...platform(), grant_type: "refresh_token", refresh_token: "r", ...wrong };
    const answer = await running.token(form);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });
});

const health = async () => {
  const { adminUrl } = running.gateway.urls;
  const headers = { authorization: `Bearer ${running.gateway.adminSecret}` };
  return (await ask(`${adminUrl}/connections`, { headers })).body.connections;
};
const connectionCount = async (): Promise<number> => (await health()).length;

describe("tokens", () => {
  test("end after an hour and are renewed by the refresh token, which stays", async () => {
    const tokens = await running.connect();
    skippedMs += 3_700_000;
    expect((await running.call(tokens, `${base}?$top=1`)).status).toBe(401);
    const grant = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
    const renewed = await running.token({ ...platform(), ...grant });
    expect(renewed.body.refresh_token).toBe(tokens.refresh_token);
    expect((await running.call(renewed.body, `${base}?$top=1`)).status).toBe(200);
  });

  test("of one app are of no use to another", async () => {
    const { refresh_token } = await running.connect();
    const { body } = await running.token({
      client_id: "native",
      grant_type: "refresh_token",
      refresh_token,
    });
    expect(body.error).toBe("invalid_grant");
  });

  test("are revoked with their connection, by the platform (RFC 7009)", async () => {
    const tokens = await running.connect();
    const before = await connectionCount();
    const form = new URLSearchParams({ ...platform(), token: tokens.refresh_token });
    const revokeUrl = `${running.gateway.urls.baseUrl}/oauth/revoke`;
    expect((await ask(revokeUrl, { method: "POST", body: form })).status).toBe(200);
    expect((await running.call(tokens, `${base}?$top=1`)).status).toBe(401);
    const grant = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
    expect((await running.token({ ...platform(), ...grant })).body.error).toBe("invalid_grant");
    expect(await connectionCount()).toBe(before - 1);
  });

  test("are revoked by their person, and by the operator", async () => {
    const [mine, other] = [await running.connect(), await running.connect()];
    const { id } = (await running.call(other, "/connections/current")).body;
    const ended = await running.call(mine, "/connections/current", { method: "DELETE" });
    expect(ended.status).toBe(204);
    expect((await running.call(mine, `${base}?$top=1`)).status).toBe(401);
    const { adminUrl } = running.gateway.urls;
    const headers = { authorization: `Bearer ${running.gateway.adminSecret}` };
    const byOperator = await ask(`${adminUrl}/connections/${id}`, { method: "DELETE", headers });
    expect(byOperator.status).toBe(204);
    expect((await running.call(other, `${base}?$top=1`)).status).toBe(401);
    expect((await ask(`${adminUrl}/connections`)).status).toBe(401);
  });
});

describe("health", () => {
  test("tells that a connection works, and how long its sign-in lasts", async () => {
    const tokens = await running.connect();
    await running.call(tokens, `${base}?$top=1`);
    const { body } = await running.call(tokens, "/connections/current");
    expect(body).toMatchObject({ state: "healthy", organizationId: admin().organizationId });
    expect(body.signInDaysLeft).toBeGreaterThan(80);
    expect(body.lastCallAt).toEqual(expect.any(String));
  });

  test("tells why a person must sign in again, and that it works again", async () => {
    const begun = await authorize(ordinary);
    const cookie = begun.headers.get("set-cookie")?.split(";")[0] ?? "";
    const page = begun.headers.get("location") ?? "";
    const back = await chooseOnPage(page, admin(), { mfa: "" });
    const finished = await ask(back, { headers: { cookie } });
    const code = new URL(finished.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const grant = { grant_type: "authorization_code", code, redirect_uri: consentRedirect };
    const weak = (await running.token({ ...platform(), ...grant })).body;
    const look = async () => (await running.call(weak, "/connections/current")).body;

    await running.service.play("/mfa", { required: true });
    const refused = [await running.call(weak, base), await running.call(weak, base)];
    expect(refused.map(({ status, body }) => [status, body.error.code])).toEqual([
      [401, "900421"],
      [401, "900421"],
    ]);
    expect(await look()).toMatchObject({ state: "needs sign-in", problem: "mfaRequired" });
    const warnings = running.logged.filter((line) => line.includes("needs its person"));
    expect(warnings).toHaveLength(1);

    await running.service.play("/mfa", { required: false });
    expect((await running.call(weak, `${base}?$top=1`)).status).toBe(200);
    expect((await look()).state).toBe("healthy");
  });
});
