import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ReferralsError } from "../contract/index.ts";
import type { FaultInjector } from "./fault-profile.ts";

type Ending = "hang" | "reset";

/** Leaves a call without an answer. */
function abandon(injector: FaultInjector, request: FastifyRequest, ending: Ending): void {
  const { socket } = request.raw;
  if (ending === "reset") {
    socket.resetAndDestroy();
    return;
  }
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  injector.clock.sleep(injector.profile.hangMs, closed.signal).then(
    () => socket.destroy(),
    () => {},
  );
}

function dropPayload(payload: unknown): void {
  (payload as Readable | null)?.destroy?.();
}

/**
 * Lets a fault profile strike the routes of a scope. Before the handler: latency, 429, 500,
 * time-out, reset. After it has done its work: time-out and reset, in which the caller can't know
 * whether the change was made.
 */
export function injectFaults(scope: FastifyInstance, injector: FaultInjector): void {
  const endings = new WeakMap<FastifyRequest, Ending>();

  const strikeNow = (request: FastifyRequest, done: (error?: Error) => void): void => {
    const { profile } = injector;
    if (injector.strikes("resetBefore")) abandon(injector, request, "reset");
    else if (injector.strikes("timeoutBefore")) abandon(injector, request, "hang");
    else if (injector.strikes("tooManyRequests")) {
      done(new ReferralsError("tooManyRequests", { retryAfterMs: profile.retryAfterS * 1000 }));
    } else if (injector.strikes("serverError")) done(new ReferralsError("generalException"));
    else {
      if (injector.strikes("resetAfter")) endings.set(request, "reset");
      else if (injector.strikes("timeoutAfter")) endings.set(request, "hang");
      done();
    }
  };

  scope.addHook("onRequest", (request, _reply, done) => {
    if (!injector.isActive) done();
    else if (injector.strikes("latency")) {
      injector.clock.sleep(injector.latencyMs()).then(() => strikeNow(request, done), done);
    } else strikeNow(request, done);
  });

  scope.addHook("onSend", (request: FastifyRequest, _reply: FastifyReply, payload, done) => {
    const ending = injector.isActive ? endings.get(request) : undefined;
    if (ending === undefined) return done();
    dropPayload(payload);
    abandon(injector, request, ending);
  });
}
