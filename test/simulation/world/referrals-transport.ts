import {
  type Http,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
  type Random,
} from "../../../src/runtime/index.ts";
import type { Generation } from "../kernel/generation.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Trace } from "../kernel/trace.ts";
import type { Faults } from "./faults.ts";
import { errorAnswer, type HttpHabits, handleReferralsRequest, tokenOf } from "./referrals-http.ts";
import type { ReferralsModel } from "./referrals-model.ts";

/** One call as it leaves the process under test. */
export interface ReferralsCall {
  readonly organisation: string;
  readonly method: HttpRequest["method"];
  readonly url: string;
  readonly body: string | undefined;
  readonly ifMatch: string | undefined;
  /** The status that came back, once it has; undefined where none did. */
  status: number | undefined;
}

/** What lies between the engine and the model service. */
export interface Network {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly random: Random;
  readonly faults: Faults;
  readonly model: ReferralsModel;
  readonly habits: HttpHabits;
  /** The serial number of each organisation's token that is good now. */
  readonly tokens: Map<string, number>;
  /** The deal that a referral id belongs to, for faults that are about one deal. */
  readonly dealOf: (referralId: string) => number | undefined;
  /** The referral of a deal, for faults that move one. */
  readonly referralOf: (deal: number) => string | undefined;
  /** Hears when a request that got no answer will land. */
  readonly onLateLanding: (at: number) => void;
  /** Hears of each call when it is sent. */
  readonly onCall: (call: ReferralsCall) => void;
  readonly onAnswer: (call: ReferralsCall, body: string) => void;
}

const defaultTimeoutMs = 30_000;

type Fate =
  | { readonly kind: "handled" }
  | { readonly kind: "answered"; readonly response: HttpResponse; readonly afterCommit: boolean }
  | { readonly kind: "silent"; readonly landsAfterMs: number | undefined };

function isWrite(request: HttpRequest): boolean {
  return request.method !== "GET";
}

function referralIdOf(url: string): string {
  return /\/referrals\/([^/?]+)/.exec(url)?.[1] ?? "";
}

/** What a request is about: the referral in its path, or the CRM record that a new one names. */
function aboutOf(request: HttpRequest): string | undefined {
  const id = referralIdOf(request.url);
  if (id !== "") return id;
  return /"externalReferenceId":"([^"]+)"/.exec(request.body ?? "")?.[1];
}

/** What becomes of a request, by the faults that are armed. */
function fateOf(network: Network, request: HttpRequest): Fate {
  const { faults } = network;
  const about = aboutOf(request);
  const answered = (status: number, code: string, headers = {}, afterCommit = false): Fate => ({
    kind: "answered",
    response: errorAnswer(status, code, code, headers),
    afterCommit,
  });
  if (request.method === "POST") {
    const late = faults.take("late-landing", about);
    if (late) return { kind: "silent", landsAfterMs: late.amount };
  }
  if (faults.take("timeout-before-commit", about))
    return { kind: "silent", landsAfterMs: undefined };
  if (isWrite(request) && faults.take("timeout-after-commit", about)) {
    return { kind: "silent", landsAfterMs: 0 };
  }
  const throttled = faults.take("throttled", about);
  if (throttled) {
    const seconds = Math.ceil(throttled.amount / 1000);
    return answered(429, "tooManyRequests", { "retry-after": String(seconds) });
  }
  if (faults.take("throttled-silently", about)) return answered(429, "tooManyRequests");
  const id = referralIdOf(request.url);
  const deal = network.dealOf(id);
  const lost = deal === undefined ? undefined : faults.takeFor("permission-lost", deal, id);
  if (lost) {
    return lost.amount % 2 === 0 ? answered(404, "itemNotFound") : answered(403, "accessDenied");
  }
  const broken = faults.take("server-error", about);
  if (broken) {
    const status = [500, 502, 503][broken.amount % 3] ?? 500;
    return answered(status, "serviceNotAvailable", {}, isWrite(request) && broken.amount % 2 === 1);
  }
  return { kind: "handled" };
}

/** The service's answer at the moment when the request arrives. */
function arrive(network: Network, request: HttpRequest): HttpResponse {
  const token = tokenOf(request);
  if (!token || network.tokens.get(token.organisation) !== token.serial) {
    return errorAnswer(401, "unauthenticated", "the token has expired");
  }
  if (request.url.includes("skiptoken")) {
    const shift = network.faults.take("page-shift");
    const moved = shift && network.referralOf(shift.deal);
    if (moved !== undefined) network.model.churn(moved, true);
  }
  return handleReferralsRequest(network.model, token.organisation, request, network.habits);
}

/** Http for one life of the process: the only way from it to the model service. */
export function referralsTransport(network: Network, generation: Generation): Http {
  const { scheduler, random, trace } = network;
  const latency = (): number => 15 + Math.floor(random.fraction() * 80);

  return (request) =>
    generation.call<HttpResponse>((resolve, reject) => {
      if (generation.boundary("http-send")) return;
      const call: ReferralsCall = {
        organisation: tokenOf(request)?.organisation ?? "",
        method: request.method,
        url: request.url,
        body: request.body,
        ifMatch: request.headers["if-match"],
        status: undefined,
      };
      trace.note(
        scheduler.now(),
        `g${generation.number} ${call.method} ${call.url} ${call.ifMatch ?? ""} ${call.body ?? ""}`,
      );
      network.onCall(call);
      let isSettled = false;
      const settle = (work: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        if (generation.boundary("http-answer")) return;
        work();
      };
      const succeed = (response: HttpResponse): void => {
        call.status = response.status;
        network.onAnswer(call, response.body);
        trace.note(scheduler.now(), `→ ${response.status} ${response.headers.etag ?? ""}`);
        settle(() => resolve(response));
      };
      const timeOut = (afterMs: number): void => {
        scheduler.after(afterMs, () => {
          trace.note(scheduler.now(), "→ no answer");
          settle(() => reject(new HttpFailure("timeout", "no answer in time")));
        });
      };
      request.signal?.addEventListener(
        "abort",
        () => settle(() => reject(request.signal?.reason)),
        {
          once: true,
        },
      );
      const fate = fateOf(network, request);
      const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
      if (fate.kind === "silent") {
        if (fate.landsAfterMs !== undefined) {
          const landsAfterMs = latency() + fate.landsAfterMs;
          network.onLateLanding(scheduler.now() + landsAfterMs);
          scheduler.after(landsAfterMs, () => arrive(network, request));
        }
        timeOut(timeoutMs);
        return;
      }
      scheduler.after(latency(), () => {
        const response =
          fate.kind === "handled" || fate.afterCommit ? arrive(network, request) : undefined;
        const shown = fate.kind === "answered" ? fate.response : response;
        if (shown) scheduler.after(latency(), () => succeed(shown));
      });
    });
}
