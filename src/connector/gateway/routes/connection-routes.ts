import type { FastifyInstance, FastifyRequest } from "fastify";
import { ReferralsError } from "../../../contract/index.ts";
import { connectionOf } from "../connection-guard.ts";
import { type Connection, type Connections, isSamePerson } from "../connections.ts";
import type { HealthBook } from "../health.ts";

/** What a person may see and end. */
export interface ConnectionRoutesOptions {
  readonly connections: Connections;
  readonly health: HealthBook;
  readonly endConnection: (id: string) => Promise<boolean>;
}

interface WithId {
  readonly Params: { readonly id: string };
}

/** Adds `/connections`: a person's own, with their health, to look at and to end. */
export function addConnectionRoutes(
  server: FastifyInstance,
  options: ConnectionRoutesOptions,
): void {
  const { connections, health, endConnection } = options;

  async function own(request: FastifyRequest<WithId>): Promise<Connection> {
    const caller = connectionOf(request);
    const { id } = request.params;
    const found = await connections.find(id === "current" ? caller.id : id);
    if (!found) throw new ReferralsError("itemNotFound");
    if (!isSamePerson(found, caller)) throw new ReferralsError("connectionNotShareable");
    return found;
  }

  server.get("/connections", async (request) => {
    const mine = await connections.list(connectionOf(request));
    return { connections: await Promise.all(mine.map((one) => health.of(one))) };
  });
  server.get<WithId>("/connections/:id", async (request) => health.of(await own(request)));
  server.delete<WithId>("/connections/:id", async (request, reply) => {
    await endConnection((await own(request)).id);
    return reply.code(204).send();
  });
}
