import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CrmWebhook } from "../crm/index.ts";
import { seededRandom, silentLog } from "../runtime/index.ts";
import { type Database, openDatabase, StorageError } from "../storage/index.ts";
import { type SmallWorld, smallMapping, smallWorld } from "../sync/small-world-suite.ts";
import { createOperations } from "./create-operations.ts";
import type { Desk } from "./desk.ts";
import { crmWebhookPath, webhookPath } from "./routes/webhook-routes.ts";
import type { WebhookVerifier } from "./webhook-verifier.ts";

let world: SmallWorld;
let server: Awaited<ReturnType<typeof createOperations>>;
let database: Database;

interface Change {
  readonly desk?: Partial<Desk>;
  readonly verifier?: WebhookVerifier;
  readonly crmWebhook?: CrmWebhook;
}

function serve(change: Change = {}) {
  const { clock, ledger, engine, environment } = world;
  const { settings } = environment;
  const ground = { clock, random: seededRandom(1), log: silentLog };
  return createOperations({
    desk: {
      ...ground,
      engine,
      ledger,
      database,
      settings,
      mapping: smallMapping,
      environment: "staging",
      ...change.desk,
    },
    ...(change.verifier ? { verifier: change.verifier } : {}),
    ...(change.crmWebhook ? { crmWebhook: change.crmWebhook } : {}),
  });
}

async function ask(url: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await server.inject({
    url,
    method: body === undefined ? "GET" : "POST",
    headers: { host: "127.0.0.1:4400", ...headers },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: response.statusCode, body: response.json() };
}

beforeEach(async () => {
  world = await smallWorld({ isApproved: true });
  world.crm.add({
    share: true,
    name: "Ledger move",
    dealValue: 10,
    customer: "Adatum",
    stage: "Open",
  });
  await world.sync();
  database = await openDatabase(":memory:");
  server = await serve();
});

afterEach(async () => {
  await server.close();
  await database.close();
});

describe("the operator's API", () => {
  test("counts the deals by state and the calls by class", async () => {
    const { body } = await ask("/api/status");
    expect(body).toMatchObject({ environment: "staging", deals: 1, byState: { "in-step": 1 } });
    expect(body.budget.used).toBeGreaterThan(0);
    const byClass: number[] = Object.values(body.budget.byClass);
    expect(byClass.reduce((sum, calls) => sum + calls, 0)).toBe(body.budget.used);
  });

  test("lists deals with both sides' headline values, and finds them by any of their ids", async () => {
    const { body } = await ask("/api/deals?text=ledger");
    expect(body.deals).toHaveLength(1);
    const [deal] = body.deals;
    expect(deal).toMatchObject({ state: "in-step", sentence: "In step", needsPerson: false });
    expect(deal.crm.values.dealValue).toBe(10);
    expect(deal.referral.values.dealValue).toBe(10);
    for (const id of [deal.id, deal.crm.id, deal.referral.id]) {
      expect((await ask(`/api/deals/${id}`)).body.id).toBe(deal.id);
    }
  });

  test("shows a deal field by field with its history", async () => {
    const [deal] = (await ask("/api/deals")).body.deals;
    const { body } = await ask(`/api/deals/${deal.id}`);
    const value = body.fields.find((field: { name: string }) => field.name === "dealValue");
    expect(value).toMatchObject({ crm: 10, agreedCrm: 10, referral: 10, state: "in-step" });
    expect(body.history.map((entry: { kind: string }) => entry.kind)).toContain("created");
  });

  test("what is asked while the sync begins anew is told to come again, not that something broke", async () => {
    const closed = new StorageError("databaseClosed", "the database has been closed");
    vi.spyOn(world.engine, "rehearse").mockRejectedValue(closed);
    const headers = { host: "127.0.0.1:4400" };
    const response = await server.inject({ url: "/api/plan", headers });
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("1");
    expect(response.json().error.message).toContain("beginning anew");
  });

  test("names both values of a conflict and carries out what a person chooses", async () => {
    const [deal] = (await ask("/api/deals")).body.deals;
    world.referrals.edit(deal.referral.id, { "/details/dealValue": 20 });
    world.crm.edit(deal.crm.id, { dealValue: 30 });
    await world.sync();
    const { items } = (await ask("/api/inbox")).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ kind: "conflict", field: "dealValue", referral: 20, crm: 30 });
    const answer = await ask(`/api/inbox/${encodeURIComponent(items[0].id)}/answer`, {
      choose: "crm",
    });
    expect(answer.status).toBe(200);
    await world.sync();
    expect((await ask(`/api/deals/${deal.id}`)).body.referral.values.dealValue).toBe(30);
    expect((await ask("/api/inbox")).body.items).toEqual([]);
  });

  test("pauses a deal and resumes it; nothing is written between", async () => {
    const [deal] = (await ask("/api/deals")).body.deals;
    expect((await ask(`/api/deals/${deal.id}/pause`, {})).body.state).toBe("paused");
    world.crm.edit(deal.crm.id, { dealValue: 55 });
    await world.sync();
    expect(world.referrals.stored.get(deal.referral.id)?.details?.dealValue).toBe(10);
    await ask(`/api/deals/${deal.id}/resume`, {});
    await world.sync();
    expect(world.referrals.stored.get(deal.referral.id)?.details?.dealValue).toBe(55);
  });

  test("answers bad input with the place and changes nothing", async () => {
    expect((await ask("/api/deals/none")).status).toBe(404);
    const badLimit = await ask("/api/deals?limit=0");
    expect(badLimit.status).toBe(400);
    expect(badLimit.body.error.message).toContain("limit");
    const badChoice = await ask("/api/inbox/x/answer", { choose: "coin" });
    expect(badChoice.status).toBe(400);
    const undo = await ask("/api/undo", { sequence: 4711 });
    expect(undo.status).toBe(409);
    expect(undo.body.error.message).not.toBe("");
  });

  test("refuses another site's page and a foreign host name", async () => {
    const origin = { origin: "https://evil.example" };
    expect((await ask("/api/pause", {}, origin)).status).toBe(403);
    expect((await ask("/api/pause", {}, { origin: "null" })).status).toBe(403);
    expect((await ask("/api/status", undefined, { host: "evil.example" })).status).toBe(403);
    expect((await ask("/api/status")).body.isPaused).toBe(false);
  });
});

describe("a webhook", () => {
  const event = {
    EventName: "referral-updated",
    ResourceUri: "https://elsewhere.example/v1.0/engagements/referrals/r1",
    ResourceChangeUtcDate: "2026-01-01T10:00:00Z",
  };

  test("that was verified becomes a hint with the last segment's id", async () => {
    const hints: unknown[] = [];
    const engine = {
      subscribe: () => () => {},
      hint: async (hint: unknown) => hints.push(hint) > 0,
    };
    server = await serve({
      desk: { engine: engine as unknown as Desk["engine"] },
      verifier: async () => undefined,
    });
    expect(
      (await server.inject({ method: "POST", url: webhookPath, payload: event })).statusCode,
    ).toBe(200);
    expect(hints).toEqual([{ side: "referral", id: "r1", changedAt: "2026-01-01T10:00:00Z" }]);
  });

  test("that was not verified is refused and hints nothing", async () => {
    const hints: unknown[] = [];
    const engine = {
      subscribe: () => () => {},
      hint: async (hint: unknown) => hints.push(hint) > 0,
    };
    server = await serve({
      desk: { engine: engine as unknown as Desk["engine"] },
      verifier: async () => "signature",
    });
    expect(
      (await server.inject({ method: "POST", url: webhookPath, payload: event })).statusCode,
    ).toBe(401);
    expect(hints).toEqual([]);
  });

  test("of the CRM hints at the deals that it names, once it is verified, over its raw body", async () => {
    const hints: unknown[] = [];
    const engine = {
      subscribe: () => () => {},
      hint: async (hint: unknown) => hints.push(hint) > 0,
    };
    const payload = '[ {"objectId": 7} ]';
    server = await serve({
      desk: { engine: engine as unknown as Desk["engine"] },
      crmWebhook: ({ headers, rawBody }) =>
        headers["x-signature"] === "right" && rawBody === payload
          ? { ok: true, recordIds: ["7", "8"] }
          : { ok: false, reason: "the signature is wrong" },
    });
    const send = async (signature: string): Promise<number> => {
      const headers = { "content-type": "application/json", "x-signature": signature };
      const request = { method: "POST" as const, url: crmWebhookPath, headers, payload };
      return (await server.inject(request)).statusCode;
    };
    expect(await send("wrong")).toBe(401);
    expect(hints).toEqual([]);
    expect(await send("right")).toBe(200);
    expect(hints).toEqual([
      { side: "crm", id: "7" },
      { side: "crm", id: "8" },
    ]);
  });

  test("of a CRM that signs nothing ends in a secret, and only asks for a poll", async () => {
    const asked: unknown[] = [];
    const engine = {
      subscribe: () => () => {},
      hint: async () => asked.push("hint") > 0,
      pollCrmSoon: (delayMs: number) => asked.push(delayMs),
    };
    server = await serve({
      desk: { engine: engine as unknown as Desk["engine"] },
      crmWebhook: ({ token }) =>
        token === "secret"
          ? { ok: true, recordIds: [], pollInMs: 2_000 }
          : { ok: false, reason: "the address doesn't end in the secret" },
    });
    const send = async (ending: string): Promise<number> => {
      const url = `${crmWebhookPath}${ending}`;
      const headers = { "content-type": "application/json", host: "sync.partner.example" };
      const payload =
        '{"_action": "Send Webhook Notification(#231)", "_id": 1, "_model": "crm.lead"}';
      return (await server.inject({ method: "POST", url, headers, payload })).statusCode;
    };
    expect(await send("")).toBe(401);
    expect(await send("/another")).toBe(401);
    expect(await send("/secret/")).toBe(404);
    expect(asked).toEqual([]);
    expect(await send("/secret")).toBe(200);
    expect(asked).toEqual([2_000]);
  });
});
