import { type PatchOperation, type Referral, ReferralsError } from "../contract/index.ts";
import { listPageOf, sendExpectingSuccess, storedReferralOf } from "./answer.ts";
import {
  defaultEndpoint,
  type Endpoint,
  listUrl,
  parseEndpoint,
  referralUrl,
  resolveNextLink,
} from "./endpoint.ts";
import type {
  CallOptions,
  CreateOptions,
  ListPage,
  ListQuery,
  NextPage,
  PatchOptions,
  ReferralsPort,
  StoredReferral,
  UpdateOptions,
} from "./port.ts";
import { bodyForUpdate } from "./referral-body.ts";
import {
  type Answer,
  type Call,
  createTransport,
  type Transport,
  type TransportOptions,
} from "./transport.ts";

/** Settings of the engine's port. */
export type ReferralsPortOptions = TransportOptions;

/** The referrals API for the engine: every method is one HTTP call, and every outcome is typed. */
export function createReferralsPort(options: ReferralsPortOptions): ReferralsPort {
  const endpoint = parseEndpoint(options.endpoint ?? defaultEndpoint);
  return portOver(createTransport(options, endpoint), endpoint);
}

/** The port over a transport that exists already. */
export function portOver(transport: Transport, endpoint: Endpoint): ReferralsPort {
  const send = (call: Call): Promise<Answer> => sendExpectingSuccess(transport, call);
  return {
    async create(referral, options) {
      return resultOfWrite(await send(createCall(endpoint, referral, options)));
    },
    async get(id, options) {
      return storedReferralOf(await send(getCall(endpoint, id, options)));
    },
    async patch(id, operations, options) {
      return resultOfWrite(await send(patchCall(endpoint, id, operations, options)));
    },
    async update(referral, options) {
      return resultOfWrite(await send(updateCall(endpoint, referral, options)));
    },
    async listPage(query, options) {
      const call = listCall(endpoint, query, options);
      return withoutLoop(listPageOf(await send(call)), call.url);
    },
  };
}

/**
 * The stored referral after a write. Where the answer can't tell, the write was made all the same:
 * look, don't repeat.
 */
export function resultOfWrite(answer: Answer): StoredReferral {
  try {
    return storedReferralOf(answer);
  } catch (cause) {
    const message = "The change was made, but the answer doesn't say what was stored.";
    throw new ReferralsError("outcomeUnknown", { message, status: answer.status, cause });
  }
}

/** A page that names itself as the next one would be read for ever. */
function withoutLoop(page: ListPage, url: string): ListPage {
  if (page.nextLink === undefined || page.nextLink !== url) return page;
  throw nextLinkError("leads back to its own page");
}

/** The error of a next link that is not followed. */
export function nextLinkError(reason: string): ReferralsError {
  return new ReferralsError("invalidAnswer", {
    message: `the list's next link ${reason}, so it is not followed`,
    target: "@odata.nextLink",
    retryable: false,
  });
}

/** POST of a referral. */
export function createCall(endpoint: Endpoint, referral: Referral, options?: CreateOptions): Call {
  const requestId = options?.requestId;
  return {
    method: "POST",
    url: endpoint.referralsUrl,
    body: JSON.stringify(referral),
    options,
    ...(requestId === undefined ? {} : { headers: { "ms-requestid": requestId } }),
  };
}

/** GET of one referral. */
export function getCall(endpoint: Endpoint, id: string, options?: CallOptions): Call {
  return { method: "GET", url: referralUrl(endpoint, id), options };
}

/** PATCH under an eTag, asking for the representation. */
export function patchCall(
  endpoint: Endpoint,
  id: string,
  operations: readonly PatchOperation[],
  options: PatchOptions,
): Call {
  return {
    method: "PATCH",
    url: referralUrl(endpoint, id),
    body: JSON.stringify(operations),
    headers: { "if-match": options.ifMatch, prefer: "return=representation" },
    options,
  };
}

/** PUT under an eTag: the document as received, without the links that the service refuses. */
export function updateCall(endpoint: Endpoint, referral: Referral, options: UpdateOptions): Call {
  const { id } = referral;
  if (typeof id !== "string") {
    throw new TypeError("the referral has no id: read it first, then change it");
  }
  return {
    method: "PUT",
    url: referralUrl(endpoint, id),
    body: JSON.stringify(bodyForUpdate(referral)),
    headers: { "if-match": options.ifMatch },
    options,
  };
}

/**
 * GET of a query's first page, or of the page behind a next link. Throws for a link to another
 * host.
 */
export function listCall(
  endpoint: Endpoint,
  query: ListQuery | NextPage,
  options?: CallOptions,
): Call {
  const prefer =
    query.maxPageSize === undefined
      ? {}
      : { headers: { prefer: `odata.maxpagesize=${query.maxPageSize}` } };
  if (!("nextLink" in query)) {
    return { method: "GET", url: listUrl(endpoint, query), options, ...prefer };
  }
  const url = resolveNextLink(endpoint, query.nextLink);
  if (url === "malformed") throw nextLinkError("is not a URL");
  if (url === "foreignHost") throw nextLinkError("leads to another host");
  return { method: "GET", url: url.href, options, ...prefer };
}
