import { verify, X509Certificate } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WebhookEvent } from "../../contract/index.ts";
import { minimalReferral, type StartTestService, type TestService } from "./service-kit-suite.ts";

/** Registration, delivery, offline queue and faults of webhooks. */
export function webhooksSuite(startTestService: StartTestService): void {
  const referrals = "/v1.0/engagements/referrals";
  const registration = "/webhooks/v1/registration";

  interface Received {
    readonly headers: IncomingHttpHeaders;
    readonly text: string;
    readonly event: WebhookEvent;
  }

  let receiver: Server;
  let received: Received[];
  let answerWith: number;
  let webhookUrl: string;
  let service: TestService;

  beforeEach(async () => {
    received = [];
    answerWith = 200;
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        received.push({ headers: request.headers, text, event: JSON.parse(text) });
        response.writeHead(answerWith, { location: "/elsewhere" }).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    service = await startTestService({ allowsPrivateWebhooks: true, webhookBackoffMs: 1 });
  });
  afterEach(async () => {
    await service.close();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  const register = (more = {}, as = service.admin) =>
    service.call(registration, {
      method: "POST",
      as,
      audience: "webhooks",
      body: {
        WebhookUrl: webhookUrl,
        WebhookEvents: ["referral-created", "referral-updated", "related-referral-created"],
        ...more,
      },
    });
  const create = async (more = {}) =>
    (await service.call(referrals, { method: "POST", body: minimalReferral(more) })).body;
  const arrived = (count: number) => vi.waitFor(() => expect(received.length).toBe(count), 5_000);

  async function signerOf({ headers }: Received): Promise<X509Certificate> {
    const url = String(headers["x-ms-certificate-url"]);
    const [leaf = "", authority = ""] =
      (await (await fetch(url)).text()).match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    const certificate = new X509Certificate(leaf);
    expect(certificate.verify(new X509Certificate(authority).publicKey)).toBe(true);
    return certificate;
  }

  describe("registration", () => {
    it("answers 404 before, and what was registered after", async () => {
      const get = () => service.call(registration, { audience: "webhooks" });
      expect((await get()).status).toBe(404);
      await register({ SignatureTokenToMsSignatureHeader: true });
      expect((await get()).body).toMatchObject({
        WebhookUrl: webhookUrl,
        SignatureTokenToMsSignatureHeader: true,
      });
      expect(
        (await service.call(`${registration}/events`, { audience: "webhooks" })).text,
      ).toContain("related-referral-updated");
    });

    it("is for admins, and takes no token of the referrals API", async () => {
      const asUser = await service.call(registration, { as: service.user, audience: "webhooks" });
      expect([asUser.status, asUser.body.error.code]).toEqual([403, "accessDenied"]);
      expect((await service.call(registration)).status).toBe(401);
    });

    it.each([
      ["an unknown event", { WebhookEvents: ["referral-exploded"] }],
      ["no event", { WebhookEvents: [] }],
      ["no address", { WebhookUrl: undefined }],
      ["an address with a password", { WebhookUrl: "https://a:b@hooks.example/" }],
      ["an address that isn't http", { WebhookUrl: "ftp://hooks.example/" }],
    ])("refuses %s and registers nothing", async (_what, more) => {
      const answer = await register(more);
      expect([answer.status, answer.body.error.code]).toEqual([400, "invalidRequest"]);
      expect((await service.call(registration, { audience: "webhooks" })).status).toBe(404);
    });

    it("refuses a private address where that isn't allowed", async () => {
      const strict = await startTestService();
      for (const WebhookUrl of ["https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/"]) {
        const body = { WebhookUrl, WebhookEvents: ["test-created"] };
        const answer = await strict.call(registration, {
          method: "POST",
          audience: "webhooks",
          body,
        });
        expect(answer.status).toBe(400);
      }
      await strict.close();
    });
  });

  describe("delivery", () => {
    it("tells of a change with a signature that the certificate verifies", async () => {
      await register();
      const { id } = await create();
      await arrived(1);
      const [call] = received;
      if (!call) throw new Error("nothing arrived");
      expect(call.event).toMatchObject({ EventName: "referral-created", ResourceName: "referral" });
      expect(call.event.ResourceUri.endsWith(`/referrals/${id}`)).toBe(true);
      expect(call.headers["x-ms-signature-algorithm"]).toBe("rsa-sha256");
      const signature = String(call.headers.authorization).replace("Signature ", "");
      const certificate = await signerOf(call);
      const bytes = Buffer.from(signature, "base64");
      expect(verify("sha256", Buffer.from(call.text), certificate.publicKey, bytes)).toBe(true);
    });

    it("signs in x-ms-signature where that was asked for", async () => {
      await register({ SignatureTokenToMsSignatureHeader: true });
      await create();
      await arrived(1);
      expect(received[0]?.headers["x-ms-signature"]).toMatch(/^Signature [A-Za-z0-9+/=]+$/);
      expect(received[0]?.headers.authorization).toBeUndefined();
    });

    it("sends only registered events, and none to another organisation", async () => {
      await register({ WebhookEvents: ["referral-updated"] });
      await service.call(referrals, {
        method: "POST",
        as: service.stranger,
        body: minimalReferral(),
      });
      const { id } = await create();
      const body = [{ path: "/details/notes", value: "changed" }];
      await service.call(`${referrals}/${id}`, { method: "PATCH", body });
      await arrived(1);
      expect(received[0]?.event.EventName).toBe("referral-updated");
    });

    it("names Microsoft's side of an engagement a related referral", async () => {
      await register({ WebhookEvents: ["related-referral-created"] });
      const own = await create({ type: "Shared" });
      const target = [{ type: "BusinessProfileLocation", id: "msft" }];
      const { id } = await create({ engagementId: own.engagementId, target });
      await arrived(1);
      expect(received[0]?.event.ResourceUri.endsWith(id)).toBe(true);
    });

    it("gives up after ten attempts, keeps the event and replays it on demand", async () => {
      answerWith = 500;
      await register();
      const { id } = await create();
      await arrived(10);
      const offline = async () =>
        JSON.parse((await service.play("/webhooks/offline")).text).deliveries;
      await vi.waitFor(async () => expect(await offline()).toHaveLength(1), 5_000);
      const [delivery] = await offline();
      expect(delivery).toMatchObject({ attempts: 10, event: "referral-created" });
      expect(delivery.results).toHaveLength(10);
      answerWith = 204;
      await service.play("/webhooks/replay", {});
      await arrived(11);
      expect(received[10]?.event.ResourceUri.endsWith(id)).toBe(true);
      await vi.waitFor(async () => expect(await offline()).toHaveLength(0), 5_000);
    });

    it("follows no redirect", async () => {
      answerWith = 302;
      await register();
      await create();
      await arrived(10);
      expect(received.every(({ headers }) => headers.host === new URL(webhookUrl).host)).toBe(true);
    });
  });

  describe("the test event", () => {
    it("arrives, and its state can be asked for by its correlation id", async () => {
      await register({ WebhookEvents: ["test-created"] });
      const path = `${registration}/validationEvents`;
      const post = () => service.call(path, { method: "POST", audience: "webhooks" });
      const { correlationId } = JSON.parse((await post()).text);
      await arrived(1);
      expect(received[0]?.event.ResourceUri.endsWith(correlationId)).toBe(true);
      await vi.waitFor(async () => {
        const state = await service.call(`${path}/${correlationId}`, { audience: "webhooks" });
        expect(JSON.parse(state.text)).toMatchObject({
          status: "completed",
          callbackUrl: webhookUrl,
          results: [{ responseCode: "200", systemError: false }],
        });
      }, 5_000);
      await post();
      const third = await post();
      expect(third.status).toBe(429);
    });
  });

  describe("faults of delivery", () => {
    it("loses, doubles and delays webhooks by the profile", async () => {
      await register({ WebhookEvents: ["referral-created"] });
      await service.play("/faults", { webhookLost: 1 }, "PUT");
      await create();
      await vi.waitFor(async () => {
        const { counts } = JSON.parse((await service.play("/faults")).text);
        expect(counts.webhookLost).toBe(1);
      }, 5_000);
      expect(received).toHaveLength(0);
      await service.play("/faults", { webhookDoubled: 1 }, "PUT");
      await create();
      await arrived(2);
      expect(received[0]?.text).toBe(received[1]?.text);
      await service.play("/faults", { webhookLate: 1, webhookLateMs: 200 }, "PUT");
      const late = await create();
      await service.play("/faults", {}, "PUT");
      const prompt = await create();
      await arrived(4);
      const last = received.slice(2).map(({ event }) => event.ResourceUri.split("/").at(-1));
      expect(last).toEqual([prompt.id, late.id]);
    });
  });
}
