import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { FastifyServerFactory } from "fastify";

/**
 * Looks at a request before the router does. It either answers the request, or has done nothing
 * that anybody could notice and calls `handOn`, at once or later: then the routes answer.
 */
export type Lane = (request: IncomingMessage, response: ServerResponse, handOn: () => void) => void;

/** What the server with a lane needs to know. */
export interface LaneOptions {
  readonly lane: Lane;
  /** True once no new request is expected: then the routes answer all, and end the connections. */
  readonly isClosing: () => boolean;
  /** Milliseconds. */
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
}

/** Makes Fastify's server with a lane in front of its router. */
export function laneBeforeRouting(options: LaneOptions): FastifyServerFactory {
  const { lane, isClosing, requestTimeout, keepAliveTimeout } = options;
  return (route) => {
    // Without it, node takes every request that has no body through the life of an empty stream.
    const server = createServer({ optimizeEmptyRequests: true }, (request, response) => {
      if (isClosing()) route(request, response);
      else lane(request, response, () => route(request, response));
    });
    return Object.assign(server, { requestTimeout, keepAliveTimeout });
  };
}
