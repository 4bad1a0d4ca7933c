import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { ReferralsError } from "../../contract/index.ts";
import type { Pair } from "../../sync/index.ts";
import { operatorOf } from "../access/access.ts";
import { dealDetail } from "../deals/deal-detail.ts";
import { dealSummary } from "../deals/deal-view.ts";
import { listDeals } from "../deals/list-deals.ts";
import { parseInput } from "../input.ts";
import type { Office } from "../office.ts";

const scopeBody = z.strictObject({ field: z.string().max(200).optional() }).default({});
const undoBody = z.strictObject({ sequence: z.number().int().positive() });
const editBody = z.strictObject({ values: z.record(z.string().max(200), z.json()) });

interface WithId {
  readonly Params: { readonly id: string };
}

async function findPair({ ledger }: Office, id: string): Promise<Pair> {
  const pair =
    (await ledger.pair(id)) ??
    (await ledger.pairsByReferral([id])).get(id) ??
    (await ledger.pairsByRecord([id])).get(id);
  if (!pair) {
    const message = "No deal has this id. Use the pair's, the referral's or the CRM record's id.";
    throw new ReferralsError("itemNotFound", { message });
  }
  return pair;
}

/** The deals: list, one with its history, and what a person may do with it. */
export function addDealRoutes(server: FastifyInstance, office: Office): void {
  const { engine, ledger, projection, clock } = office;

  server.get<{ Querystring: { readonly after?: string } }>("/api/deals", async (request) => {
    const { follower } = office;
    await follower.caughtUp();
    // Who walks through all deals must not miss those that aren't listed yet.
    if (request.query.after !== undefined) await follower.built();
    const building = follower.progress();
    const page = await listDeals(office.deals, request.url, clock.now());
    return { ...page, ...(building ? { building } : {}) };
  });

  server.get<WithId>("/api/deals/:id", async (request) => {
    const pair = await findPair(office, request.params.id);
    return dealDetail(pair, { ledger, projection, now: clock.now() });
  });

  /** Carries a command out on one deal, and answers with how the deal stands then. */
  const command = (
    name: string,
    carryOut: (pair: Pair, request: FastifyRequest, by: string | undefined) => Promise<void>,
  ): void => {
    server.post<WithId>(`/api/deals/:id/${name}`, async (request) => {
      const pair = await findPair(office, request.params.id);
      await carryOut(pair, request, operatorOf(request));
      return dealSummary(await findPair(office, pair.id), projection);
    });
  };

  command("sync", async (pair) => {
    if (pair.referral) await engine.hint({ side: "referral", id: pair.referral.id });
    if (pair.crm) await engine.hint({ side: "crm", id: pair.crm.id });
    await engine.reconcile(pair.id);
  });
  for (const action of ["pause", "resume"] as const) {
    command(action, ({ id }, request, by) => {
      const { field } = parseInput(scopeBody, request.body);
      return engine[action](field ? { pairId: id, field } : { pairId: id }, by);
    });
  }
  command("edit", ({ id }, request, by) =>
    engine.edit(id, parseInput(editBody, request.body).values, by),
  );
  command("replay", ({ id }, _request, by) => engine.replay(id, by));
  command("unlink", ({ id }, _request, by) => engine.unlink(id, by));

  server.post("/api/undo", async (request) => {
    await engine.undo(parseInput(undoBody, request.body).sequence, operatorOf(request));
    return { undone: true };
  });
}
