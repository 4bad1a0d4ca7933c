import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorTable } from "../../src/contract/index.ts";
import { type Log, seededRandom, silentLog } from "../../src/runtime/index.ts";
import {
  minimalReferral,
  startOnSqlite,
  type TestService,
} from "../../src/service/suites/service-kit-suite.ts";
import { type Database, openDatabase } from "../../src/storage/index.ts";
import { postgresForTests } from "../postgres.ts";
import { RandomInput } from "./random-input.ts";
import { type RawCall, type RawReply, sendRaw } from "./raw-request.ts";

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const postgres = await postgresForTests();
const referrals = "/v1.0/engagements/referrals";
const json = ["content-type", "application/json"] as const;

/** The service under test, and a referral of it that calls are aimed at. */
interface Target {
  readonly service: TestService;
  readonly database: Database;
  readonly token: string;
  readonly webhookToken: string;
  readonly ids: readonly string[];
  readonly failures: string[];
}

async function openTarget(url: string): Promise<Target> {
  const failures: string[] = [];
  const log: Log = { ...silentLog, error: (fields) => failures.push(JSON.stringify(fields)) };
  const database = await openDatabase(url);
  const service = await startOnSqlite({ database, log, logsRequests: false, callLimit: 1e9 });
  const ids: string[] = [];
  for (let count = 0; count < 8; count += 1) {
    const body = minimalReferral({ externalReferenceId: `deal-${count}` });
    ids.push((await service.call(referrals, { method: "POST", body })).body.id);
  }
  const token = await service.token(service.admin);
  const webhookToken = await service.token(service.admin, "webhooks");
  return { service, database, token, webhookToken, ids, failures };
}

/** Changes with everything that a call can change: each write has a stamp of its own. */
async function stateOf({ database }: Target): Promise<string> {
  const rows = await Promise.all([
    database.get(`SELECT count(*) AS "n", max("updatedDateTime") AS "newest" FROM "referrals"`),
    database.get(`SELECT count(*) AS "n" FROM "referralVersions"`),
    database.get(`SELECT count(*) AS "n" FROM "requests"`),
    database.all(`SELECT * FROM "webhookRegistrations"`),
    database.get(`SELECT count(*) AS "n" FROM "webhookDeliveries"`),
  ]);
  return JSON.stringify(rows);
}

type Make = (input: RandomInput, target: Target) => Promise<RawCall> | RawCall;

const bearer = (token: string): readonly [string, string] => ["authorization", `Bearer ${token}`];

/** A header that the service reads, now and then with a value of no sense. */
function someHeaders(input: RandomInput, right: Record<string, string>) {
  const names = ["prefer", "if-match", "ms-requestid", "client-request-id", "ms-correlationid"];
  const sensible: Record<string, readonly string[]> = {
    prefer: ["return=representation", "odata.maxpagesize=3", "odata.maxpagesize=0", "=;,="],
    "if-match": ["*", '"x"', right["if-match"] ?? "*"],
  };
  return names
    .filter(() => input.happens(0.25))
    .map((name) => {
      const values = sensible[name];
      const value = values && input.happens(0.8) ? input.pick(values) : input.headerValue();
      return [name, value] as const;
    });
}

async function eTagOf({ database }: Target, id: string): Promise<string> {
  const row = await database.get(`SELECT "eTag" FROM "referrals" WHERE "id" = ?`, [id]);
  return String(row?.eTag);
}

const makers: Readonly<Record<string, Make>> = {
  "a list's query": (input, { token }) => {
    const query = input.happens(0.2) ? `$skiptoken=${input.skipToken()}` : input.query();
    const order = input.pick(["", "&$orderby=details/dealValue", "&$orderby=acceptedDateTime"]);
    const target = `${referrals}?${query}${order}`.replaceAll(/[^\x21-\xff]/g, "+");
    return { method: "GET", target, headers: [bearer(token), ...someHeaders(input, {})] };
  },
  "a new referral": (input, { token }) => ({
    method: "POST",
    target: input.pick([referrals, `${referrals.replace("/ref", "//ref")}`]),
    headers: [bearer(token), json, ...someHeaders(input, {})],
    body: input.bytes(input.mutated(minimalReferral())),
  }),
  "a patch": async (input, target) => {
    const id = input.pick(target.ids);
    const headers = someHeaders(input, { "if-match": await eTagOf(target, id) });
    return {
      method: "PATCH",
      target: `${referrals}/${id}${input.pick(["", "", "", "/", "//"])}`,
      headers: [bearer(target.token), json, ...headers],
      body: input.bytes(input.patch()),
    };
  },
  "an update": async (input, target) => {
    const id = input.pick(target.ids);
    const { text } = await target.service.call(`${referrals}/${id}`);
    const right = await eTagOf(target, id);
    return {
      method: "PUT",
      target: `${referrals}/${id}`,
      headers: [bearer(target.token), json, ["if-match", input.pick([right, right, "*", '"x"'])]],
      body: input.bytes(input.mutated(JSON.parse(text))),
    };
  },
  "an address": (input, { token, ids }) => {
    const path = input.pick([referrals, "/v1.0", "/webhooks/v1/registration", "/oauth2", "/admin"]);
    const tail = input.pick([`/${input.pick(ids)}`, "", "/%00", "/%ff", "/..", "/%2e%2e", "//"]);
    const more = encodeURIComponent(input.text().toWellFormed());
    const method = input.pick(["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"]);
    return { method, target: `${path}${tail}${more}`, headers: [bearer(token)] };
  },
  "a header": (input, { token, ids }) => ({
    method: "GET",
    target: `${referrals}/${input.pick(ids)}`,
    headers: [
      [
        "authorization",
        input.pick([`Bearer ${token.slice(input.below(20))}`, input.headerValue()]),
      ],
      [input.pick(["content-type", "accept", "host", "expect", "te"]), input.headerValue()],
    ],
  }),
  "a registration of webhooks": (input, { webhookToken }) => ({
    method: input.pick(["POST", "PUT"]),
    target: "/webhooks/v1/registration",
    headers: [bearer(webhookToken), json],
    body: input.bytes(
      input.mutated({ WebhookUrl: "https://a.example/x", WebhookEvents: ["referral-created"] }),
    ),
  }),
  "a request for a token": (input) => ({
    method: "POST",
    target: "/oauth2/v2.0/token",
    headers: [["content-type", "application/x-www-form-urlencoded"]],
    body: Buffer.from(
      ["grant_type", "client_id", "client_secret", "device_code", "code", "refresh_token"]
        .filter(() => input.happens(0.7))
        .map((name) => {
          const grants = ["client_credentials", "refresh_token", "authorization_code"];
          const value = input.happens(0.5) ? input.pick(grants) : input.text().toWellFormed();
          return `${name}=${encodeURIComponent(value)}`;
        })
        .join("&"),
    ),
  }),
};

/** What is wrong with an answer, or undefined. */
function complaint(call: RawCall, reply: RawReply): string | undefined {
  if (reply.status < 200 || reply.status >= 500) return `answered ${reply.status}`;
  if (!reply.isWhole && call.method !== "HEAD") return "broke off";
  if (reply.status < 400 || call.method === "HEAD") return undefined;
  if (call.target.startsWith("/oauth2")) return undefined;
  const { error } = JSON.parse(reply.body) as { error?: { code?: string } };
  return Object.hasOwn(errorTable, error?.code ?? "") ? undefined : "has no code of the table";
}

async function attack(target: Target, make: Make, cases: number, salt: string): Promise<number> {
  const input = new RandomInput(seededRandom(seed + salt.length * 7_919));
  let refused = 0;
  let before = await stateOf(target);
  for (let place = 0; place < cases; place += 1) {
    const call = await make(input, target);
    const reply = await sendRaw(target.service.urls.baseUrl, call);
    const after = await stateOf(target);
    const isStored = reply.status >= 400 && after !== before;
    const wrong = complaint(call, reply) ?? (isStored ? "was refused and stored" : undefined);
    const shown = `${call.method} ${call.target} ${call.body?.toString("latin1").slice(0, 2_000)}`;
    const why = target.failures.splice(0).join("\n");
    expect(wrong, `SEED=${seed}, case ${place}: ${shown}\n${reply.body}\n${why}`).toBeUndefined();
    before = after;
    if (reply.status >= 400) refused += 1;
  }
  return refused;
}

const inMemory = async () => ({ url: ":memory:", drop: async () => {} });
const databases = [
  { name: "SQLite", make: inMemory, cases: 250 },
  ...(postgres ? [{ name: "PostgreSQL", make: () => postgres.createDatabase(), cases: 100 }] : []),
];

describe.each(databases)("on $name", ({ make, cases }) => {
  let target: Target;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    process.stderr.write(`random input: SEED=${seed}\n`);
    const { url, drop: remove } = await make();
    drop = remove;
    target = await openTarget(url);
  });

  afterAll(async () => {
    await target.service.close();
    await target.database.close();
    await drop();
  });

  test.each(Object.entries(makers))(
    "%s of any shape is answered, never by a fault, and stores nothing where it is refused",
    async (name, maker) => {
      const refused = await attack(target, maker, cases, name);
      expect(refused, "input that is never refused tests nothing").toBeGreaterThan(0);
    },
  );

  test("whatever was accepted can be searched, listed, read, and sent back", async () => {
    const { service } = target;
    // No index serves these, so the database itself opens every document.
    for (const query of [
      "$filter=contains(details/notes,'zz')",
      "$orderby=details/closingDateTime",
    ]) {
      const { status, text } = await service.call(`${referrals}?${query}`);
      expect([status, status === 200 ? "" : text]).toEqual([200, ""]);
    }
    const { status, body } = await service.call(referrals);
    expect(status).toBe(200);
    expect(body.value.length).toBeGreaterThanOrEqual(target.ids.length);
    for (const { id } of body.value) {
      const { text, headers } = await service.call(`${referrals}/${id}`);
      expect(text, "text that isn't text was stored").not.toMatch(/\\u0000|\\ud[89a-f]/i);
      const { status: found } = JSON.parse(text) as { status: string };
      if (found === "Closed") continue;
      const put = { method: "PUT", text, headers: { "if-match": String(headers.get("etag")) } };
      expect((await service.call(`${referrals}/${id}`, put)).status, text).toBe(200);
    }
  });
});
