import Fastify from "fastify";
import { expect, test } from "vitest";
import { ReferralsError } from "../contract/index.ts";
import { type Clock, seededRandom, silentLog } from "../runtime/index.ts";
import { createServer } from "./create-server.ts";
import { guard } from "./guard.ts";
import type { Principal } from "./principal.ts";
import { Throttle } from "./throttle.ts";
import type { TokenVerifier } from "./token-verifier.ts";

const ada: Principal = {
  organizationId: "org",
  userId: "ada",
  clientId: "app",
  roles: [],
  connectionKey: "org app ada",
};

/** Knows one token at once, another after a while, and refuses the rest. */
const verifier: Pick<TokenVerifier, "recall" | "verify"> = {
  recall: (authorization) => (authorization === "Bearer known" ? ada : undefined),
  verify: async (authorization) => {
    if (authorization === "Bearer fresh") return { ...ada, connectionKey: "org app uwe" };
    throw new ReferralsError("unauthenticated", { message: "The access token has expired." });
  },
};

function serverWith(limit: number) {
  const time = { now: 0 };
  const clock: Clock = { now: () => time.now, sleep: async () => {} };
  const server = createServer({ clock, random: seededRandom(1), log: silentLog });
  const throttle = new Throttle({ clock, limit });
  server.register(async (scope) => {
    scope.addHook("onRequest", guard({ verifier: verifier as TokenVerifier, throttle }));
    scope.get("/me", async (request) => request.principal);
  });
  server.get("/open", async () => "open");
  const call = (authorization?: string) =>
    server.inject({ url: "/me", headers: authorization === undefined ? {} : { authorization } });
  return { server, call, time };
}

test("a handler sees who calls, whether the token was known or had to be verified", async () => {
  const { call } = serverWith(10);
  expect((await call("Bearer known")).json()).toEqual(ada);
  expect((await call("Bearer fresh")).json().connectionKey).toBe("org app uwe");
});

test("without a token the answer is 401 and names the scheme without an error", async () => {
  const answer = await serverWith(10).call();
  expect(answer.statusCode).toBe(401);
  expect(answer.headers["www-authenticate"]).toBe('Bearer realm="partner-referrals"');
  expect(answer.json()).toMatchObject({ error: { code: "unauthenticated" } });
});

test("with a refused token the challenge says why", async () => {
  const answer = await serverWith(10).call("Bearer old");
  expect(answer.statusCode).toBe(401);
  expect(answer.headers["www-authenticate"]).toBe(
    'Bearer realm="partner-referrals", error="invalid_token", ' +
      'error_description="The access token has expired."',
  );
});

test("over the limit a connection is answered 429, and after Retry-After it goes on", async () => {
  const { call, time } = serverWith(2);
  for (let index = 0; index < 2; index += 1) {
    expect((await call("Bearer known")).statusCode).toBe(200);
  }
  const refused = await call("Bearer known");
  expect(refused.statusCode).toBe(429);
  expect(refused.json()).toMatchObject({ error: { code: "tooManyRequests" } });
  expect((await call("Bearer fresh")).statusCode).toBe(200);
  time.now += Number(refused.headers["retry-after"]) * 1000;
  expect((await call("Bearer known")).statusCode).toBe(200);
});

test("a refused token spends no call, and an open route asks for none", async () => {
  const { server, call } = serverWith(1);
  await call("Bearer old");
  expect((await server.inject("/open")).statusCode).toBe(200);
  expect((await call("Bearer known")).statusCode).toBe(200);
});

test("the guard needs nothing of the kit but its hook", async () => {
  const server = Fastify();
  const throttle = new Throttle({ clock: { now: () => 0, sleep: async () => {} }, limit: 1 });
  server.addHook("onRequest", guard({ verifier: verifier as TokenVerifier, throttle }));
  server.get("/", async () => "in");
  const answer = await server.inject({ url: "/", headers: { authorization: "Bearer known" } });
  expect(answer.body).toBe("in");
});
