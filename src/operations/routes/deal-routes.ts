import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { ReferralsError } from "../../contract/index.ts";
import { createProjection, type Pair, type PairState, pairStates } from "../../sync/index.ts";
import { dealSummary, fieldViews } from "../deals/deal-view.ts";
import type { Desk } from "../desk.ts";
import { parseInput } from "../input.ts";

const defaultPageSize = 100;
const maxPageSize = 1_000;

const listQuery = z.strictObject({
  text: z.string().max(200).optional(),
  state: z.enum(pairStates as unknown as [PairState, ...PairState[]]).optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(maxPageSize).default(defaultPageSize),
});
const scopeBody = z.strictObject({ field: z.string().max(200).optional() }).default({});
const undoBody = z.strictObject({ sequence: z.number().int().positive() });

interface WithId {
  readonly Params: { readonly id: string };
}

async function findPair(desk: Desk, id: string): Promise<Pair> {
  const pair =
    (await desk.ledger.pair(id)) ??
    (await desk.ledger.pairsByReferral([id])).get(id) ??
    (await desk.ledger.pairsByRecord([id])).get(id);
  if (!pair) {
    const message = "No deal has this id. Use the pair's, the referral's or the CRM record's id.";
    throw new ReferralsError("itemNotFound", { message });
  }
  return pair;
}

/** The deals: list, one with its history, and what a person may do with it. */
export function addDealRoutes(server: FastifyInstance, desk: Desk): void {
  const { engine, ledger } = desk;
  const projection = createProjection(desk.mapping);

  server.get("/api/deals", async (request) => {
    const { text, state, after, limit } = parseInput(listQuery, request.query);
    const pairs = await ledger.pairs({
      limit,
      ...(text ? { text } : {}),
      ...(state ? { states: [state] } : {}),
      ...(after ? { after } : {}),
    });
    const last = pairs.length === limit ? pairs.at(-1)?.id : undefined;
    const deals = pairs.map((pair) => dealSummary(pair, projection));
    return last === undefined ? { deals } : { deals, next: last };
  });

  server.get<WithId>("/api/deals/:id", async (request) => {
    const pair = await findPair(desk, request.params.id);
    const related = pair.engagementId ? await ledger.pairsOfEngagement(pair.engagementId) : [];
    return {
      ...dealSummary(pair, projection),
      fields: fieldViews(pair, projection),
      refusals: pair.refusals,
      questions: await ledger.inbox({ pairId: pair.id, isOpen: true, limit: maxPageSize }),
      history: await ledger.history(pair.id),
      related: related
        .filter((other) => other.id !== pair.id)
        .map((other) => dealSummary(other, projection)),
    };
  });

  server.post<WithId>("/api/deals/:id/sync", async (request) => {
    const pair = await findPair(desk, request.params.id);
    if (pair.referral) await engine.hint({ side: "referral", id: pair.referral.id });
    if (pair.crm) await engine.hint({ side: "crm", id: pair.crm.id });
    await engine.reconcile(pair.id);
    return dealSummary(await findPair(desk, pair.id), projection);
  });

  for (const action of ["pause", "resume"] as const) {
    server.post<WithId>(`/api/deals/:id/${action}`, async (request) => {
      const pair = await findPair(desk, request.params.id);
      const { field } = parseInput(scopeBody, request.body);
      await engine[action](field ? { pairId: pair.id, field } : { pairId: pair.id });
      return dealSummary(await findPair(desk, pair.id), projection);
    });
  }

  server.post<WithId>("/api/deals/:id/replay", async (request) => {
    const pair = await findPair(desk, request.params.id);
    await engine.replay(pair.id);
    return dealSummary(await findPair(desk, pair.id), projection);
  });

  server.post("/api/undo", async (request) => {
    await engine.undo(parseInput(undoBody, request.body).sequence);
    return { undone: true };
  });
}
