import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { minimalReferral, startTestService, type TestService } from "./service-test-kit.ts";

const referrals = "/v1.0/engagements/referrals";

describe("the seven operations", () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  const create = async (more = {}) => {
    const { body } = await service.call(referrals, { method: "POST", body: minimalReferral(more) });
    return body;
  };

  it("creates with 200 and answers what was stored, accepted at once", async () => {
    const answer = await service.call(referrals, {
      method: "POST",
      body: minimalReferral({ status: "New", substatus: "Pending" }),
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      organizationId: service.admin.organizationId,
      status: "Active",
      substatus: "Accepted",
      name: "Modern workplace for a toy maker",
    });
    const read = await service.call(`${referrals}/${answer.body.id}`);
    expect(read.body).toEqual(answer.body);
  });

  it("gives one eTag, quotes included, in body, header and list", async () => {
    const created = await create();
    const read = await service.call(`${referrals}/${created.id}`);
    const { body: list } = await service.call(referrals);
    const listed = list.value.find((one) => one.id === created.id);
    expect(created.eTag).toMatch(/^".+"$/);
    expect(read.headers.get("etag")).toBe(created.eTag);
    expect(read.body.eTag).toBe(created.eTag);
    expect(listed?.eTag).toBe(created.eTag);
  });

  it("patches with 204, or with the representation where that is preferred", async () => {
    const created = await create();
    const path = `${referrals}/${created.id}`;
    const body = [{ op: "replace", path: "/details/notes", value: "first" }];
    const silent = await service.call(path, { method: "PATCH", body });
    expect([silent.status, silent.text]).toEqual([204, ""]);
    const spoken = await service.call(path, {
      method: "PATCH",
      headers: { prefer: "return=representation", "if-match": silent.headers.get("etag") ?? "" },
      body: [{ path: "/details/notes", value: "second" }],
    });
    expect(spoken.status).toBe(200);
    expect(spoken.body.details?.notes).toBe("second");
    expect(spoken.body.eTag).not.toBe(created.eTag);
  });
});
