import { request as requestOverHttp } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchHttp, type HttpRequest, type HttpResponse } from "../../src/runtime/index.ts";
import { type RunningGateway, runGateway, type Tokens } from "./running-gateway.ts";
import { newReferral } from "./running-service.ts";

const base = "/v1.0/engagements/referrals";
const note = (value: string) => [{ op: "replace", path: "/details/notes", value }];

/** Every call that went through to the sandbox, and the last answer. */
const forwarded: HttpRequest[] = [];
let lastAnswer: HttpResponse | undefined;
const last = (): HttpRequest => {
  const request = forwarded.at(-1);
  if (!request) throw new Error("nothing was forwarded");
  return request;
};

let running: RunningGateway;
let tokens: Tokens;
beforeAll(async () => {
  running = await runGateway({
    callLimit: 100_000,
    http: async (request) => {
      const answer = await fetchHttp(request);
      if (!request.url.includes("/referrals")) return answer;
      forwarded.push(request);
      lastAnswer = answer;
      return answer;
    },
  });
  tokens = await running.connect();
});
afterAll(() => running.close());

const create = async (more = {}) => {
  const answer = await running.call(tokens, base, { method: "POST", body: newReferral(more) });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};

describe("each action", () => {
  test("create answers 200 with the stored referral and its eTag", async () => {
    const answer = await running.call(tokens, base, { method: "POST", body: newReferral() });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: "Active", name: "Proseware: data estate" });
    expect(answer.headers.get("etag")).toBe(answer.body.eTag);
  });

  test("get answers byte for byte what the service answers", async () => {
    const { id } = await create();
    const through = await running.call(tokens, `${base}/${id}`);
    const direct = await running.service.clientOf().getReferral(id);
    expect(through.status).toBe(200);
    expect(JSON.parse(through.text)).toEqual(JSON.parse(JSON.stringify(direct)));
    expect(through.headers.get("etag")).toBe(direct.eTag);
  });

  test("get all passes the whole query on", async () => {
    await create({ campaignId: "a campaign & more", name: "Found" });
    const filter = encodeURIComponent("campaignId eq 'a campaign & more'");
    const order = "$orderby=createdDateTime%20desc";
    const query = `$filter=${filter}&$select=id,name&${order}&$count=true&$top=5`;
    const answer = await running.call(tokens, `${base}?${query}`);
    expect(answer.body["@odata.count"]).toBe(1);
    expect(answer.body.value).toEqual([expect.objectContaining({ name: "Found" })]);
  });

  test("update needs a condition, and keeps it", async () => {
    const stored = await create();
    const put = (headers: Readonly<Record<string, string>>) =>
      running.call(tokens, `${base}/${stored.id}`, {
        method: "PUT",
        body: { ...stored, name: "Renamed" },
        headers,
      });
    expect((await put({})).status).toBe(428);
    expect((await put({ "if-match": stored.eTag })).body.name).toBe("Renamed");
    const stale = await put({ "if-match": stored.eTag });
    expect(stale.status).toBe(412);
    expect(stale.body.error.code).toMatch(/preconditionFailed|resourceModified/);
  });

  test("patch answers 204, and takes a condition, as Microsoft's connector can't", async () => {
    const stored = await create();
    const path = `${base}/${stored.id}`;
    const patch = (headers = {}) =>
      running.call(tokens, path, { method: "PATCH", body: note("Patched"), headers });
    expect((await patch()).status).toBe(204);
    expect((await patch({ "if-match": stored.eTag })).status).toBe(412);
    const { body } = await running.call(tokens, path);
    expect(body.details.notes).toBe("Patched");
    expect((await patch({ "if-match": body.eTag })).status).toBe(204);
    const shown = await patch({ prefer: "return=representation" });
    expect([shown.status, shown.body.id]).toEqual([200, stored.id]);
  });
});

describe("addresses", () => {
  test("a doubled slash before referrals leads to the same", async () => {
    const { id } = await create();
    const doubled = base.replace("/referrals", "//referrals");
    expect((await running.call(tokens, `${doubled}?$top=1`)).status).toBe(200);
    expect((await running.call(tokens, `${doubled}/${id}`)).body.id).toBe(id);
    expect(last().url).toBe(`${running.service.urls.referralsUrl}/${id}`);
  });

  test.each(["", "/", "//"])("the three patch addresses stay literal: {id}%s", async (suffix) => {
    const { id } = await create();
    await running.call(tokens, `${base}/${id}${suffix}`, { method: "PATCH", body: note("x") });
    expect(last().url).toBe(`${running.service.urls.referralsUrl}/${id}${suffix}`);
  });

  // fetch would tidy such paths up before it sends them.
  const statusOfRaw = (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(running.gateway.urls.baseUrl);
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      const call = requestOverHttp({ host: "127.0.0.1", port, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on("error", reject).end();
    });

  test("an id can't lead to another path", async () => {
    for (const id of ["..%2fadmin", "%2e%2e", "..", ".", "", "a%2F..%2F..%2Fadmin", "%252e%252e"]) {
      const before = forwarded.length;
      expect(await statusOfRaw(`${base}/${id}`), id).toBe(404);
      for (const { url } of forwarded.slice(before)) {
        expect(new URL(url).pathname).toMatch(/^\/v1\.0\/engagements\/referrals\/[^/]+$/);
      }
    }
  });

  test("what isn't served says so, and which methods there are", async () => {
    const wrong = await running.call(tokens, `${base}/x`, { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, PATCH, PUT"]);
    expect((await running.call(tokens, "/v1.0/engagements/leads")).status).toBe(404);
  });
});

describe("headers", () => {
  test("caller id and content type are added, the caller's own are kept", async () => {
    await running.call(tokens, `${base}?$top=1`);
    expect(last().headers).toMatchObject({
      "content-type": "application/json",
      "x-caller-id": "60858c1b-2062-40ad-b42c-996b6b5b047d",
    });
    await running.call(tokens, `${base}?$top=1`, { headers: { "x-caller-id": "mine" } });
    expect(last().headers["x-caller-id"]).toBe("mine");
  });

  test("a correlation id is carried through, answered and logged", async () => {
    const id = "7f2c9f3a-correlation";
    const answer = await running.call(tokens, `${base}?$top=1`, {
      headers: { "MS-CorrelationId": id },
    });
    expect(last().headers["ms-correlationid"]).toBe(id);
    expect(answer.headers.get("ms-correlationid")).toBe(id);
    const lines = running.logged.map((text) => JSON.parse(text));
    const line = lines.find(({ correlationId }) => correlationId === id);
    expect(line).toMatchObject({ method: "GET", route: base, status: 200 });
    expect(line.connectionId).toBe(answer.headers.get("x-connection-id"));
  });

  test("without one the gateway makes one, so that every call can be traced", async () => {
    const answer = await running.call(tokens, `${base}?$top=1`);
    expect(answer.headers.get("ms-correlationid")).toMatch(/^[\da-f-]{36}$/);
    expect(last().headers["ms-correlationid"]).toBe(answer.headers.get("ms-correlationid"));
  });

  test("the service's request id is answered, for Microsoft's support", async () => {
    const answer = await running.call(tokens, `${base}/unknown`);
    expect(answer.headers.get("request-id")).toBe(lastAnswer?.headers["request-id"]);
  });

  test("the gateway's own token is not sent on", async () => {
    await running.call(tokens, `${base}?$top=1`);
    expect(last().headers.authorization).toMatch(/^Bearer ey/);
    expect(last().headers.authorization).not.toContain(tokens.access_token);
  });
});
