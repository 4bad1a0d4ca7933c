import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Demonstration } from "../desk.ts";
import { parseInput } from "../input.ts";

const changes = z.record(z.string().max(200), z.json());

interface WithId {
  readonly Params: { readonly id: string };
}

/** What only the demonstration offers: to play the CRM's user and Microsoft. */
export function addDemonstrationRoutes(server: FastifyInstance, play: Demonstration): void {
  server.post<WithId>("/demonstration/deals/:id", async (request) => {
    await play.editDeal(request.params.id, parseInput(changes, request.body));
    return { changed: true };
  });
  server.post<WithId>("/demonstration/referrals/:id", async (request) => {
    await play.editReferral(request.params.id, parseInput(changes, request.body));
    return { changed: true };
  });
  server.post("/demonstration/leads", async () => ({ referralId: await play.sendLead() }));
}
