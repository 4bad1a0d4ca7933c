import type { FastifyInstance } from "fastify";
import type { Clock } from "../runtime/index.ts";

const defaultDrainMs = 10_000;

/**
 * Stops a server without breaking a call: no new connection is accepted, idle ones are closed,
 * calls under way are answered with `Connection: close`; what is still open after `drainMs` is cut.
 * Resolves to whether everything ended by itself.
 */
export async function shutdown(
  server: FastifyInstance,
  options: { readonly clock: Clock; readonly drainMs?: number },
): Promise<boolean> {
  const drained = new AbortController();
  let cut = false;
  const limit = options.clock.sleep(options.drainMs ?? defaultDrainMs, drained.signal).then(
    () => {
      cut = true;
      server.server.closeAllConnections();
    },
    () => {},
  );
  await server.close();
  drained.abort();
  await limit;
  return !cut;
}
