import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { generate, HttpClient } from "openapi-typescript-codegen";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectorDefinition } from "../../src/connector/index.ts";
import type { Referral } from "../../src/contract/index.ts";
import { root } from "../checks.ts";
import { type CallbackReceiver, receiveCallbacks } from "./callback-receiver.ts";
import { type RunningGateway, runGateway } from "./running-gateway.ts";
import { newReferral } from "./running-service.ts";

/*
 * A client that a stranger's generator makes of the exported definition. It knows nothing of us but
 * that file, and performs every action through the gateway.
 */

type Stored = Referral & { readonly id: string; readonly eTag: string };
type Patch = readonly { readonly op?: string; readonly path: string; readonly value: unknown }[];
interface OfReferral {
  readonly id: string;
  readonly ifMatch?: string;
}

interface GeneratedClient {
  readonly OpenAPI: { TOKEN: string };
  readonly ReferralsService: {
    createReferral(options: { referral: Referral; msCorrelationId?: string }): Promise<Stored>;
    getReferralById(options: OfReferral): Promise<Stored>;
    getAllReferrals(options: {
      filter?: string;
      orderby?: string;
      top?: number;
      skip?: number;
      count?: boolean;
    }): Promise<{ value: readonly Stored[]; "@odata.count"?: number }>;
    updateReferralById(options: OfReferral & { odataReferral: Referral }): Promise<Stored>;
    patchReferralById(options: OfReferral & { referral: Patch }): Promise<void>;
    createDealRegistrationByReferralId(options: OfReferral & { referral: Patch }): Promise<void>;
    patchDealRegistrationByReferralId(options: OfReferral & { referral: Patch }): Promise<void>;
  };
  readonly TriggersService: Readonly<
    Record<
      "whenReferralIsCreated" | "whenReferralIsUpdated" | "whenReferralNeedsAnswer",
      (options: { subscription: Readonly<Record<string, unknown>> }) => Promise<{ id: string }>
    >
  > & { deleteSubscription(options: { id: string }): Promise<void> };
}

let running: RunningGateway;
let receiver: CallbackReceiver;
let folder: string;
let client: GeneratedClient;

beforeAll(async () => {
  running = await runGateway({ pollMs: 30, expiryPollMs: 30 });
  receiver = await receiveCallbacks();
  folder = mkdtempSync(join(root, "node_modules", ".generated-client-"));
  const definition = connectorDefinition({
    edition: "current",
    profile: "gateway",
    host: new URL(running.gateway.urls.baseUrl).host,
    scheme: "http",
  });
  await generate({
    input: structuredClone(definition),
    output: folder,
    httpClient: HttpClient.FETCH,
    useOptions: true,
    useUnionTypes: true,
  });
  client = (await import(/* @vite-ignore */ `${folder}/index.ts`)) as GeneratedClient;
  client.OpenAPI.TOKEN = (await running.connect()).access_token;
});
afterAll(async () => {
  await running.close();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const create = (more: Partial<Referral> = {}): Promise<Stored> =>
  client.ReferralsService.createReferral({ referral: newReferral(more) });
const read = (id: string): Promise<Stored> => client.ReferralsService.getReferralById({ id });

describe("a client generated from the exported definition", () => {
  test("creates, and gets by id", async () => {
    const created = await create({ externalReferenceId: "generated-1" });
    expect(created).toMatchObject({ externalReferenceId: "generated-1", status: "Active" });
    expect(await read(created.id)).toEqual(created);
  });

  test("gets all, by filter, order, page and count", async () => {
    for (const name of ["b", "a", "c"]) await create({ name, campaignId: "listed" });
    const answer = await client.ReferralsService.getAllReferrals({
      filter: "campaignId eq 'listed'",
      orderby: "name",
      top: 2,
      skip: 1,
      count: true,
    });
    expect(answer.value.map(({ name }) => name)).toEqual(["b", "c"]);
    expect(answer["@odata.count"]).toBe(3);
  });

  test("updates under the eTag, and is refused with a stale one", async () => {
    const { id, eTag, ...stored } = await create();
    const update = (ifMatch: string) =>
      client.ReferralsService.updateReferralById({
        id,
        ifMatch,
        odataReferral: { ...stored, name: "Updated" },
      });
    expect((await update(eTag)).name).toBe("Updated");
    await expect(update(eTag)).rejects.toMatchObject({ status: 412 });
  });

  test("patches fields, with a condition where it wants one", async () => {
    const { id, eTag } = await create();
    const patch = (value: string, more = {}) =>
      client.ReferralsService.patchReferralById({
        id,
        referral: [{ op: "replace", path: "/details/notes", value }],
        ...more,
      });
    await patch("first");
    expect((await read(id)).details?.notes).toBe("first");
    await expect(patch("second", { ifMatch: eTag })).rejects.toMatchObject({ status: 412 });
  });

  test("registers a deal and corrects its registration", async () => {
    const { id } = await create({ type: "Shared" });
    const registration = {
      type: "AzureIPCoSell",
      contract: { value: 100, currency: "USD", term: "Finite" },
      solutionDetails: [{ id: "SOL-12345-ABC", value: 100, currency: "USD" }],
    };
    await client.ReferralsService.createDealRegistrationByReferralId({
      id,
      referral: [{ op: "add", path: "/registrations/-", value: registration }],
    });
    await client.ReferralsService.patchDealRegistrationByReferralId({
      id,
      referral: [{ op: "replace", path: "/registrations/0/contract/value", value: 250 }],
    });
    const [first] = (await read(id)).registrations ?? [];
    expect(first).toMatchObject({ type: "AzureIPCoSell", contract: { value: 250 } });
  });

  test("subscribes to each trigger, and unsubscribes", async () => {
    const { TriggersService } = client;
    const to = (path: string, more = {}) => ({
      subscription: { callbackUrl: `${receiver.url}${path}`, ...more },
    });
    const subscribed = [
      await TriggersService.whenReferralIsCreated(to("/created")),
      await TriggersService.whenReferralIsUpdated(to("/updated")),
      await TriggersService.whenReferralNeedsAnswer(to("/needs-answer", { daysBefore: 7 })),
    ];
    const { id } = await create({ name: "told" });
    await receiver.until(1, "/created");
    const referral = [{ op: "replace", path: "/details/notes", value: "changed" }];
    await client.ReferralsService.patchReferralById({ id, referral });
    await receiver.until(1, "/updated");
    for (const { id: subscription } of subscribed) {
      await TriggersService.deleteSubscription({ id: subscription });
    }
    await expect(
      TriggersService.deleteSubscription({ id: subscribed[0]?.id ?? "" }),
    ).rejects.toMatchObject({ status: 404 });
  });
});
