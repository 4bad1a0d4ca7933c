import type { TokenCredential } from "@azure/core-auth";
import { type Clock, type Http, HttpFailure, type HttpRequest } from "../../runtime/index.ts";

/**
 * One answer of a scripted server: a response, a failure, or something computed from the request.
 */
export type Step =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | HttpFailure["kind"]
  | ((request: HttpRequest) => Step);

/** An Http that answers by script and remembers what it was asked. */
export interface ScriptedHttp {
  readonly http: Http;
  readonly requests: HttpRequest[];
}

/** Answers with the steps in order; one request more than steps is a failure of the test. */
export function scriptedHttp(...steps: readonly Step[]): ScriptedHttp {
  const requests: HttpRequest[] = [];
  return {
    requests,
    http: async (request) => {
      request.signal?.throwIfAborted();
      let step = steps[requests.length];
      requests.push(request);
      while (typeof step === "function") step = step(request);
      if (step === undefined) throw new Error(`unexpected ${request.method} ${request.url}`);
      if (typeof step === "string") throw new HttpFailure(step, `scripted ${step}`);
      const body = typeof step.body === "string" ? step.body : JSON.stringify(step.body ?? "");
      return { status: step.status, headers: step.headers ?? {}, body };
    },
  };
}

/** A clock that jumps: sleeping moves it on at once, and every sleep is remembered. */
export interface JumpingClock extends Clock {
  readonly sleeps: number[];
  advance(ms: number): void;
}

/** Creates a jumping clock. */
export function jumpingClock(start = Date.UTC(2027, 0, 1)): JumpingClock {
  let now = start;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
    sleep: async (delayMs, signal) => {
      signal?.throwIfAborted();
      sleeps.push(delayMs);
      now += delayMs;
    },
  };
}

/** A credential whose tokens are numbered and last an hour. */
export function numberedCredential(
  clock: Clock,
  lifetimeMs = 3_600_000,
): TokenCredential & { asked: number } {
  const credential = {
    asked: 0,
    async getToken() {
      credential.asked += 1;
      return { token: `token-${credential.asked}`, expiresOnTimestamp: clock.now() + lifetimeMs };
    },
  };
  return credential;
}

/** A referral as a service would answer it. */
export function storedReferral(id: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    id,
    eTag: `"${id}-1"`,
    name: "Fabrikam: data estate",
    type: "Independent",
    status: "New",
    substatus: "Pending",
    customerProfile: { name: "Fabrikam", address: { country: "US" } },
    consent: { consentToContact: true },
    details: { dealValue: 5000, currency: "USD" },
    ...more,
  };
}
