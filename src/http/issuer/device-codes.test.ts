import { decodeJwt } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { api, type IssuerFixture, startIssuer } from "./issuer-suite.ts";

let issuer: IssuerFixture;

beforeEach(async () => {
  issuer = await startIssuer();
});

afterEach(() => issuer.close());

const begin = async () =>
  (
    await issuer.post("/oauth2/v2.0/devicecode", {
      client_id: "public",
      scope: `${api}/.default offline_access openid`,
    })
  ).body;

const poll = (deviceCode: string) =>
  issuer.post("/oauth2/v2.0/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: "public",
    device_code: deviceCode,
  });

const decide = (userCode: string, decision: string, extra: Record<string, string> = {}) =>
  issuer.post("/devicelogin", { user_code: userCode, decision, user_id: "uwe", ...extra });

test("a device gets tokens once its user has entered the code and signed in", async () => {
  const started = await begin();
  expect(started.user_code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
  expect((await poll(started.device_code)).body.error).toBe("authorization_pending");

  const page = await issuer.post("/devicelogin", { user_code: started.user_code.toLowerCase() });
  expect(page.text).toContain("Uwe Useful");
  expect((await decide(started.user_code, "accept", { mfa: "1" })).text).toContain("Signed in");

  const { body } = await poll(started.device_code);
  expect(decodeJwt(body.access_token)).toMatchObject({ oid: "uwe", amr: ["pwd", "mfa"] });
  expect(body.refresh_token).toEqual(expect.any(String));
  expect((await poll(started.device_code)).body.error).toBe("bad_verification_code");
});

test("a device that asks too often is told to slow down, five seconds more each time", async () => {
  const { device_code: code, interval } = await begin();
  expect((await poll(code)).body.error).toBe("authorization_pending");
  issuer.clock.advance(interval * 1000 - 1);
  expect((await poll(code)).body.error).toBe("slow_down");
  issuer.clock.advance(interval * 1000);
  expect((await poll(code)).body.error).toBe("slow_down");
  issuer.clock.advance((interval + 10) * 1000);
  expect((await poll(code)).body.error).toBe("authorization_pending");
});

test("a declined sign-in is told as such", async () => {
  const started = await begin();
  await decide(started.user_code, "decline");
  expect((await poll(started.device_code)).body.error).toBe("authorization_declined");
});

test("an expired code is told apart from one that never was", async () => {
  const started = await begin();
  issuer.clock.advance(900_000);
  expect((await decide(started.user_code, "accept")).text).toContain("expired");
  expect((await poll(started.device_code)).body.error).toBe("expired_token");
  expect((await poll("made-up")).body.error).toBe("bad_verification_code");
});

test("a code is decided once: the second decision changes nothing", async () => {
  const started = await begin();
  await decide(started.user_code, "accept");
  await decide(started.user_code, "decline");
  expect((await poll(started.device_code)).status).toBe(200);
});

test("another client can't redeem the code", async () => {
  const started = await begin();
  await decide(started.user_code, "accept");
  const { body } = await issuer.post("/oauth2/v2.0/token", {
    grant_type: "device_code",
    client_id: "confidential",
    client_secret: "s3cret",
    device_code: started.device_code,
  });
  expect(body.error).toBe("bad_verification_code");
});

test("user codes can't be guessed quickly: the address waits after twenty tries", async () => {
  for (let index = 0; index < 20; index += 1) {
    expect((await issuer.post("/devicelogin", { user_code: "WRONG" })).status).toBe(200);
  }
  const refused = await issuer.post("/devicelogin", { user_code: "WRONG" });
  expect(refused.status).toBe(429);
  expect(refused.headers["retry-after"]).toBe("60");
});
