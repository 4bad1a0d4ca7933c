import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { minimalReferral, type StartTestService, type TestService } from "./service-kit-suite.ts";

/** Listing by OData. */
export function listSuite(startTestService: StartTestService): void {
  const referrals = "/v1.0/engagements/referrals";
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
    await service.play("/seed", { count: 200 });
  });
  afterAll(() => service.close());

  const list = (query: string, headers = {}) => service.call(`${referrals}${query}`, { headers });

  describe("listing", () => {
    it("sends everything by default, oldest first, as it was stored", async () => {
      const { body } = await list("");
      expect(body.value).toHaveLength(200);
      const created = body.value.map(({ createdDateTime }) => createdDateTime);
      expect(created).toEqual([...created].sort());
      expect(body).not.toHaveProperty("@odata.count");
      const [first] = body.value;
      const { "@odata.context": _, ...single } = (await service.call(`${referrals}/${first?.id}`))
        .body;
      expect(single).toEqual(first);
    });

    it.each([
      ["status eq 'New'", (one: { status?: unknown }) => one.status === "New"],
      [
        "status eq 'Active' and type eq 'Shared'",
        (one: { status?: unknown; type?: unknown }) =>
          one.status === "Active" && one.type === "Shared",
      ],
      [
        "customerProfile/address/country eq 'DE' or details/dealValue gt 100000",
        // biome-ignore lint/suspicious/noExplicitAny: reads into two levels
        (one: any) =>
          one.customerProfile.address.country === "DE" || one.details.dealValue > 100_000,
      ],
      [
        "team/any(t:startswith(t/email,'amara'))",
        // biome-ignore lint/suspicious/noExplicitAny: reads into two levels
        (one: any) => one.team.some((member: any) => member.email.startsWith("amara")),
      ],
    ])("filters by %s", async (filter, isWanted) => {
      const all = (await list("")).body.value;
      const { body } = await list(`?$filter=${encodeURIComponent(filter)}&$count=true`);
      const wanted = all.filter(isWanted).map(({ id }) => id);
      expect(wanted.length).toBeGreaterThan(0);
      expect(body.value.map(({ id }) => id)).toEqual(wanted);
      expect(body["@odata.count"]).toBe(wanted.length);
    });

    it("orders, skips and takes", async () => {
      const order = "?$orderby=details/dealValue desc,name";
      const all = (await list(order)).body.value;
      const values = all.map(({ details }) => details?.dealValue ?? 0);
      expect(values).toEqual([...values].sort((left, right) => right - left));
      const some = (await list(`${order}&$skip=20&$top=30&$count=true`)).body;
      expect(some.value).toEqual(all.slice(20, 50));
      expect(some["@odata.count"]).toBe(200);
      expect((await list("?$top=0&$count=true")).body).toMatchObject({
        value: [],
        "@odata.count": 200,
      });
      expect((await list("?$skip=1000000000")).body.value).toEqual([]);
    });

    it("sends only selected properties", async () => {
      const { body } = await list("?$select=id,details/dealValue&$top=1");
      expect(Object.keys(body.value[0] ?? {}).sort()).toEqual(["details", "id"]);
      expect(Object.keys(body.value[0]?.details ?? {})).toEqual(["dealValue"]);
    });

    it("expands the other referrals of the engagement, in lists and single", async () => {
      const create = async (more = {}) =>
        (await service.call(referrals, { method: "POST", body: minimalReferral(more) })).body;
      const own = await create({ type: "Shared" });
      const target = [{ type: "BusinessProfileLocation", id: "msft" }];
      const theirs = await create({ engagementId: own.engagementId, target });
      const query = `?$filter=id eq '${own.id}'&$expand=relatedReferrals`;
      const [listed] = (await list(query)).body.value;
      const related = (one: unknown) =>
        (one as { relatedReferrals: { id: string }[] }).relatedReferrals;
      expect(related(listed).map(({ id }) => id)).toEqual([theirs.id]);
      const single = await service.call(
        `${referrals}/${own.id}?$expand=relatedReferrals&$select=id`,
      );
      expect(related(single.body).map(({ id }) => id)).toEqual([theirs.id]);
      expect(single.body).not.toHaveProperty("name");
      const link = new URL(own.links?.relatedReferrals?.uri ?? "");
      const linked = await service.call(link.href);
      expect(linked.body.value.map(({ id }) => id)).toEqual([own.id, theirs.id]);
    });

    it("shows one organisation nothing of another", async () => {
      const answer = await service.call(`${referrals}?$count=true`, { as: service.stranger });
      expect(answer.body).toMatchObject({ "@odata.count": 0, value: [] });
    });
  });
}
