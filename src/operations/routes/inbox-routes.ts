import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Question, QuestionAnswer } from "../../contract/index.ts";
import { EngineRefusal, type InboxItem } from "../../sync/index.ts";
import { operatorOf } from "../access/access.ts";
import { questionView } from "../deals/deal-detail.ts";
import { parseInput } from "../input.ts";
import type { Office } from "../office.ts";

const maxItems = 1_000;
const mostAtOnce = 500;
const answerBody = z.discriminatedUnion("choose", [
  z.strictObject({ choose: z.enum(["referral", "crm"]), always: z.boolean().default(false) }),
  z.strictObject({ choose: z.literal("value"), value: z.json() }),
  z.strictObject({ choose: z.literal("link"), recordId: z.string().min(1).max(200) }),
  z.strictObject({ choose: z.enum(["create", "close", "dismiss"]) }),
]) satisfies z.ZodType<QuestionAnswer>;
const bulkBody = z.strictObject({
  ids: z.array(z.string().min(1).max(500)).min(1).max(mostAtOnce),
  answer: answerBody,
});
const listQuery = z.strictObject({ answered: z.enum(["true", "false"]).default("false") });

interface WithId {
  readonly Params: { readonly id: string };
}

/** Does one thing after the other; what the engine refuses doesn't stop the rest. */
export async function oneByOne(
  ids: readonly string[],
  carryOut: (id: string) => Promise<void>,
): Promise<{
  readonly done: number;
  readonly refused: readonly { id: string; message: string }[];
}> {
  const refused: { id: string; message: string }[] = [];
  for (const id of ids) {
    try {
      await carryOut(id);
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      refused.push({ id, message: `${error.message} ${error.remedy}` });
    }
  }
  return { done: ids.length - refused.length, refused };
}

/** The inbox: everything that waits for a person, and the answers. */
export function addInboxRoutes(server: FastifyInstance, office: Office): void {
  const { engine, ledger, projection } = office;

  const views = (items: readonly InboxItem[]): Promise<readonly Question[]> =>
    Promise.all(
      items.map(async (item) => {
        const pair = item.pairId === undefined ? undefined : await ledger.pair(item.pairId);
        return questionView(item, pair, projection);
      }),
    );

  server.get("/api/inbox", async (request) => {
    const isOpen = parseInput(listQuery, request.query).answered === "false";
    const items = await ledger.inbox({ isOpen, limit: maxItems });
    const newestFirst = items.toSorted(
      (left, right) => (right.resolvedAt ?? 0) - (left.resolvedAt ?? 0),
    );
    return { items: await views(isOpen ? items : newestFirst) };
  });

  server.post<WithId>("/api/inbox/:id/answer", async (request) => {
    const answer = parseInput(answerBody, request.body);
    await engine.resolve(request.params.id, answer, operatorOf(request));
    return { item: await ledger.inboxItem(request.params.id) };
  });

  server.post("/api/inbox/answers", async (request) => {
    const { ids, answer } = parseInput(bulkBody, request.body);
    const by = operatorOf(request);
    const { done, refused } = await oneByOne(ids, (id) => engine.resolve(id, answer, by));
    return { answered: done, refused };
  });

  server.get("/api/plan", () => engine.rehearse());
  server.post("/api/approve", async (request) => {
    await engine.approve(operatorOf(request));
    return { approved: true };
  });
  server.post("/api/pause", async (request) => {
    await engine.pause({}, operatorOf(request));
    return { paused: true };
  });
  server.post("/api/resume", async (request) => {
    await engine.resume({}, operatorOf(request));
    return { paused: false };
  });
}
