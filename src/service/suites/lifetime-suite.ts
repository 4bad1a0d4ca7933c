import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLog, systemClock } from "../../runtime/index.ts";
import { openDatabase, StorageError } from "../../storage/index.ts";
import {
  minimalReferral,
  type StartTestService,
  type TestDatabase,
  type TestService,
} from "./service-kit-suite.ts";

const referrals = "/v1.0/engagements/referrals";
const registration = "/webhooks/v1/registration";

/** What survives a restart, and how a service ends. */
export function lifetimeSuite(
  startTestService: StartTestService,
  makeDatabase: () => Promise<TestDatabase>,
): void {
  const cleanUps: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  const create = async (service: TestService, more = {}) =>
    (await service.call(referrals, { method: "POST", body: minimalReferral(more) })).body;

  async function receiver(): Promise<{
    url: string;
    bodies: string[];
    answerWith(code: number): void;
  }> {
    const bodies: string[] = [];
    let status = 503;
    const server: Server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        if (status < 300) bodies.push(Buffer.concat(chunks).toString());
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanUps.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const answerWith = (code: number) => {
      status = code;
    };
    return { url: `http://127.0.0.1:${port}/`, bodies, answerWith };
  }

  it("keeps referrals, clients, registrations, skipped time and undelivered webhooks", async () => {
    const { url, drop } = await makeDatabase();
    cleanUps.push(drop);
    const hook = await receiver();
    const options = { database: url, allowsPrivateWebhooks: true, webhookBackoffMs: 20 };
    const before = await startTestService(options);
    await before.call(registration, {
      method: "POST",
      audience: "webhooks",
      body: { WebhookUrl: hook.url, WebhookEvents: ["referral-created"] },
    });
    const { id } = await create(before);
    await before.play("/clock/advance", { milliseconds: 1_000_000_000 });
    await before.close();
    hook.answerWith(200);
    const after = await startTestService(options);
    cleanUps.push(() => after.close());
    expect(after.service.clients).toEqual(before.service.clients);
    expect((await after.call(`${referrals}/${id}`)).status).toBe(200);
    expect((await after.call(registration, { audience: "webhooks" })).body).toMatchObject({
      WebhookUrl: hook.url,
    });
    expect(JSON.parse((await after.play("/clock")).text).skippedMilliseconds).toBe(1_000_000_000);
    await vi.waitFor(() => expect(hook.bodies).toHaveLength(1), 5_000);
    expect(JSON.parse(hook.bodies[0] ?? "").ResourceUri).toContain(id);
  });

  it("expires on its own what nobody reads", async () => {
    let now = Date.UTC(2026, 0, 1);
    const { url, drop } = await makeDatabase();
    cleanUps.push(drop);
    const database = await openDatabase(url);
    cleanUps.push(() => database.close());
    const sleepers = new Set<() => void>();
    const clock = {
      now: () => now,
      sleep: (_delayMs: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          sleepers.add(resolve);
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    };
    const service = await startTestService({ database, clock });
    cleanUps.push(async () => {
      // Closing waits for connections by this very clock, which only moves when it is woken.
      const waking = setInterval(() => {
        for (const wake of sleepers) wake();
      }, 50);
      await service.close().finally(() => clearInterval(waking));
    });
    const { body } = await service.play("/referrals", {});
    now += 14 * 86_400_000 + 1;
    for (const wake of sleepers) wake();
    await vi.waitFor(async () => {
      const row = await database.get(`SELECT "substatus" FROM "referrals" WHERE "id" = ?`, [
        body.id,
      ]);
      expect(row?.substatus).toBe("Expired");
    }, 5_000);
  });

  it("takes a token until it expires, and not after", async () => {
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const service = await startTestService({ clock });
    cleanUps.push(() => service.close());
    expect((await service.call(referrals)).status).toBe(200);
    ahead = 2 * 3_600_000;
    const late = await service.call(referrals);
    expect([late.status, late.body.error.code]).toEqual([401, "unauthenticated"]);
    expect(late.body.error.message).toContain("expired");
  });

  it("shows a user who has no location an empty list", async () => {
    const { url, drop } = await makeDatabase();
    cleanUps.push(drop);
    const before = await startTestService({ database: url });
    await create(before);
    const { userId } = before.user;
    await before.close();
    const service = await startTestService({ database: url, userLocations: { [userId]: [] } });
    cleanUps.push(() => service.close());
    const as = service.user;
    const { body } = await service.call(`${referrals}?$count=true`, { as });
    expect(body).toMatchObject({ value: [], "@odata.count": 0 });
    const call = { method: "POST", as, body: minimalReferral() };
    expect((await service.call(referrals, call)).status).toBe(403);
  });

  it("answers the call under way before it ends", async () => {
    const service = await startTestService();
    await service.play("/seed", { count: 2_000 });
    const authorization = `Bearer ${await service.token(service.admin)}`;
    const url = `${service.urls.baseUrl}${referrals}`;
    // The answer has begun, and most of it is still to come.
    const answer = await fetch(url, { headers: { authorization } });
    const [{ value }] = await Promise.all([answer.json(), service.close()]);
    expect([answer.status, value.length]).toEqual([200, 2_000]);
  });

  it("tells of its health, its readiness and its numbers", async () => {
    const service = await startTestService();
    cleanUps.push(() => service.close());
    const get = async (path: string) => {
      const response = await fetch(`${service.urls.baseUrl}${path}`);
      return [response.status, await response.text()] as const;
    };
    expect((await get("/healthz"))[0]).toBe(200);
    expect((await get("/readyz"))[0]).toBe(200);
    await service.call(`${referrals}/nobody`);
    const [, metrics] = await get("/metrics");
    expect(metrics).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="[^"]*:id",status="404"\} 1/,
    );
    expect(metrics).not.toContain("nobody");
  });

  it("writes no secret and nothing personal to the log", async () => {
    const lines: string[] = [];
    const keep = (fields: object, message: string) => lines.push(JSON.stringify(fields) + message);
    const log = { ...silentLog, debug: keep, info: keep, warn: keep, error: keep };
    const service = await startTestService({ log });
    cleanUps.push(() => service.close());
    const team = [{ firstName: "Saoirse", email: "saoirse@customer.example" }];
    await create(service, { team });
    await service.call(`${referrals}?$filter=name eq 'Saoirse'`);
    const text = lines.join("\n");
    expect(lines.length).toBeGreaterThan(0);
    for (const secret of ["aoirse", service.admin.clientSecret, "Bearer"]) {
      expect(text).not.toContain(secret);
    }
  });

  it("tells a busy database by 503 with Retry-After, which is no error of the log", async () => {
    const { url, drop } = await makeDatabase();
    cleanUps.push(drop);
    const database = await openDatabase(url);
    cleanUps.push(() => database.close());
    const error = vi.fn();
    const service = await startTestService({ database, log: { ...silentLog, error } });
    cleanUps.push(() => service.close());
    vi.spyOn(database, "transaction").mockRejectedValueOnce(
      new StorageError("databaseBusy", "another process keeps the database locked"),
    );
    const refused = await service.call(referrals, { method: "POST", body: minimalReferral() });
    expect([refused.status, refused.body.error.code]).toEqual([503, "serviceNotAvailable"]);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(error).not.toHaveBeenCalled();
    await create(service);
  });

  describe("without a sandbox", () => {
    it("has no issuer, no admin API and nobody whose token it takes", async () => {
      const { url, drop } = await makeDatabase();
      cleanUps.push(drop);
      const { createReferralsService } = await import("../service.ts");
      const service = await createReferralsService({ database: url, isSandbox: false });
      cleanUps.push(() => service.close());
      const urls = await service.listen();
      expect(service.clients).toEqual([]);
      expect(service.adminSecret).toBeUndefined();
      for (const path of ["/admin/clock", "/oauth2/v2.0/token"]) {
        expect((await fetch(`${urls.baseUrl}${path}`)).status).toBe(404);
      }
      const headers = { authorization: "Bearer a.b.c" };
      expect((await fetch(urls.referralsUrl, { headers })).status).toBe(401);
    });
  });
}
