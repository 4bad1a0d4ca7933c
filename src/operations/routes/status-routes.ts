import type { FastifyInstance } from "fastify";
import { type Ledger, pairStates } from "../../sync/index.ts";
import { stateSentence } from "../deals/deal-view.ts";
import type { Desk } from "../desk.ts";

const windowMs = 60_000;
const openItemsLimit = 500;

/** What the overview shows first. Times are milliseconds since 1970. */
export interface Status {
  readonly environment: string;
  readonly isDemonstration: boolean;
  readonly now: number;
  readonly deals: number;
  readonly byState: Readonly<Record<string, number>>;
  /** What each of those states is called, to stand behind a number. */
  readonly words: Readonly<Record<string, string>>;
  /** Open questions for a person. */
  readonly questions: number;
  readonly isPaused: boolean;
  readonly awaitsApproval?: "first-run" | "restored";
  readonly epoch: number;
  readonly walks: { readonly referrals: number; readonly crm: number; readonly audit: number };
  readonly budget: {
    readonly limit: number;
    readonly used: number;
    readonly byClass: Readonly<Record<string, number>>;
    readonly blockedUntil: number;
  };
  readonly places: Readonly<Record<string, string>>;
}

async function budgetStatus(ledger: Ledger, desk: Desk): Promise<Status["budget"]> {
  const state = await ledger.budget(desk.settings.quotaOwner);
  const since = desk.clock.now() - windowMs;
  const recent = (state?.calls ?? []).filter(([at]) => at > since);
  const byClass: Record<string, number> = {};
  for (const [, priority] of recent) byClass[priority] = (byClass[priority] ?? 0) + 1;
  return {
    limit: state?.limit ?? desk.settings.callsPerMinute,
    used: recent.length,
    byClass,
    blockedUntil: state?.blockedUntil ?? 0,
  };
}

/** Gathers the overview from the ledger. */
export async function readStatus(desk: Desk): Promise<Status> {
  const [connection, byState, questions, budget] = await Promise.all([
    desk.ledger.connection(),
    desk.ledger.countByState(),
    desk.ledger.inbox({ isOpen: true, limit: openItemsLimit }),
    budgetStatus(desk.ledger, desk),
  ]);
  return {
    environment: desk.environment,
    isDemonstration: desk.demonstration !== undefined,
    now: desk.clock.now(),
    deals: Object.values(byState).reduce((sum, count) => sum + count, 0),
    byState,
    words: Object.fromEntries(
      pairStates.map((state) => [state, stateSentence(state).toLowerCase()]),
    ),
    questions: questions.length,
    isPaused: connection.paused === true,
    ...(connection.awaitsApproval ? { awaitsApproval: connection.awaitsApproval } : {}),
    epoch: connection.epoch,
    walks: {
      referrals: connection.referralCursor.walkedAt,
      crm: connection.crmCursor.walkedAt,
      audit: connection.auditedAt,
    },
    budget,
    places: desk.places ?? {},
  };
}

/** `GET /api/status` and the events that tell a page to look again. */
export function addStatusRoutes(server: FastifyInstance, desk: Desk): void {
  server.get("/api/status", () => readStatus(desk));
  server.get("/api/events", (request, reply) => {
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    stream.write(": listening\n\n");
    const unsubscribe = desk.engine.subscribe((event) => {
      stream.write(`data: ${JSON.stringify(event)}\n\n`);
    });
    request.raw.on("close", unsubscribe);
  });
}
