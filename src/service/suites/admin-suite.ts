import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { minimalReferral, type StartTestService, type TestService } from "./service-kit-suite.ts";

/** Playing Microsoft and turning the sandbox's knobs. */
export function adminSuite(startTestService: StartTestService): void {
  const referrals = "/v1.0/engagements/referrals";
  const dayMs = 86_400_000;

  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  const read = async (id: string) => (await service.call(`${referrals}/${id}`)).body;
  const create = async (more = {}) =>
    (await service.call(referrals, { method: "POST", body: minimalReferral(more) })).body;

  describe("playing Microsoft", () => {
    it("sends a lead that waits fourteen days for an answer", async () => {
      const { status, body } = await service.play("/referrals", { kind: "lead" });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: "New",
        substatus: "Pending",
        type: "Independent",
        qualification: "Direct",
        direction: "Incoming",
        inviteContext: { invitedBy: { organizationId: "msft" } },
      });
      const waitMs =
        Date.parse(body.expirationDateTime ?? "") - Date.parse(body.createdDateTime ?? "");
      expect(waitMs).toBe(14 * dayMs);
      expect(await read(body.id)).toEqual(body);
    });

    it("sends a co-sell deal in the state Received, with values of one's own", async () => {
      const order = { kind: "co-sell", substatus: "Received", referral: { name: "Lighthouse" } };
      const { body } = await service.play("/referrals", order);
      expect(body).toMatchObject({ name: "Lighthouse", type: "Shared", substatus: "Received" });
    });

    it("accepts its side of an engagement and notes its own CRM's number", async () => {
      const own = await create({ type: "Shared" });
      const second = await create({
        type: "Shared",
        engagementId: own.engagementId,
        target: [{ type: "BusinessProfileLocation", id: "msft" }],
      });
      expect(second).toMatchObject({ organizationId: "msft", status: "New", substatus: "Pending" });
      await service.play(`/referrals/${second.id}/accept`, { microsoftMsxId: "7-ABC" });
      expect(await read(second.id)).toMatchObject({
        status: "Active",
        substatus: "Accepted",
        trackingInfo: { microsoftMsxId: "7-ABC" },
      });
    });

    it("declines, closes and edits, each by the lifecycle", async () => {
      const lead = (await service.play("/referrals", {})).body;
      await service.play(`/referrals/${lead.id}/decline`, { statusReason: "Not our market" });
      expect(await read(lead.id)).toMatchObject({
        substatus: "Declined",
        statusReason: "Not our market",
      });
      const deal = await create();
      const edited = await service.play(
        `/referrals/${deal.id}`,
        { details: { dealValue: 7 }, id: "other" },
        "PATCH",
      );
      expect(edited.body).toMatchObject({
        id: deal.id,
        details: { dealValue: 7, currency: "EUR" },
      });
      await service.play(`/referrals/${deal.id}/close`, { outcome: "Lost" });
      expect(await read(deal.id)).toMatchObject({ status: "Closed", substatus: "Lost" });
      const again = await service.play(`/referrals/${deal.id}/close`, { outcome: "Won" });
      expect([again.status, again.body.error.code]).toEqual([400, "finalState"]);
    });

    it("gives a referral a new eTag though nothing of it changes", async () => {
      const before = await create();
      await service.play(`/referrals/${before.id}/touch`, {});
      const after = await read(before.id);
      expect(after.eTag).not.toBe(before.eTag);
      expect({ ...after, eTag: "" }).toEqual({ ...before, eTag: "" });
    });

    it("admits nobody without the sandbox's secret", async () => {
      const answer = await service.call(`${service.urls.adminUrl}/clients`);
      expect([answer.status, answer.body.error.code]).toEqual([401, "unauthenticated"]);
    });
  });

  describe("skipping time", () => {
    it("expires what was not answered in fourteen days, and nothing else", async () => {
      const waiting = (await service.play("/referrals", {})).body;
      const accepted = await create();
      await service.play("/clock/advance", { milliseconds: 14 * dayMs - 60_000 });
      expect(await read(waiting.id)).toMatchObject({ status: "New" });
      await service.play("/clock/advance", { milliseconds: 60_000 });
      const expired = await read(waiting.id);
      expect(expired).toMatchObject({ status: "Closed", substatus: "Expired" });
      expect(expired.eTag).not.toBe(waiting.eTag);
      expect(await read(accepted.id)).toMatchObject({ status: "Active" });
    });

    it("fails the registration of a deal won within 72 hours, not of one won later", async () => {
      const registration = [
        { op: "add", path: "/registrations/-", value: { type: "AzureIPCoSell" } },
      ];
      const win = [
        { op: "replace", path: "/status", value: "Closed" },
        { op: "replace", path: "/substatus", value: "Won" },
      ];
      const hasty = await create();
      const patient = await create();
      for (const { id } of [hasty, patient]) {
        const path = `${referrals}/${id}/`;
        const answer = await service.call(path, { method: "PATCH", body: registration });
        expect(answer.status).toBe(204);
      }
      await service.call(`${referrals}/${hasty.id}`, { method: "PATCH", body: win });
      await service.play("/clock/advance", { milliseconds: 3 * dayMs + 1 });
      await service.call(`${referrals}/${patient.id}`, { method: "PATCH", body: win });
      expect((await read(hasty.id)).registrationStatus).toBe("Failed");
      expect((await read(patient.id)).registrationStatus).toBe("ReviewPending");
    });
  });

  describe("the sandbox's knobs", () => {
    it("limits calls per connection, with Retry-After", async () => {
      await service.play("/limit", { calls: 1 }, "PUT");
      const path = `${referrals}/none`;
      await service.call(path, { as: service.stranger });
      const answer = await service.call(path, { as: service.stranger });
      const others = await service.call(path, { as: service.user });
      await service.play("/limit", { calls: 100_000 }, "PUT");
      expect(others.status).toBe(404);
      expect([answer.status, answer.body.error.code]).toEqual([429, "tooManyRequests"]);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    });

    it("asks for multifactor sign-in with 900421", async () => {
      await service.play("/mfa", { required: true }, "PUT");
      const answer = await service.call(`${referrals}/none`);
      await service.play("/mfa", { required: false }, "PUT");
      expect([answer.status, answer.body.error.code]).toEqual([401, "900421"]);
    });

    it("strikes calls by the fault profile until it is taken away", async () => {
      await service.play("/faults", { serverError: 1 }, "PUT");
      const struck = await service.call(`${referrals}/none`);
      await service.play("/faults", {}, "PUT");
      const spared = await service.call(`${referrals}/none`);
      expect([struck.status, spared.status]).toEqual([500, 404]);
    });

    it("gives a referral a new eTag at a read, which the next list shows too", async () => {
      const before = await create();
      await service.play("/faults", { eTagChurn: 1 }, "PUT");
      const after = await read(before.id);
      await service.play("/faults", {}, "PUT");
      expect(after.eTag).not.toBe(before.eTag);
      expect({ ...after, eTag: "" }).toEqual({ ...before, eTag: "" });
      const list = await service.call(`${referrals}?$filter=id eq '${before.id}'`);
      expect(list.body.value[0]?.eTag).toBe(after.eTag);
    });

    it("seeds invented referrals and empties itself", async () => {
      await service.play("/reset", {});
      await service.play("/seed", { count: 120 });
      expect((await service.call(referrals)).body.value).toHaveLength(120);
      expect((await service.call(referrals, { as: service.stranger })).body.value).toHaveLength(0);
      await service.play("/reset", {});
      expect((await service.call(referrals)).body.value).toHaveLength(0);
    });
  });
}
