import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { triggerStoreSuite } from "../../src/connector/gateway/triggers/trigger-store-suite.ts";
import { openDatabase } from "../../src/storage/index.ts";
import type { Database } from "../../src/storage/port.ts";
import { postgresForTests } from "../postgres.ts";
import { type CallbackReceiver, receiveCallbacks } from "./callback-receiver.ts";
import { runGateway } from "./running-gateway.ts";
import { newReferral, type RunningService, runService } from "./running-service.ts";

const postgres = await postgresForTests();

describe.skipIf(!postgres)("on PostgreSQL", () => {
  const drops: (() => Promise<void>)[] = [];
  const makeUrl = async (): Promise<string> => {
    if (!postgres) throw new Error("there is no PostgreSQL");
    const { url, drop } = await postgres.createDatabase();
    drops.push(drop);
    return url;
  };
  afterEach(async () => {
    for (const drop of drops.splice(0)) await drop();
  });

  describe("the store of triggers", () => {
    triggerStoreSuite(async (): Promise<Database> => openDatabase(await makeUrl()));
  });

  describe("a gateway", () => {
    let service: RunningService;
    let receiver: CallbackReceiver;
    beforeAll(async () => {
      service = await runService();
      receiver = await receiveCallbacks();
    });
    afterAll(async () => {
      await receiver.close();
      await service.close();
    });

    test("keeps connections, tokens and triggers over a restart", async () => {
      const database = await makeUrl();
      const first = await runGateway({ service, database, pollMs: 30 });
      const tokens = await first.connect();
      const subscribed = await first.call(tokens, "/v1.0/engagements/triggers/referral-created", {
        method: "POST",
        body: { callbackUrl: `${receiver.url}/flow` },
      });
      expect(subscribed.status).toBe(201);
      await first.gateway.close();

      await service.clientOf().createReferral(newReferral({ name: "while it was down" }));
      const { clientSecret } = first;
      const second = await runGateway({ service, database, pollMs: 30, clientSecret });
      const [told] = await receiver.until(1);
      expect(JSON.parse(told?.text ?? "{}").name).toBe("while it was down");
      const listed = await second.call(tokens, "/v1.0/engagements/referrals");
      expect(listed.body.value).toHaveLength(1);
      const fresh = await second.connect();
      const { body } = await second.call(fresh, "/connections");
      expect(body.connections).toHaveLength(2);
      await second.call(tokens, "/connections/current", { method: "DELETE" });
      expect((await second.call(tokens, "/v1.0/engagements/referrals")).status).toBe(401);
      await second.gateway.close();
    });
  });
});
