import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ReferralsError } from "../contract/index.ts";
import type { FaultInjector } from "./fault-profile.ts";

type Ending = "hang" | "reset";

function endingAfter(injector: FaultInjector): Ending | undefined {
  if (injector.strikes("resetAfter")) return "reset";
  return injector.strikes("timeoutAfter") ? "hang" : undefined;
}

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

/** Lets the handler do its work and takes its answer away, at no cost for the calls it spares. */
function swallowAnswer(reply: FastifyReply, onAnswer: () => void): void {
  const { raw } = reply;
  raw.writeHead = () => {
    onAnswer();
    return raw;
  };
  raw.write = () => true;
  raw.end = () => raw;
}

/**
 * Lets a fault profile strike the routes of a scope. Before the handler: latency, 429, 500,
 * time-out, reset. After it has done its work: time-out and reset, in which the caller can't know
 * whether the change was made.
 */
export function injectFaults(scope: FastifyInstance, injector: FaultInjector): void {
  const strikeNow = (
    request: FastifyRequest,
    reply: FastifyReply,
    done: (error?: Error) => void,
  ): void => {
    const { profile } = injector;
    if (injector.strikes("resetBefore")) abandon(injector, request, "reset");
    else if (injector.strikes("timeoutBefore")) abandon(injector, request, "hang");
    else if (injector.strikes("tooManyRequests")) {
      done(new ReferralsError("tooManyRequests", { retryAfterMs: profile.retryAfterS * 1000 }));
    } else if (injector.strikes("serverError")) done(new ReferralsError("generalException"));
    else {
      const ending = endingAfter(injector);
      if (ending) swallowAnswer(reply, () => abandon(injector, request, ending));
      done();
    }
  };

  scope.addHook("onRequest", (request, reply, done) => {
    if (!injector.isActive) done();
    else if (injector.strikes("latency")) {
      injector.clock.sleep(injector.latencyMs()).then(() => strikeNow(request, reply, done), done);
    } else strikeNow(request, reply, done);
  });
}
