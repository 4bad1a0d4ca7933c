import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../runtime/index.ts";
import {
  type AnswerBody,
  minimalReferral,
  type StartTestService,
  type TestService,
} from "./service-kit-suite.ts";

/** Walks over pages, also while others write. */
export function pagesSuite(startTestService: StartTestService): void {
  const referrals = "/v1.0/engagements/referrals";
  const seed = Number(process.env.SEED ?? 20_260_101);
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
    await service.play("/seed", { count: 120 });
  });
  afterAll(() => service.close());

  /** Follows next links; `between` runs after each page but the last. */
  async function walk(
    query: string,
    pageSize: number,
    between: (page: number, seen: readonly AnswerBody[]) => Promise<unknown> = async () => {},
  ): Promise<readonly AnswerBody[]> {
    const seen: AnswerBody[] = [];
    let link: string | undefined = `${service.urls.baseUrl}${referrals}${query}`;
    const headers = { prefer: `odata.maxpagesize=${pageSize}` };
    for (let page = 0; link; page += 1) {
      const { status, body } = await service.call(link, page === 0 ? { headers } : {});
      expect(status).toBe(200);
      expect(body.value.length).toBeLessThanOrEqual(pageSize);
      seen.push(...body.value);
      link = body["@odata.nextLink"];
      if (link) await between(page, seen);
    }
    return seen;
  }

  const ids = (all: readonly AnswerBody[]): string[] => all.map(({ id }) => id);
  const list = async (query: string) => (await service.call(`${referrals}${query}`)).body.value;
  const patch = (id: string, body: unknown) =>
    service.call(`${referrals}/${id}`, { method: "PATCH", body });
  const create = () => service.call(referrals, { method: "POST", body: minimalReferral() });

  describe("pages", () => {
    it.each([
      "",
      "?$orderby=updatedDateTime desc",
      "?$orderby=externalReferenceId,details/dealValue desc",
      "?$orderby=externalReferenceId desc",
      "?$orderby=details/dealValue",
      "?$filter=status ne 'Closed'&$orderby=customerProfile/address/city,name desc",
      "?$filter=status eq 'Active'&$orderby=updatedDateTime",
      "?$orderby=expirationDateTime desc&$top=50",
      "?$top=33&$skip=10",
    ])("of %s are together what one list holds, each referral once", async (query) => {
      for (const pageSize of [7, 40, 500]) {
        expect(ids(await walk(query, pageSize))).toEqual(ids(await list(query)));
      }
    });

    it("keep the count of all, the page size and the service's own address", async () => {
      const { body } = await service.call(`${referrals}?$count=true&$skip=5`, {
        headers: { prefer: "odata.maxpagesize=10" },
      });
      expect(body["@odata.count"]).toBe(120);
      const link = new URL(body["@odata.nextLink"]);
      expect(link.href.startsWith(service.urls.referralsUrl)).toBe(true);
      const next = (await service.call(link.href)).body;
      expect(next.value).toHaveLength(10);
      expect(next["@odata.count"]).toBe(120);
    });

    it("end without a link where $top ends with a page", async () => {
      const headers = { prefer: "odata.maxpagesize=10" };
      const { body } = await service.call(`${referrals}?$top=10`, { headers });
      expect(body).not.toHaveProperty("@odata.nextLink");
    });

    const wrongTokens = [
      '{"a":["x"],"p":10,"t":""}',
      '{"a":["2026-01-01T00:00:00Z","a\\u0000b"],"p":10,"t":""}',
      '{"a":["2026-01-01T00:00:00Z","\\ud800"],"p":10,"t":""}',
      '{"a":["2026-01-01T00:00:00Z","b"],"p":10,"t":"\\u0000"}',
      '{"a":["yesterday","b"],"p":10,"t":""}',
      '{"a":[{"n":"1"},"b"],"p":10,"t":""}',
      '{"a":["2026-01-01T00:00:00Z",true],"p":10,"t":""}',
      '{"a":["2026-01-01T00:00:00Z","b"],"p":0,"t":""}',
    ];
    it.each(["x", "bnVsbA", ...wrongTokens.map((text) => btoa(text))])(
      "refuse the skip token %s, which is none of theirs",
      async (token) => {
        const answer = await service.call(`${referrals}?$skiptoken=${token}`);
        expect([answer.status, answer.body.error.code]).toEqual([400, "invalidRequest"]);
      },
    );
  });

  describe("a walk under concurrent writes", () => {
    it.each([
      "",
      "?$orderby=updatedDateTime desc",
      "?$orderby=updatedDateTime",
      "?$orderby=details/dealValue desc",
      "?$filter=status eq 'Active'",
      "?$filter=details/dealValue lt 100000&$orderby=details/dealValue",
      "?$filter=contains(customerProfile/name,'o')&$orderby=updatedDateTime desc",
    ])("of %s skips and repeats nothing that was there when it began", async (query) => {
      const random = seededRandom(seed);
      const everybody = ids(await list(""));
      const expected = ids(await list(query));
      const seen = await walk(query, 9, async () => {
        await create();
        for (let times = 0; times < 4; times += 1) {
          const id = everybody[Math.floor(random.fraction() * everybody.length)] ?? "";
          const dealValue = Math.floor(random.fraction() * 200_000);
          const closes = random.fraction() < 0.2;
          await patch(id, [
            { path: "/details/dealValue", value: dealValue },
            ...(closes ? [{ path: "/status", value: "Closed" }] : []),
            ...(closes ? [{ path: "/substatus", value: "Won" }] : []),
          ]);
        }
      });
      expect(ids(seen), `SEED=${seed}`).toEqual(expected);
    });

    it("counts the same number on every page", async () => {
      const headers = { prefer: "odata.maxpagesize=20" };
      const first = (await service.call(`${referrals}?$count=true`, { headers })).body;
      await create();
      await patch(first.value[0]?.id ?? "", [{ path: "/details/notes", value: "changed" }]);
      const second = (await service.call(first["@odata.nextLink"])).body;
      expect(second["@odata.count"]).toBe(first["@odata.count"]);
    });
  });

  describe("a lagging list", () => {
    it("shows what was there a while ago, where a get already shows what is", async () => {
      const created = (await create()).body;
      const { updatedDateTime } = created;
      await service.play("/faults", { listLag: 1, listLagMs: 60_000 }, "PUT");
      const query = `?$filter=id eq '${created.id}'`;
      expect(await list(query)).toEqual([]);
      expect((await service.call(`${referrals}/${created.id}`)).status).toBe(200);
      await service.play("/clock/advance", { milliseconds: 61_000 });
      await patch(created.id, [{ path: "/details/notes", value: "new" }]);
      const [lagging] = await list(query);
      expect(lagging?.updatedDateTime).toBe(updatedDateTime);
      await service.play("/faults", {}, "PUT");
      const [prompt] = await list(query);
      expect(prompt?.details?.notes).toBe("new");
    });
  });
}
