import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Trends } from "../../contract/index.ts";
import { operatorOf } from "../access/access.ts";
import { readPipeline } from "../chronicle/pipeline.ts";
import { historyWithWords } from "../deals/history-words.ts";
import { listDeals } from "../deals/list-deals.ts";
import { parseInput } from "../input.ts";
import type { Office } from "../office.ts";
import { readProblems } from "../problems/read-problems.ts";
import { readStatus } from "../status/read-status.ts";
import { oneByOne } from "./inbox-routes.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const expiringWithinMs = 5 * dayMs;
const heartbeatMs = 15_000;
const mostEntries = 1_000;

const historyQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(mostEntries).default(100),
  /** In place of the two above: the last so many lines. */
  newest: z.coerce.number().int().min(1).max(mostEntries).optional(),
});
const replayBody = z.strictObject({ ids: z.array(z.string().min(1).max(200)).min(1).max(500) });

async function readTrends(office: Office): Promise<Trends> {
  const { chronicle, deals, settings, clock, follower } = office;
  const now = clock.now();
  await Promise.all([chronicle.follow(), follower.caughtUp()]);
  const until = new Date(now + expiringWithinMs).toISOString();
  const filter = encodeURIComponent(`status eq 'New' and expires le ${until}`);
  const [hours, samples, expiring] = await Promise.all([
    chronicle.hours(now - dayMs),
    chronicle.samples(now - dayMs),
    listDeals(deals, `?$filter=${filter}&$orderby=expires&$top=20`, now),
  ]);
  const { callsPerMinute } = settings;
  return { hours, samples, callLimit: callsPerMinute, expiring: expiring.deals };
}

/** How the sync stands, its series, its problems, and the events that tell a page to look again. */
export function addStatusRoutes(server: FastifyInstance, office: Office): void {
  const { engine, ledger, clock } = office;
  server.get("/api/status", () => readStatus(office));
  server.get("/api/trends", () => readTrends(office));
  server.get("/api/pipeline", async () => {
    await office.follower.caughtUp();
    return readPipeline(office.deals, clock.now());
  });
  server.get("/api/history", async (request) => {
    const { after, limit, newest } = parseInput(historyQuery, request.query);
    const entries =
      newest === undefined
        ? await ledger.historySince(after, limit)
        : await ledger.newestHistory(newest);
    return { entries: historyWithWords(entries, office.projection) };
  });

  server.get("/api/problems", async () => ({ groups: await readProblems(office) }));
  server.post("/api/problems/replay", async (request) => {
    const { ids } = parseInput(replayBody, request.body);
    const by = operatorOf(request);
    const { done, refused } = await oneByOne(ids, (id) => engine.replay(id, by));
    return { replayed: done, refused };
  });
  server.post("/api/sync", async () => {
    const [crm, referrals] = await Promise.all([engine.pollCrm(), engine.pollReferrals()]);
    return { crm, referrals };
  });
  addEvents(server, office);
}

/** `GET /api/events`: a stream of engine events, with a comment now and then to keep it open. */
function addEvents(server: FastifyInstance, { engine, clock }: Office): void {
  const listeners = new Set<AbortController>();
  // A stream has no end of its own: nobody else's call waits for one.
  server.addHook("preClose", (done) => {
    for (const over of listeners) over.abort();
    done();
  });
  server.get("/api/events", (request, reply) => {
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    stream.write("retry: 1000\n: listening\n\n");
    const unsubscribe = engine.subscribe((event) => {
      stream.write(`data: ${JSON.stringify(event)}\n\n`);
    });
    const over = new AbortController();
    listeners.add(over);
    request.raw.on("close", () => {
      unsubscribe();
      listeners.delete(over);
      over.abort();
    });
    const beat = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(heartbeatMs, over.signal);
        stream.write(": still here\n\n");
      }
    };
    beat().catch(() => stream.end());
  });
}
