import type { TokenCredential } from "@azure/core-auth";
import {
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type Pipeline,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import {
  type Clock,
  fetchHttp,
  type Http,
  type Random,
  systemClock,
  systemRandom,
} from "../runtime/index.ts";
import type { CallBudget } from "./call-budget.ts";
import { budgetPolicy } from "./call-budget-policy.ts";
import { defaultScope, type Endpoint } from "./endpoint.ts";
import type { CallOptions } from "./port.ts";
import { type RetryLimits, type SendHistory, safeRetryPolicy } from "./retry.ts";
import { abortSignalOf, createTokenSession } from "./token-session.ts";

/** What every client of this package is created with. */
export interface TransportOptions {
  readonly credential: TokenCredential;
  /** An origin, or the URL of the referrals collection. Default: Microsoft's public cloud. */
  readonly endpoint?: string;
  /** Default: the referrals API's `.default` scope. */
  readonly scopes?: string | readonly string[];
  /** Sent as X-Caller-Id where the receiver asks for one. */
  readonly callerId?: string;
  /** Milliseconds until one send counts as unanswered. Default 30,000. */
  readonly timeoutMs?: number;
  /**
   * Policies of core-rest-pipeline for tracing, proxies or headers of your own; they run once per
   * send.
   */
  readonly additionalPolicies?: readonly PipelinePolicy[];
  readonly http?: Http;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What only a client that repeats calls has. */
export interface RepeatOptions {
  readonly limits: RetryLimits;
  readonly requestIdsHonoured: boolean;
  readonly budget?: CallBudget;
}

/** One call as the services of Partner Center see it. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: string;
  readonly options?: CallOptions | undefined;
}

/** An answer, whatever its status. */
export interface Answer {
  /** Ours, which the other side need not have repeated. */
  readonly clientRequestId: string;
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly body: string;
  /** True if a send before the last one may have been carried out. */
  readonly hadUnknownOutcome: boolean;
}

/**
 * Sends calls with a token and ids; resolves on any status, rejects with an HttpFailure, a sign-
 * in's error or the abort.
 */
export interface Transport {
  /** The id is sent as client-request-id; it is the same for all sends of one call. */
  send(call: Call, clientRequestId: string): Promise<Answer>;
  readonly clock: Clock;
  readonly random: Random;
}

const defaultTimeoutMs = 30_000;

/** Builds the pipeline once; a call then costs a few small objects. */
export function createTransport(
  options: TransportOptions,
  { isInsecure }: Pick<Endpoint, "isInsecure">,
  repeats?: RepeatOptions,
): Transport {
  const { clock = systemClock, random = systemRandom } = options;
  const histories = new WeakMap<PipelineRequest, SendHistory>();
  const pipeline = createPipeline({ ...options, clock, random }, histories, repeats);
  const httpClient = clientOver(options.http ?? fetchHttp);
  const { timeoutMs = defaultTimeoutMs, callerId } = options;

  return {
    clock,
    random,
    async send(call, clientRequestId) {
      const headers = createHttpHeaders({
        accept: "application/json",
        "client-request-id": clientRequestId,
        "ms-correlationid": call.options?.correlationId ?? clientRequestId,
        ...(callerId === undefined ? {} : { "x-caller-id": callerId }),
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
        ...call.headers,
      });
      const request = createPipelineRequest({
        url: call.url,
        method: call.method,
        headers,
        // Given here, since the default would draw chance that a simulation can't replay.
        requestId: clientRequestId,
        timeout: timeoutMs,
        allowInsecureConnection: isInsecure,
        ...(call.body === undefined ? {} : { body: call.body }),
        ...(call.options?.abortSignal ? { abortSignal: call.options.abortSignal } : {}),
      });
      const response = await pipeline.sendRequest(httpClient, request);
      return {
        clientRequestId,
        status: response.status,
        header: (name) => response.headers.get(name),
        headers: () => response.headers.toJSON(),
        body: response.bodyAsText ?? "",
        hadUnknownOutcome: histories.get(request)?.hadUnknownOutcome ?? false,
      };
    },
  };
}

/** Outermost first: repeats, then what is counted and done per send, then the token. */
function createPipeline(
  options: TransportOptions & { readonly clock: Clock; readonly random: Random },
  histories: WeakMap<PipelineRequest, SendHistory>,
  repeats: RepeatOptions | undefined,
): Pipeline {
  const { clock, random, credential, scopes = defaultScope } = options;
  const pipeline = createEmptyPipeline();
  const session = createTokenSession({ credential, scopes: [scopes].flat(), clock });
  if (repeats !== undefined) {
    const policy = safeRetryPolicy({ clock, random, session, histories, ...repeats });
    pipeline.addPolicy(policy, { phase: "Retry" });
    if (repeats.budget) {
      pipeline.addPolicy(budgetPolicy(repeats.budget, clock), { afterPhase: "Retry" });
    }
  }
  for (const policy of options.additionalPolicies ?? []) {
    pipeline.addPolicy(policy, { afterPhase: "Retry" });
  }
  pipeline.addPolicy(session.policy, { phase: "Sign" });
  return pipeline;
}

/** The pipeline's end: our own Http, so that a simulation can stand in for the network. */
function clientOver(http: Http): HttpClient {
  return {
    async sendRequest(request): Promise<PipelineResponse> {
      const signal = abortSignalOf(request);
      const response = await http({
        method: request.method as Call["method"],
        url: request.url,
        headers: request.headers.toJSON(),
        timeoutMs: request.timeout,
        ...(typeof request.body === "string" ? { body: request.body } : {}),
        ...(signal ? { signal } : {}),
      });
      return {
        request,
        status: response.status,
        headers: createHttpHeaders(response.headers),
        bodyAsText: response.body,
      };
    },
  };
}
