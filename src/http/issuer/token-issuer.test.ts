import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../storage/index.ts";
import {
  api,
  type IssuerFixture,
  obtainCode,
  redeem,
  startIssuer,
  stillClock,
  tenantId,
} from "./issuer-suite.ts";

let issuer: IssuerFixture;

beforeEach(async () => {
  issuer = await startIssuer();
});

afterEach(() => issuer.close());

const credentials = {
  grant_type: "client_credentials",
  client_id: "confidential",
  client_secret: "s3cret",
  scope: `${api}/.default`,
};

describe("client credentials", () => {
  test("a client's own token names its service user and is accepted by the verifier", async () => {
    const { status, body, headers } = await issuer.post("/oauth2/v2.0/token", credentials);
    expect(status).toBe(200);
    expect(headers["cache-control"]).toBe("no-store");
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    expect(body.refresh_token).toBeUndefined();
    expect(await issuer.verifier.verify(`Bearer ${body.access_token}`)).toEqual({
      organizationId: tenantId,
      userId: "ada",
      clientId: "confidential",
      roles: ["Referrals admin"],
      connectionKey: `${tenantId} confidential ada`,
    });
  });

  test("the v1 address with a resource parameter works alike", async () => {
    const { scope: _, ...rest } = credentials;
    const { body } = await issuer.post(`/${tenantId}/oauth2/token`, { ...rest, resource: api });
    expect(decodeJwt(body.access_token)).toMatchObject({ aud: api, tid: tenantId, oid: "ada" });
  });

  test("a secret in the Authorization header is taken as well", async () => {
    const answer = await issuer.server.inject({
      method: "POST",
      url: "/oauth2/v2.0/token",
      headers: {
        authorization: `Basic ${Buffer.from("confidential:s3cret").toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      payload: "grant_type=client_credentials",
    });
    expect(answer.statusCode).toBe(200);
  });

  test.each([
    [{ client_secret: "wrong" }, 401, "invalid_client", 7000215],
    [{ client_secret: "" }, 401, "invalid_client", 7000218],
    [{ client_id: "nobody" }, 400, "unauthorized_client", 700016],
    [{ client_id: "" }, 400, "invalid_request", 900144],
    [{ grant_type: "password" }, 400, "unsupported_grant_type", 70003],
    [{ scope: "https://graph.example/.default" }, 400, "invalid_scope", 70011],
    [{ resource: "https://graph.example" }, 400, "invalid_resource", 500011],
  ])("%j is refused with status %i, %s, AADSTS%i", async (change, status, error, number) => {
    const answer = await issuer.post("/oauth2/v2.0/token", { ...credentials, ...change });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ error, error_codes: [number] });
    expect(answer.body.error_description).toContain(`AADSTS${number}`);
    expect(answer.text).not.toContain("s3cret");
  });

  test("another tenant's address doesn't know the client", async () => {
    const { body } = await issuer.post("/another-tenant/oauth2/v2.0/token", credentials);
    expect(body).toMatchObject({ error: "unauthorized_client", error_codes: [700016] });
  });

  test("a parameter given twice, or a body that is no form, is a malformed request", async () => {
    const send = (payload: string, contentType: string) =>
      issuer.server.inject({
        method: "POST",
        url: "/oauth2/v2.0/token",
        headers: { "content-type": contentType },
        payload,
      });
    const form = "application/x-www-form-urlencoded";
    expect((await send("client_id=a&client_id=b", form)).json().error).toBe("invalid_request");
    expect((await send("x", "text/plain")).json().error).toBe("invalid_request");
  });
});

describe("authorization code", () => {
  test("the sign-in page lists the tenant's users and carries the request along", async () => {
    const query = new URLSearchParams({
      client_id: "confidential",
      redirect_uri: "https://app.example/back",
      response_type: "code",
      state: '"><script>',
      login_hint: "uwe@example.com",
    });
    const page = await issuer.server.inject(`/oauth2/v2.0/authorize?${query}`);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain("Ada Ample");
    expect(page.body).toMatch(/value="uwe" checked/);
    expect(page.body).toContain('value="&quot;&gt;&lt;script&gt;"');
    expect(page.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  });

  test("a code with its verifier gives access, identity and refresh tokens, once", async () => {
    const code = await obtainCode(issuer, { nonce: "n1" });
    const { body } = await redeem(issuer, code);
    expect(decodeJwt(body.id_token)).toMatchObject({
      iss: `https://sandbox.example/${tenantId}/v2.0`,
      aud: "public",
      nonce: "n1",
      preferred_username: "ada@example.com",
    });
    expect(decodeJwt(body.access_token)).toMatchObject({ amr: ["pwd", "mfa"] });
    expect((await redeem(issuer, code)).body).toMatchObject({ error: "invalid_grant" });
  });

  test.each([
    [{ code_verifier: "another-one" }, 501481],
    [{ redirect_uri: "http://localhost:4712/back" }, 70000],
  ])("a code is not redeemed with %j", async (change, number) => {
    const answer = await redeem(issuer, await obtainCode(issuer), change);
    expect(answer.body).toMatchObject({ error: "invalid_grant", error_codes: [number] });
  });

  test("a code older than five minutes is refused", async () => {
    const code = await obtainCode(issuer);
    issuer.clock.advance(300_000);
    expect((await redeem(issuer, code)).body.error).toBe("invalid_grant");
  });

  test("an unregistered redirect URI is shown an error and never called", async () => {
    const { status, headers } = await issuer.post("/oauth2/v2.0/authorize", {
      client_id: "public",
      redirect_uri: "https://evil.example/",
    });
    expect(status).toBe(400);
    expect(headers.location).toBeUndefined();
  });

  test("without PKCE a public client is sent back with an error and its state", async () => {
    const { headers } = await issuer.post("/oauth2/v2.0/authorize", {
      client_id: "public",
      redirect_uri: "http://localhost/back",
      response_type: "code",
      state: "kept",
    });
    const location = new URL(String(headers.location));
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      error: "invalid_request",
      state: "kept",
    });
  });

  test("a user who cancels is told to the app as access_denied", async () => {
    const { headers } = await issuer.post("/oauth2/v2.0/authorize", {
      client_id: "confidential",
      redirect_uri: "https://app.example/back",
      response_type: "code",
      decision: "decline",
      user_id: "ada",
    });
    expect(String(headers.location)).toContain("error=access_denied");
  });
});

describe("refresh token", () => {
  const refresh = (token: string) =>
    issuer.post("/oauth2/v2.0/token", {
      grant_type: "refresh_token",
      client_id: "public",
      refresh_token: token,
    });

  test("each use gives a new refresh token; the old one ends after its grace", async () => {
    const first = (await redeem(issuer, await obtainCode(issuer))).body.refresh_token;
    const second = (await refresh(first)).body;
    expect(second.refresh_token).not.toBe(first);
    expect(decodeJwt(second.access_token)).toMatchObject({ oid: "ada", amr: ["pwd", "mfa"] });
    expect((await refresh(first)).status).toBe(200);
    issuer.clock.advance(31_000);
    expect((await refresh(first)).body).toMatchObject({ error: "invalid_grant" });
  });

  test("a used token that comes back late ends every token of its family", async () => {
    const first = (await redeem(issuer, await obtainCode(issuer))).body.refresh_token;
    const second = (await refresh(first)).body.refresh_token;
    issuer.clock.advance(31_000);
    await refresh(first);
    expect((await refresh(second)).body).toMatchObject({ error_codes: [700082] });
  });

  test("another client can't use it", async () => {
    const first = (await redeem(issuer, await obtainCode(issuer))).body.refresh_token;
    const { body } = await issuer.post("/oauth2/v2.0/token", {
      ...credentials,
      grant_type: "refresh_token",
      refresh_token: first,
    });
    expect(body).toMatchObject({ error: "invalid_grant", error_codes: [70000] });
  });

  test("it ends after 90 days without use", async () => {
    const first = (await redeem(issuer, await obtainCode(issuer))).body.refresh_token;
    issuer.clock.advance(90 * 86_400_000);
    expect((await refresh(first)).body).toMatchObject({ error_codes: [700082] });
  });

  test("keys and refresh tokens survive a restart of the issuer", async () => {
    const database = await openDatabase(":memory:");
    const clock = stillClock();
    const before = await startIssuer({ database, clock });
    const { body } = await redeem(before, await obtainCode(before));
    await before.close();
    const after = await startIssuer({ database, clock });
    const principal = await after.verifier.verify(`Bearer ${body.access_token}`);
    expect(principal.userId).toBe("ada");
    const renewed = await after.post("/oauth2/v2.0/token", {
      grant_type: "refresh_token",
      client_id: "public",
      refresh_token: body.refresh_token,
    });
    expect(renewed.status).toBe(200);
    await after.close();
    await database.close();
  });
});
