import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Referral } from "../../contract/index.ts";
import { minimalReferral, type StartTestService, type TestService } from "./service-kit-suite.ts";

const referrals = "/v1.0/engagements/referrals";
const toMicrosoft = { target: [{ type: "BusinessProfileLocation", id: "msft" }] };

/** The seven operations as the contract says: statuses, bodies, headers. */
export function operationsSuite(startTestService: StartTestService): void {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  const post = (body: unknown, headers = {}) =>
    service.call(referrals, { method: "POST", body, headers });
  const create = async (more: Partial<Referral> = {}) => (await post(minimalReferral(more))).body;
  const read = async (id: string) => (await service.call(`${referrals}/${id}`)).body;
  const patch = (path: string, body: unknown, headers = {}) =>
    service.call(path, { method: "PATCH", body, headers });

  describe("create", () => {
    it("answers 200 with what was stored, accepted at once, and a get agrees", async () => {
      const sent = minimalReferral({ status: "New", substatus: "Pending" });
      const { status, body, headers } = await post(sent);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        organizationId: service.admin.organizationId,
        status: "Active",
        substatus: "Accepted",
        name: sent.name,
        details: sent.details,
      });
      expect(headers.get("etag")).toBe(body.eTag);
      expect(body["@odata.context" as keyof typeof body]).toMatch(
        /\$metadata#referrals\/\$entity$/,
      );
      expect(await read(body.id)).toEqual(body);
    });

    it("keeps unknown properties, takes keys in any case, sets its own itself", async () => {
      const body = { ...minimalReferral(), Name: "Upper", name: undefined, newField: { a: [1] } };
      const stolen = {
        id: "mine",
        eTag: '"mine"',
        organizationId: "mine",
        createdDateTime: "mine",
      };
      const stored = (await post({ ...body, ...stolen })).body;
      expect(stored).toMatchObject({ name: "Upper", newField: { a: [1] } });
      expect(Object.values(stored)).not.toContain("mine");
      expect(stored.eTag).not.toBe('"mine"');
    });

    it("leaves New/Pending to the other side where it is told to", async () => {
      const patient = await startTestService({ acceptsAtOnce: false });
      const body = minimalReferral();
      const answer = await patient.call(referrals, { method: "POST", body });
      await patient.close();
      expect(answer.body).toMatchObject({ status: "New", substatus: "Pending" });
      expect(answer.body.expirationDateTime).toBeTruthy();
    });

    it("makes a connected referral Microsoft's side of the engagement", async () => {
      const own = await create({ type: "Shared" });
      const second = await create({ engagementId: own.engagementId, ...toMicrosoft });
      expect(second.engagementId).toBe(own.engagementId);
      expect(second.id).not.toBe(own.id);
      expect(second).toMatchObject({ organizationId: "msft", status: "New", substatus: "Pending" });
      const related = await service.call(own.links?.relatedReferrals?.uri ?? "");
      expect(related.body.value.map(({ id }) => id)).toEqual([own.id, second.id]);
      expect((await service.call(own.links?.self?.uri ?? "")).body.id).toBe(own.id);
      const answered = await patch(`${referrals}/${second.id}`, [
        { path: "/status", value: "Active" },
        { path: "/substatus", value: "Accepted" },
      ]);
      expect([answered.status, answered.body.error.code]).toEqual([403, "accessDenied"]);
    });
  });

  describe("a request id", () => {
    it("makes a repeated POST create one referral and answer the same", async () => {
      const headers = { "MS-RequestId": "retry-1" };
      const first = await post(minimalReferral({ name: "Once" }), headers);
      const again = await post(minimalReferral({ name: "Once" }), headers);
      expect(again.status).toBe(200);
      expect(again.body).toEqual(first.body);
      expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
      const found = await service.call(`${referrals}?$filter=name eq 'Once'`);
      expect(found.body.value).toHaveLength(1);
    });

    it("makes two POSTs at the same time create one referral", async () => {
      const headers = { "MS-RequestId": "retry-2" };
      const body = minimalReferral({ name: "At once" });
      const answers = await Promise.all([post(body, headers), post(body, headers)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    });

    it("refuses another body under the same id, and is each organisation's own", async () => {
      const headers = { "MS-RequestId": "retry-3" };
      await post(minimalReferral(), headers);
      const other = await post(minimalReferral({ name: "Other" }), headers);
      expect([other.status, other.body.error.code]).toEqual([400, "requestIdReused"]);
      const body = minimalReferral({ name: "Other" });
      const call = { method: "POST", body, headers, as: service.stranger };
      expect((await service.call(referrals, call)).status).toBe(200);
    });

    it("makes a repeated PATCH change once", async () => {
      const { id } = await create();
      const body = [{ op: "add", path: "/team/-", value: { firstName: "Freya" } }];
      const headers = { "MS-RequestId": "retry-4" };
      await patch(`${referrals}/${id}`, body, headers);
      expect((await patch(`${referrals}/${id}`, body, headers)).status).toBe(204);
      expect((await read(id)).team).toHaveLength(1);
    });

    it("can be switched off", async () => {
      const forgetful = await startTestService({ honoursRequestIds: false });
      const call = { method: "POST", body: minimalReferral(), headers: { "MS-RequestId": "r" } };
      const first = await forgetful.call(referrals, call);
      const again = await forgetful.call(referrals, call);
      await forgetful.close();
      expect(again.body.id).not.toBe(first.body.id);
    });
  });

  describe("patch", () => {
    it("answers 204, or the representation where that is preferred, with a new eTag", async () => {
      const created = await create();
      const path = `${referrals}/${created.id}`;
      const silent = await patch(path, [{ path: "/details/notes", value: "first" }]);
      expect([silent.status, silent.text]).toEqual([204, ""]);
      const headers = { prefer: "return=representation", "if-match": "*" };
      const spoken = await patch(path, [{ path: "/details/notes", value: "second" }], headers);
      expect(spoken.status).toBe(200);
      expect(spoken.headers.get("preference-applied")).toBe("return=representation");
      expect(spoken.body.details?.notes).toBe("second");
      expect(spoken.body.eTag).not.toBe(silent.headers.get("etag"));
      expect(spoken.headers.get("etag")).toBe(spoken.body.eTag);
    });

    it("appends to lists and makes what lies on the way", async () => {
      const created = await create();
      const solution = { id: "SOL-1", name: "Harbour Sync", type: "Name" };
      await patch(`${referrals}/${created.id}`, [
        { op: "add", path: "/details/requirements/solutions/-", value: solution },
        { op: "add", path: "/team/-", value: { email: "freya@partner.example" } },
        { op: "add", path: "/team/-", value: { email: "jonas@partner.example" } },
        { path: "/details/dealValue", value: "1234.50" },
      ]);
      const { details, team } = await read(created.id);
      expect(details?.requirements?.solutions).toEqual([solution]);
      expect(team).toHaveLength(2);
      expect(details?.dealValue).toBe(1234.5);
    });

    it("wins with both values at once and notes the moments", async () => {
      const created = await create();
      const to = (status: string, substatus: string) =>
        patch(`${referrals}/${created.id}`, [
          { path: "/status", value: status },
          { path: "/substatus", value: substatus },
        ]);
      expect((await to("Closed", "Won")).status).toBe(204);
      const won = await read(created.id);
      expect(won.closedDateTime).toBe(won.updatedDateTime);
      expect(won.acceptedDateTime).toBe(created.acceptedDateTime);
    });
  });

  describe("deal registration", () => {
    it("is made at {id}/ and corrected at {id}//, and only there", async () => {
      const { id } = await create();
      const value = { contract: { value: 10 }, solutionDetails: [{ id: "SOL-1" }] };
      const made = await patch(`${referrals}/${id}/`, [
        { op: "add", path: "/registrations/-", value },
      ]);
      expect(made.status).toBe(204);
      const change = [
        { op: "replace", path: "/registrations/0/contract/value", value: 20 },
        { op: "add", path: "/registrations/0/solutionDetails/0/pricingModel", value: "Other" },
      ];
      expect((await patch(`${referrals}/${id}/`, change)).status).toBe(400);
      expect((await patch(`${referrals}/${id}//`, change)).status).toBe(204);
      const { registrations } = await read(id);
      expect(registrations?.[0]).toMatchObject({
        type: "AzureIPCoSell",
        status: "ReviewPending",
        contract: { value: 20 },
        solutionDetails: [{ id: "SOL-1", pricingModel: "Other" }],
      });
    });
  });

  describe("update", () => {
    const put = (id: string, body: unknown, eTag: string) =>
      service.call(`${referrals}/${id}`, { method: "PUT", body, headers: { "if-match": eTag } });

    it("replaces the partner's part by the raw document and keeps the service's own", async () => {
      const created = await create({ campaignId: "spring" });
      const raw = { ...(await read(created.id)), name: "Renamed", campaignId: undefined };
      const stolen = {
        links: { self: { uri: "https://elsewhere.example/" } },
        organizationId: "x",
      };
      const { status, body } = await put(created.id, { ...raw, ...stolen, id: "x" }, created.eTag);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        id: created.id,
        name: "Renamed",
        organizationId: created.organizationId,
        createdDateTime: created.createdDateTime,
        links: created.links,
      });
      expect(body).not.toHaveProperty("campaignId");
      expect(body.eTag).not.toBe(created.eTag);
    });

    it("keeps the state where the body names none", async () => {
      const created = await create();
      const { status, body } = await put(created.id, minimalReferral({ name: "Bare" }), "*");
      expect([status, body.status, body.substatus]).toEqual([200, "Active", "Accepted"]);
    });
  });

  describe("headers", () => {
    it("name the request and echo what the caller sent", async () => {
      const sent = { "client-request-id": "c-1", "MS-CorrelationId": "m-1" };
      const { headers } = await service.call(referrals, { headers: sent });
      expect(headers.get("request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get("client-request-id")).toBe("c-1");
      expect(headers.get("ms-correlationid")).toBe("m-1");
      expect(headers.get("timestamp")).toMatch(/^\d{4}-/);
    });

    it("give one eTag, quotes included, in header, get and list", async () => {
      const created = await create();
      const get = await service.call(`${referrals}/${created.id}`);
      const list = await service.call(`${referrals}?$filter=id eq '${created.id}'`);
      const all = [get.headers.get("etag"), get.body.eTag, list.body.value[0]?.eTag];
      expect(created.eTag).toMatch(/^".+"$/);
      expect(all).toEqual([created.eTag, created.eTag, created.eTag]);
    });
  });

  it("answers at the doubled slash of the connector's definition too", async () => {
    const doubled = "/v1.0/engagements//referrals";
    const created = await service.call(doubled, { method: "POST", body: minimalReferral() });
    expect(created.status).toBe(200);
    const path = `${doubled}/${created.body.id}`;
    expect((await service.call(path)).body).toEqual(created.body);
    const body = [{ path: "/details/notes", value: "x" }];
    expect((await service.call(path, { method: "PATCH", body })).status).toBe(204);
    expect((await service.call(doubled)).body.value.length).toBeGreaterThan(0);
    expect((await service.call(`${referrals}//${created.body.id}`)).status).toBe(404);
  });
}
