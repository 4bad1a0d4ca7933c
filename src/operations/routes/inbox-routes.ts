import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Desk } from "../desk.ts";
import { parseInput } from "../input.ts";

const maxItems = 500;
const value = z.json();
const answerBody = z.discriminatedUnion("choose", [
  z.strictObject({ choose: z.literal("referral"), always: z.boolean().optional() }),
  z.strictObject({ choose: z.literal("crm"), always: z.boolean().optional() }),
  z.strictObject({ choose: z.literal("value"), value }),
  z.strictObject({ choose: z.literal("link"), recordId: z.string().min(1).max(200) }),
  z.strictObject({ choose: z.literal("create") }),
  z.strictObject({ choose: z.literal("close") }),
  z.strictObject({ choose: z.literal("dismiss") }),
]);

interface WithId {
  readonly Params: { readonly id: string };
}

/** The inbox: everything that waits for a person, and the answers. */
export function addInboxRoutes(server: FastifyInstance, desk: Desk): void {
  const { engine, ledger } = desk;

  server.get("/api/inbox", async () => ({
    items: await ledger.inbox({ isOpen: true, limit: maxItems }),
  }));

  server.post<WithId>("/api/inbox/:id/answer", async (request) => {
    const answer = parseInput(answerBody, request.body);
    if (answer.choose === "referral" || answer.choose === "crm") {
      const always = answer.always === undefined ? {} : { always: answer.always };
      await engine.resolve(request.params.id, { choose: answer.choose, ...always });
    } else {
      await engine.resolve(request.params.id, answer);
    }
    return { item: await ledger.inboxItem(request.params.id) };
  });

  server.get("/api/plan", () => engine.rehearse());
  server.post("/api/approve", async () => {
    await engine.approve();
    return { approved: true };
  });
  server.post("/api/pause", async () => {
    await engine.pause({});
    return { paused: true };
  });
  server.post("/api/resume", async () => {
    await engine.resume({});
    return { paused: false };
  });
}
