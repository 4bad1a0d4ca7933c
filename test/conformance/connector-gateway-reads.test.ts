import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { fetchHttp, type Http, systemClock } from "../../src/runtime/index.ts";
import { type RunningGateway, runGateway, type Tokens } from "./running-gateway.ts";
import { newReferral, type RunningService, runService } from "./running-service.ts";

const base = "/v1.0/engagements/referrals";
const total = 8;

let service: RunningService;
let running: RunningGateway | undefined;
let listCalls = 0;

/** The service as Microsoft runs it: it decides itself how much one page holds. */
const paging: Http = async (request) => {
  const isList = request.method === "GET" && /\/referrals(?:\?|$)/.test(request.url);
  if (!isList) return fetchHttp(request);
  listCalls += 1;
  const prefer = request.headers.prefer ?? "odata.maxpagesize=3";
  return fetchHttp({ ...request, headers: { ...request.headers, prefer } });
};

beforeAll(async () => {
  service = await runService();
  const client = service.clientOf();
  for (let number = 0; number < total; number += 1) {
    await client.createReferral(newReferral({ name: `Deal ${number}` }));
  }
});
afterEach(async () => {
  await running?.close();
  listCalls = 0;
});
afterAll(() => service.close());

async function start(options: Parameters<typeof runGateway>[0] = {}): Promise<Tokens> {
  running = await runGateway({ service, http: paging, ...options });
  return running.connect();
}

const get = (tokens: Tokens, path: string, headers: Readonly<Record<string, string>> = {}) => {
  if (!running) throw new Error("no gateway runs");
  return running.call(tokens, path, { headers });
};

describe("next links", () => {
  test("are followed, so that Get all referrals gets all", async () => {
    const tokens = await start();
    const { body } = await get(tokens, `${base}?$count=true&$orderby=name`);
    const names = body.value.map(({ name }: { name: string }) => name);
    expect(names).toEqual(Array.from({ length: total }, (_, number) => `Deal ${number}`));
    expect(body["@odata.count"]).toBe(total);
    expect(body).not.toHaveProperty("@odata.nextLink");
    expect(listCalls).toBe(3);
  });

  test("are passed on by option, leading through the gateway", async () => {
    const tokens = await start({ pages: "pass" });
    const names: string[] = [];
    let url: string | undefined = `${base}?$orderby=name`;
    while (url !== undefined) {
      const { status, body } = await get(tokens, url);
      expect(status).toBe(200);
      expect(body.value.length).toBeLessThanOrEqual(3);
      for (const { name } of body.value) names.push(name);
      url = body["@odata.nextLink"];
      if (url) expect(url.startsWith(running?.gateway.urls.referralsUrl ?? "?")).toBe(true);
    }
    expect(names).toEqual(Array.from({ length: total }, (_, number) => `Deal ${number}`));
  });

  test("are passed on to a caller that asks for pages of its own size", async () => {
    const tokens = await start();
    const { body } = await get(tokens, base, { prefer: "odata.maxpagesize=2" });
    expect(body.value).toHaveLength(2);
    expect(body["@odata.nextLink"]).toContain(running?.gateway.urls.referralsUrl);
  });

  test("cost the connection one call, however many pages there are", async () => {
    const tokens = await start({ callLimit: 2 });
    expect((await get(tokens, base)).status).toBe(200);
    expect((await get(tokens, base)).status).toBe(200);
    expect((await get(tokens, base)).status).toBe(429);
  });
});

describe("the cache", () => {
  test("is off by default: every read is forwarded, and no Age is answered", async () => {
    const tokens = await start();
    const [first, second] = [
      await get(tokens, `${base}?$top=1`),
      await get(tokens, `${base}?$top=1`),
    ];
    expect(listCalls).toBe(2);
    expect([first.headers.get("age"), second.headers.get("age")]).toEqual([null, null]);
  });

  test("answers within the stated age, marked by Age, and then asks again", async () => {
    let skippedMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + skippedMs };
    const tokens = await start({ cacheMaxAgeMs: 10_000, clock });
    const first = await get(tokens, `${base}?$top=1`);
    skippedMs = 4_000;
    const second = await get(tokens, `${base}?$top=1`);
    expect(second.text).toBe(first.text);
    expect(first.headers.get("age")).toBeNull();
    expect(second.headers.get("age")).toBe("4");
    expect(listCalls).toBe(1);
    skippedMs = 20_000;
    expect((await get(tokens, `${base}?$top=1`)).headers.get("age")).toBeNull();
    expect(listCalls).toBe(2);
  });

  test("never hides a connection's own write, and obeys no-cache", async () => {
    const tokens = await start({ cacheMaxAgeMs: 60_000 });
    const [{ id }] = (await get(tokens, `${base}?$top=1`)).body.value;
    await get(tokens, `${base}/${id}`);
    await running?.call(tokens, `${base}/${id}`, {
      method: "PATCH",
      body: [{ op: "replace", path: "/details/notes", value: "after" }],
    });
    expect((await get(tokens, `${base}/${id}`)).body.details.notes).toBe("after");
    const fresh = await get(tokens, `${base}/${id}`, { "cache-control": "no-cache" });
    expect(fresh.headers.get("age")).toBeNull();
    expect((await get(tokens, `${base}/${id}`)).headers.get("age")).toBe("0");
  });

  test("isn't shared between connections, and doesn't keep refusals", async () => {
    const tokens = await start({ cacheMaxAgeMs: 60_000 });
    const others = await running?.connect(service.apps.user);
    if (!others) throw new Error("no connection");
    await get(tokens, base);
    const theirs = await get(others, base);
    expect(theirs.headers.get("age")).toBeNull();
    expect(theirs.body.value).toHaveLength(0);
    await get(tokens, `${base}/unknown`);
    expect((await get(tokens, `${base}/unknown`)).headers.get("age")).toBeNull();
  });
});
