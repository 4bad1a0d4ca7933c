import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Log } from "../runtime/index.ts";
import type { Metrics } from "./metrics.ts";
import type { Principal } from "./principal.ts";

/** What `/healthz`, `/readyz` and `/metrics` tell of. */
export interface OperationsRoutesOptions {
  readonly metrics: Metrics;
  /** By name, what must work for the server to be of use; a rejection means that it doesn't. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
}

async function outcomesOf(checks: OperationsRoutesOptions["checks"]) {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const isFine = await check().then(
        () => true,
        () => false,
      );
      return [name, isFine ? "ok" : "failed"] as const;
    }),
  );
  return Object.fromEntries(outcomes);
}

/**
 * Adds `/healthz` (the process runs), `/readyz` (it can do its work and isn't stopping) and
 * `/metrics`.
 */
export function addOperationsRoutes(
  server: FastifyInstance,
  options: OperationsRoutesOptions,
): void {
  let isStopping = false;
  server.addHook("preClose", (done) => {
    isStopping = true;
    done();
  });
  server.get("/healthz", async () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    const checks = await outcomesOf(options.checks);
    const isReady = !isStopping && Object.values(checks).every((outcome) => outcome === "ok");
    reply.code(isReady ? 200 : 503);
    return { status: isReady ? "ready" : isStopping ? "stopping" : "not ready", checks };
  });
  server.get("/metrics", async (_request, reply) => {
    const { registry } = options.metrics;
    return reply.header("content-type", registry.contentType).send(await registry.metrics());
  });
}

/** Who is told of answered requests. */
export interface RequestObservers {
  readonly metrics?: Metrics;
  readonly log?: Log;
}

/** A request that has been answered. */
export interface AnsweredRequest {
  readonly request: IncomingMessage;
  /** The route's pattern. */
  readonly route: string;
  readonly status: number;
  readonly elapsedMs: number;
  readonly requestId: string;
  readonly principal: Principal | undefined;
}

/**
 * Records an answered request: its duration in the metrics, and one log line with method, route
 * pattern, status, milliseconds and ids. Addresses, query strings and bodies are left out: they may
 * be personal.
 */
export function recordRequest(observers: RequestObservers, answered: AnsweredRequest): void {
  const { metrics, log } = observers;
  const { request, route, status, elapsedMs, requestId, principal } = answered;
  const { method = "" } = request;
  metrics?.observeRequest(method, route, status, elapsedMs / 1000);
  log?.info(
    {
      method,
      route,
      status,
      ms: Math.round(elapsedMs * 10) / 10,
      requestId,
      correlationId: request.headers["ms-correlationid"],
      organizationId: principal?.organizationId,
      clientId: principal?.clientId,
    },
    "answered a request",
  );
}

/** Records every request that the server's routes answer. */
export function observeRequests(server: FastifyInstance, observers: RequestObservers): void {
  server.addHook("onResponse", (request, reply, done) => {
    recordRequest(observers, {
      request: request.raw,
      route: request.routeOptions.url ?? "unknown",
      status: reply.statusCode,
      elapsedMs: reply.elapsedTime,
      requestId: request.id,
      principal: request.principal,
    });
    done();
  });
}
