import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Demonstration } from "../desk.ts";
import { parseInput } from "../input.ts";

const changes = z.record(z.string().max(200), z.json());
const faultBody = z.record(z.string().max(50), z.number().min(0).max(1));

interface WithId {
  readonly Params: { readonly id: string };
}

/**
 * What only the demonstration offers: to play the CRM's user and Microsoft, and to break things.
 */
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
  const { faults } = play;
  if (!faults) return;
  server.get("/demonstration/faults", async () => ({ shares: await faults.current() }));
  server.put("/demonstration/faults", async (request) => {
    await faults.set(parseInput(faultBody, request.body));
    return { shares: await faults.current() };
  });
}
