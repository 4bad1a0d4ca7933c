import type { Http, HttpRequest, HttpResponse, Random } from "../../src/runtime/index.ts";
import {
  errorAnswer,
  type HttpHabits,
  handleReferralsRequest,
  type ReferralsModel,
  type Scheduler,
  tokenOf,
} from "../../test/simulation/index.ts";

/** One call as it arrived at the referrals service. */
export interface ArrivedCall {
  readonly at: number;
  readonly method: HttpRequest["method"];
  readonly url: string;
  readonly status: number;
}

/** What lies between the engine and the model service. */
export interface NetworkOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly model: ReferralsModel;
  readonly habits: HttpHabits;
  /** Arrivals in any 60 s that the service serves; one more is answered with 429. */
  readonly callsPerMinute: number;
  readonly onArrival: (call: ArrivedCall) => void;
}

const windowMs = 60_000;

/** Milliseconds of one way, as far apart as over the internet. */
const latencyMs = { least: 15, spread: 80 };

/** A network without faults to a service that counts arrivals and keeps its ceiling strictly. */
export function strictNetwork(options: NetworkOptions): Http {
  const { scheduler, random, model, habits, callsPerMinute, onArrival } = options;
  const served: number[] = [];
  const latency = (): number => latencyMs.least + Math.floor(random.fraction() * latencyMs.spread);

  const arrive = (request: HttpRequest): HttpResponse => {
    const now = scheduler.now();
    while (served[0] !== undefined && served[0] <= now - windowMs) served.shift();
    if (served.length >= callsPerMinute) {
      const seconds = Math.ceil(((served[0] ?? now) + windowMs - now) / 1000);
      const headers = { "retry-after": String(seconds) };
      return errorAnswer(429, "tooManyRequests", "the ceiling is reached", headers);
    }
    served.push(now);
    const organisation = tokenOf(request)?.organisation ?? "";
    return handleReferralsRequest(model, organisation, request, habits);
  };
  return (request) =>
    new Promise((resolve) => {
      scheduler.after(latency(), () => {
        const response = arrive(request);
        const { method, url } = request;
        onArrival({ at: scheduler.now(), method, url, status: response.status });
        scheduler.after(latency(), () => resolve(response));
      });
    });
}
