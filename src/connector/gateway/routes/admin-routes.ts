import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ReferralsError } from "../../../contract/index.ts";
import type { Connections } from "../connections.ts";
import type { HealthBook } from "../health.ts";
import type { ClientRegistry } from "../oauth/client-registry.ts";
import type { TriggerStore } from "../triggers/trigger-store.ts";

/** What the operator may see and do. */
export interface AdminRoutesOptions {
  readonly secret: string;
  readonly connections: Connections;
  readonly health: HealthBook;
  readonly clients: ClientRegistry;
  readonly triggers: TriggerStore;
  readonly endConnection: (id: string) => Promise<boolean>;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Adds the operator's routes, for whoever knows the secret of this run. */
export async function addAdminRoutes(
  server: FastifyInstance,
  options: AdminRoutesOptions,
): Promise<void> {
  const { connections, health, clients, triggers, endConnection } = options;
  const expected = digest(`Bearer ${options.secret}`);
  await server.register(async (scope) => {
    scope.addHook("onRequest", (request: FastifyRequest, _reply, done) => {
      const given = digest(request.raw.headers.authorization ?? "");
      done(timingSafeEqual(given, expected) ? undefined : new ReferralsError("unauthenticated"));
    });
    scope.get("/admin/connections", async () => {
      const all = await connections.list();
      const notifications = await triggers.counts();
      return {
        connections: await Promise.all(all.map((one) => health.of(one))),
        notifications,
      };
    });
    scope.delete<{ Params: { readonly id: string } }>(
      "/admin/connections/:id",
      async (request, reply) => {
        const existed = await endConnection(request.params.id);
        if (!existed) throw new ReferralsError("itemNotFound");
        return reply.code(204).send();
      },
    );
    scope.post("/admin/client-secret", async () => ({ clientSecret: await clients.newSecret() }));
  });
}
