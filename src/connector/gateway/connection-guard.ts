import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { ReferralsError } from "../../contract/index.ts";
import type { Throttle } from "../../http/index.ts";
import type { Connection } from "./connections.ts";
import type { TokenBook } from "./token-book.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The connection that a call is made with. */
    referralsConnection: Connection | undefined;
  }
}

/** What admits calls. */
export interface ConnectionGuardOptions {
  readonly tokens: TokenBook;
  /** Counts the calls of each connection; none unless given. */
  readonly throttle?: Throttle;
  /** Told of each connection that calls. */
  readonly onCall?: (connection: Connection) => void;
}

/** In these, where they are sent, the platform names the user of an app and that user's tenant. */
const callerHeaders = { user: "x-ms-client-object-id", tenant: "x-ms-client-tenant-id" } as const;

const isOther = (given: string | string[] | undefined, expected: string): boolean =>
  given !== undefined && String(given).toLowerCase() !== expected.toLowerCase();

/**
 * A shared app would call with its author's connection in somebody else's name. These headers can
 * only take rights away: who leaves them out still needs the connection's own token.
 */
function assertOwnCall(request: FastifyRequest, connection: Connection): void {
  const { headers } = request.raw;
  const isForeign =
    isOther(headers[callerHeaders.user], connection.userId) ||
    isOther(headers[callerHeaders.tenant], connection.tenantId);
  if (isForeign) throw new ReferralsError("connectionNotShareable");
}

/** The connection of an admitted call. */
export function connectionOf(request: FastifyRequest): Connection {
  const connection = request.referralsConnection;
  if (!connection) throw new ReferralsError("unauthenticated");
  return connection;
}

/**
 * An onRequest hook: finds the connection that the token is of or answers 401, refuses another
 * person's use with 403, and counts the call or answers 429 with Retry-After.
 */
export function connectionGuard(options: ConnectionGuardOptions) {
  const { tokens, throttle, onCall } = options;

  function admit(request: FastifyRequest, reply: FastifyReply, connection: Connection): void {
    const { id, tenantId, userId, clientId } = connection;
    request.referralsConnection = connection;
    request.principal = {
      organizationId: tenantId,
      userId,
      clientId,
      roles: [],
      connectionKey: id,
    };
    reply.header("x-connection-id", id);
    assertOwnCall(request, connection);
    const waitS = throttle === undefined ? 0 : throttle.take(id);
    if (waitS > 0) throw new ReferralsError("tooManyRequests", { retryAfterMs: waitS * 1000 });
    onCall?.(connection);
  }

  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const refuse = (error: unknown): void => {
      if (error instanceof ReferralsError && error.status === 401) {
        reply.header("www-authenticate", 'Bearer realm="partner-referrals gateway"');
      }
      done(error as Error);
    };
    const enter = (connection: Connection): void => {
      try {
        admit(request, reply, connection);
      } catch (error) {
        refuse(error);
        return;
      }
      done();
    };
    const authorization = request.raw.headers.authorization;
    if (authorization === undefined) {
      refuse(new ReferralsError("unauthenticated"));
      return;
    }
    const known = tokens.recall(authorization);
    if (known) enter(known);
    else tokens.connectionOf(authorization).then(enter, refuse);
  };
}
