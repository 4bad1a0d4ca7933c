import type { IncomingMessage, ServerResponse } from "node:http";
import { basePath } from "../../contract/index.ts";
import {
  identifyingHeaders,
  jsonType,
  type Lane,
  type Principal,
  type RequestObservers,
  recordRequest,
  type Throttle,
  type TokenVerifier,
} from "../../http/index.ts";
import { type Clock, monotonicMs, type Random } from "../../runtime/index.ts";
import { type CallerDirectory, partnerCaller } from "../caller.ts";
import type { Presentation } from "../presentation.ts";
import type { Referrals } from "../referrals.ts";

/** What the lane needs: what the route of the same operation is made of. */
export interface ReadLaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly verifier: Pick<TokenVerifier, "recall">;
  readonly throttle: Pick<Throttle, "admits" | "take">;
  readonly directory: CallerDirectory;
  readonly referrals: Pick<Referrals, "get">;
  readonly presentation: Presentation;
  readonly observers: RequestObservers;
  /** False where something is to be done before a read: a fault, or a referral that expires. */
  readonly isOpen: () => boolean;
}

const addressStart = `${basePath}/referrals/`;
const route = `${addressStart}:id`;
const idLength = 36;
const addressLength = addressStart.length + idLength;

/**
 * The id in a plain request for one referral. What is as long as an id and isn't one is found
 * nowhere, and goes to the routes like any id that isn't found.
 */
function plainlyAskedId({ method, url = "" }: IncomingMessage): string | undefined {
  const isPlain = method === "GET" && url.length === addressLength && url.startsWith(addressStart);
  return isPlain ? url.slice(addressStart.length) : undefined;
}

/**
 * Answers the one call that is made most, a plain GET of one referral, before the router is asked.
 *
 * Invariant: it answers 200 only, and until then nothing has happened that could be noticed. What
 * is refused, not found or special in any way goes to the routes, which know why. So no rule stands
 * here: token, limit, role and scope are asked of the same parts as there, in the same order, and
 * what fails here will fail there and be told.
 */
export function readLane(options: ReadLaneOptions): Lane {
  const { clock, random, verifier, throttle, directory, referrals, presentation } = options;
  const { observers, isOpen } = options;
  const identify = identifyingHeaders(clock);

  /** The caller, where their token has been verified before and they may call now. */
  const admitted = ({ headers }: IncomingMessage): Principal | undefined => {
    const principal =
      headers.authorization === undefined ? undefined : verifier.recall(headers.authorization);
    return principal && throttle.admits(principal.connectionKey) ? principal : undefined;
  };

  /** Resolves to whether it answered; where not, or where it rejects, the routes are to. */
  const tryToAnswer = async (
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
  ): Promise<boolean> => {
    const startedMs = monotonicMs();
    const principal = admitted(request);
    if (!principal) return false;
    const { scope } = partnerCaller(principal, directory);
    const stored = await referrals.get(scope, id);
    const body = presentation.singleByteText(stored);
    // Others may have reached the limit while the database was asked.
    if (throttle.take(principal.connectionKey) > 0) return false;
    const requestId = random.uuid();
    const headers = identify(requestId, request.headers);
    headers.push("etag", stored.eTag, "content-type", jsonType, "content-length", `${body.length}`);
    response.writeHead(200, headers);
    response.end(body, "latin1", () => {
      const elapsedMs = monotonicMs() - startedMs;
      recordRequest(observers, { request, route, status: 200, elapsedMs, requestId, principal });
    });
    return true;
  };

  return (request, response, handOn) => {
    const id = plainlyAskedId(request);
    if (id === undefined || !isOpen()) return handOn();
    tryToAnswer(request, response, id).then((hasAnswered) => {
      if (!hasAnswered) handOn();
    }, handOn);
  };
}
