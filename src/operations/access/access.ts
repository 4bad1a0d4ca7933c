import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type OperatorSession, ReferralsError } from "../../contract/index.ts";
import type { Clock, Random } from "../../runtime/index.ts";
import type { DocumentStore } from "../../storage/index.ts";
import { parseInput } from "../input.ts";
import { type AccessOptions, isSignInRequired, type Operator } from "./access-options.ts";
import { createAttempts } from "./attempts.ts";
import { createOpenIdSignIn, signInMs } from "./open-id.ts";
import { isPassword, nobodysHash } from "./password.ts";
import { createSessions, sessionMs } from "./sessions.ts";

const sessionCookie = "referrals_session";
const stateCookie = "referrals_sign_in";
const credentials = z.strictObject({
  name: z.string().min(1).max(200),
  password: z.string().min(1).max(1_000),
});
/** What may be asked by somebody who hasn't signed in. */
const openPaths = /^\/api\/session(?:\/|$|\?)/;
const guardedPaths = /^\/(?:api|demonstration)\//;

/** What the guard needs. */
export interface AccessParts {
  readonly options: AccessOptions;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly environment: string;
}

const operators = new WeakMap<FastifyRequest, Operator>();

/** Who asks; undefined where nobody needs to sign in. */
export function operatorOf(request: FastifyRequest): string | undefined {
  return operators.get(request)?.name;
}

function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const parts = (request.headers.cookie ?? "").split(";").map((part) => part.trim());
  return parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}

interface CookieOptions {
  readonly maxAgeMs: number;
  readonly sameSite: "Strict" | "Lax";
  readonly isSecure: boolean;
}

function cookieText(name: string, value: string, options: CookieOptions): string {
  const { maxAgeMs, sameSite, isSecure } = options;
  const age = Math.floor(maxAgeMs / 1_000);
  const secure = isSecure ? "; Secure" : "";
  return `${name}=${value}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${age}${secure}`;
}

const isEqual = (left: string, right: string): boolean =>
  timingSafeEqual(
    createHash("sha256").update(left).digest(),
    createHash("sha256").update(right).digest(),
  );

/** Guards the API: who asks is known, and who only looks changes nothing. */
export function addAccess(server: FastifyInstance, parts: AccessParts): void {
  const { options, store, clock } = parts;
  const sessions = createSessions(store, parts);
  const isRequired = isSignInRequired(options);
  const isSecure = options.openId?.publicUrl.startsWith("https:") ?? false;

  async function identify(request: FastifyRequest): Promise<Operator | undefined> {
    const { authorization } = request.headers;
    const { serviceToken } = options;
    if (authorization !== undefined && serviceToken !== undefined) {
      if (!isEqual(authorization, `Bearer ${serviceToken}`)) return undefined;
      const name = String(request.headers["x-operator"] ?? "").slice(0, 200);
      return { name: name === "" ? "command line" : name, role: "operator" };
    }
    const token = cookieOf(request, sessionCookie);
    return token === undefined ? undefined : sessions.find(token);
  }

  server.addHook("onRequest", async (request) => {
    const operator = await identify(request);
    if (operator) operators.set(request, operator);
    if (!isRequired || openPaths.test(request.url) || !guardedPaths.test(request.url)) return;
    if (!operator) {
      throw new ReferralsError("unauthenticated", { message: "Sign in first." });
    }
    if (operator.role === "viewer" && request.method !== "GET") {
      const message = "You may look here, but not change anything: ask an operator.";
      throw new ReferralsError("accessDenied", { message });
    }
  });

  const begin = async (reply: FastifyReply, operator: Operator): Promise<void> => {
    const token = await sessions.begin(operator);
    const lasting = { maxAgeMs: sessionMs, sameSite: "Strict", isSecure } as const;
    reply.header("set-cookie", cookieText(sessionCookie, token, lasting));
  };

  server.get("/api/session", async (request): Promise<OperatorSession> => {
    const operator = operators.get(request);
    return {
      isRequired,
      canUsePassword: (options.users ?? []).length > 0,
      environment: parts.environment,
      ...(options.openId ? { openIdLabel: options.openId.label } : {}),
      ...(operator ?? {}),
    };
  });

  server.delete("/api/session", async (request, reply) => {
    const token = cookieOf(request, sessionCookie);
    if (token !== undefined) await sessions.end(token);
    const over = { maxAgeMs: 0, sameSite: "Strict", isSecure } as const;
    return reply
      .header("set-cookie", cookieText(sessionCookie, "", over))
      .send({ signedIn: false });
  });

  addPasswordRoute(server, parts, begin);
  if (options.openId) {
    const signIn = createOpenIdSignIn(options.openId, store);
    server.get("/api/session/openid", async (_request, reply) => {
      const { url, state } = await signIn.start(clock.now());
      const short = { maxAgeMs: signInMs, sameSite: "Lax", isSecure } as const;
      return reply.header("set-cookie", cookieText(stateCookie, state, short)).redirect(url);
    });
    server.get("/api/session/callback", async (request, reply) => {
      const mark = request.url.indexOf("?");
      const query = mark < 0 ? "" : request.url.slice(mark);
      const state = cookieOf(request, stateCookie) ?? "";
      await begin(reply, await signIn.finish(query, state));
      return reply.redirect("/");
    });
  }
}

function addPasswordRoute(
  server: FastifyInstance,
  { options, clock }: AccessParts,
  begin: (reply: FastifyReply, operator: Operator) => Promise<void>,
): void {
  const attempts = createAttempts(clock);
  server.post("/api/session", async (request, reply) => {
    const { name, password } = parseInput(credentials, request.body);
    const waitMs = attempts.waitMs(name, request.ip);
    if (waitMs > 0) {
      const message = "Too many tries with a wrong password: wait a quarter of an hour.";
      throw new ReferralsError("tooManyRequests", { message, retryAfterMs: waitMs });
    }
    const user = (options.users ?? []).find((one) => one.name === name);
    const isRight = await isPassword(password, user?.passwordHash ?? nobodysHash);
    if (!user || !isRight) {
      attempts.failed(name, request.ip);
      throw new ReferralsError("unauthenticated", { message: "Name or password is wrong." });
    }
    attempts.succeeded(name);
    await begin(reply, { name: user.name, role: user.role });
    return { name: user.name, role: user.role };
  });
}
