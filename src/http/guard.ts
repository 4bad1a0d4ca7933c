import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { ReferralsError } from "../contract/index.ts";
import type { Principal } from "./principal.ts";
import type { Throttle } from "./throttle.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** What stands before the routes of a protected scope. */
export interface GuardOptions {
  readonly verifier: TokenVerifier;
  /** Counts the calls of each key; none unless given. */
  readonly throttle?: Throttle;
  /** What the calls are counted by; the connection unless told. */
  readonly throttleKey?: (principal: Principal, request: FastifyRequest) => string;
}

const connectionOf = (principal: Principal): string => principal.connectionKey;

const scheme = 'Bearer realm="partner-referrals"';

function challenge(reply: FastifyReply, error: unknown): unknown {
  if (error instanceof ReferralsError && error.status === 401) {
    reply.header(
      "www-authenticate",
      `${scheme}, error="invalid_token", error_description="${error.message}"`,
    );
  }
  return error;
}

/**
 * An onRequest hook: sets `request.principal` or answers 401, then counts the call or answers 429
 * with Retry-After. It waits for nothing where the token has been seen before.
 */
export function guard(options: GuardOptions) {
  const { verifier, throttle, throttleKey = connectionOf } = options;
  const admit = (
    principal: Principal,
    request: FastifyRequest,
    done: HookHandlerDoneFunction,
  ): void => {
    request.principal = principal;
    const waitS = throttle === undefined ? 0 : throttle.take(throttleKey(principal, request));
    if (waitS === 0) done();
    else done(new ReferralsError("tooManyRequests", { retryAfterMs: waitS * 1000 }));
  };
  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const refuse = (error: unknown): void => done(challenge(reply, error) as Error);
    const authorization = request.raw.headers.authorization;
    if (authorization === undefined) {
      reply.header("www-authenticate", scheme);
      done(new ReferralsError("unauthenticated"));
      return;
    }
    let known: Principal | undefined;
    try {
      known = verifier.recall(authorization);
    } catch (error) {
      refuse(error);
      return;
    }
    if (known !== undefined) admit(known, request, done);
    else verifier.verify(authorization).then((found) => admit(found, request, done), refuse);
  };
}
