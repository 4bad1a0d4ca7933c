import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  basePath,
  type PatchOperation,
  type Referral,
  ReferralsError,
  validatePatch,
  validateReferral,
} from "../../contract/index.ts";
import { jsonType } from "../../http/index.ts";
import { type CallerDirectory, partnerCaller, principalOf } from "../caller.ts";
import { queryText } from "../list/list-query.ts";
import type { ReferralLists } from "../list/list-referrals.ts";
import type { Presentation } from "../presentation.ts";
import type { Caller, CallTerms, Referrals } from "../referrals.ts";
import { refuseInput } from "../rules/referral-change.ts";
import type { StoredReferral } from "../store/referral-store.ts";
import { parsePreferences } from "./preferences.ts";

/** What the seven operations need. */
export interface ReferralRoutesOptions {
  readonly referrals: Referrals;
  readonly presentation: Presentation;
  readonly directory: CallerDirectory;
  /** True where MS-RequestId makes a repeated call have its effect once. */
  readonly honoursRequestIds: boolean;
  readonly lists: ReferralLists;
  /** True where a read is to give a referral a new eTag though nothing of it changed. */
  readonly churnsETag: () => boolean;
}

const requestIdLimit = 128;
const listPaths = [`${basePath}/referrals`, `${basePath}//referrals`];

const headerOf = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.raw.headers[name];
  return value === undefined ? undefined : String(value);
};

function termsOf(request: FastifyRequest, honoursRequestIds: boolean): CallTerms {
  const ifMatch = headerOf(request, "if-match");
  const requestId = honoursRequestIds ? headerOf(request, "ms-requestid") : undefined;
  const condition = ifMatch === undefined ? {} : { ifMatch };
  if (!requestId) return condition;
  if (requestId.length > requestIdLimit) {
    const message = `MS-RequestId is longer than ${requestIdLimit} characters.`;
    throw new ReferralsError("invalidRequest", { message, target: "MS-RequestId" });
  }
  const fingerprint = createHash("sha256")
    .update(`${request.method} ${request.url.split("?", 1)[0]}\n${ifMatch ?? ""}\n`)
    .update(request.rawBody ?? "")
    .digest("base64");
  return { ...condition, request: { requestId, fingerprint } };
}

function referralFrom(body: unknown, purpose: "create" | "replace", stored?: Referral): Referral {
  const result = validateReferral(body, purpose, stored);
  if (!result.ok) throw refuseInput(result.problems);
  return result.referral;
}

/** Which operations one of the three patch routes takes. */
type Admits = (operation: PatchOperation) => boolean;

const patchRoutes: readonly { readonly suffix: string; readonly admits: Admits }[] = [
  { suffix: "", admits: () => true },
  { suffix: "/", admits: ({ path }) => path === "/registrations/-" },
  { suffix: "//", admits: ({ path }) => /^\/registrations\/\d+\//.test(path) },
];

function operationsFrom(body: unknown, admits: Admits): readonly PatchOperation[] {
  const result = validatePatch(body);
  if (!result.ok) throw refuseInput(result.problems);
  const foreign = result.operations.findIndex((operation) => !admits(operation));
  if (foreign < 0) return result.operations;
  const reason = "can't be patched at this address, which is for deal registrations";
  const remedy = "Send it to the referral's own address, without a slash at the end.";
  throw refuseInput([{ pointer: `/${foreign}/path`, reason, remedy }]);
}

function sendReferral(
  reply: FastifyReply,
  stored: StoredReferral,
  presentation: Presentation,
): FastifyReply {
  return reply
    .header("etag", stored.eTag)
    .header("content-type", jsonType)
    .send(presentation.single(stored));
}

/** Adds the seven operations, at each of the addresses that the connector's definition leads to. */
export function addReferralRoutes(server: FastifyInstance, options: ReferralRoutesOptions): void {
  const { referrals, presentation, directory, honoursRequestIds, lists } = options;
  const callerOf = (request: FastifyRequest): Caller =>
    partnerCaller(principalOf(request), directory);
  const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

  for (const path of listPaths) {
    server.get(path, (request, reply) => lists.answer(callerOf(request).scope, request, reply));
    server.post(path, async (request, reply) => {
      const caller = callerOf(request);
      const input = referralFrom(request.body, "create");
      const stored = await referrals.create(caller, input, termsOf(request, honoursRequestIds));
      return sendReferral(reply, stored, presentation);
    });
    server.get(`${path}/:id`, async (request, reply) => {
      const { scope } = callerOf(request);
      const id = idOf(request);
      const stored = await (options.churnsETag()
        ? referrals.renewETag(scope, id)
        : referrals.get(scope, id));
      const text = queryText(request.raw.url ?? "");
      if (text === "") return sendReferral(reply, stored, presentation);
      const body = await lists.shapeSingle(scope, stored, text);
      return reply.header("etag", stored.eTag).header("content-type", jsonType).send(body);
    });
    server.put(`${path}/:id`, async (request, reply) => {
      const caller = callerOf(request);
      const terms = termsOf(request, honoursRequestIds);
      const { ifMatch } = terms;
      if (ifMatch === undefined) {
        throw new ReferralsError("preconditionRequired", { target: "If-Match" });
      }
      const toInput = (before: Referral) => referralFrom(request.body, "replace", before);
      const stored = await referrals.update(caller, idOf(request), toInput, { ...terms, ifMatch });
      return sendReferral(reply, stored, presentation);
    });
    for (const { suffix, admits } of patchRoutes) {
      server.patch(`${path}/:id${suffix}`, async (request, reply) => {
        const caller = callerOf(request);
        const operations = operationsFrom(request.body, admits);
        const terms = termsOf(request, honoursRequestIds);
        const stored = await referrals.patch(caller, idOf(request), operations, terms);
        if (parsePreferences(request.headers.prefer).returnsRepresentation) {
          reply.header("preference-applied", "return=representation");
          return sendReferral(reply, stored, presentation);
        }
        return reply.code(204).header("etag", stored.eTag).send();
      });
    }
  }
}
