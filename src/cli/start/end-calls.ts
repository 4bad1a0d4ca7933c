import type { FastifyInstance } from "fastify";
import type { Clock } from "../../runtime/index.ts";

/** A call that waits for something of its own, such as the call budget, is not waited for. */
const patienceMs = 2_000;

/**
 * Lets a server take no more calls and answer those that are under way. What isn't answered in a
 * moment is broken off, so that nothing can hold up what comes next.
 */
export async function endCalls(server: FastifyInstance, clock: Clock): Promise<void> {
  const over = new AbortController();
  const answered = server.close().finally(() => over.abort());
  const patience = clock.sleep(patienceMs, over.signal).catch(() => {});
  await Promise.race([answered, patience]);
  server.server.closeAllConnections();
  await answered;
}
