import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createReferralsPort, filter, type ReferralsClient } from "../../src/client/index.ts";
import { ReferralsError } from "../../src/contract/index.ts";
import { newReferral, type RunningService, runService } from "./running-service.ts";

let running: RunningService;
let client: ReferralsClient;
beforeAll(async () => {
  running = await runService();
  client = running.clientOf();
});
afterAll(() => running.close());

const errorOf = async (work: Promise<unknown>): Promise<ReferralsError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ReferralsError);
  return error as ReferralsError;
};

describe("create, get, list", () => {
  test("what was created is what is read, by get and by list, with one eTag", async () => {
    const created = await client.createReferral(newReferral({ externalReferenceId: "opp-1" }));
    expect(created).toMatchObject({
      externalReferenceId: "opp-1",
      customerProfile: { name: "Proseware", address: { country: "US" } },
      details: { dealValue: 25_000, currency: "USD" },
    });
    expect(created.eTag).toMatch(/^".+"$/);
    const read = await client.getReferral(created.id);
    expect(read).toEqual(created);
    const listed = [];
    const query = { filter: filter`externalReferenceId eq ${"opp-1"}` };
    for await (const referral of client.listReferrals(query)) listed.push(referral);
    expect(listed).toHaveLength(1);
    expect(listed[0]).toMatchObject({ id: created.id, eTag: created.eTag });
  });

  test("properties that the contract doesn't know survive create, get and PUT", async () => {
    const later = { fromALaterEdition: { a: [1, "two"] } };
    const created = await client.createReferral({ ...newReferral(), ...later });
    const read = await client.getReferral(created.id);
    expect(read).toMatchObject(later);
    const updated = await client.updateReferral({ ...read, name: "Renamed" });
    expect(updated).toMatchObject({ ...later, name: "Renamed" });
  });

  test("a list of several pages holds each referral once, and its count", async () => {
    const mark = "paged";
    for (let number = 0; number < 7; number += 1) {
      await client.createReferral(newReferral({ campaignId: mark, name: `Deal ${number}` }));
    }
    const query = {
      filter: filter`campaignId eq ${mark}`,
      orderby: "createdDateTime desc",
      count: true,
    };
    const sizes: number[] = [];
    const names = new Set<unknown>();
    let count: number | undefined;
    for await (const page of client.listReferrals(query).byPage({ maxPageSize: 3 })) {
      sizes.push(page.referrals.length);
      for (const { name } of page.referrals) names.add(name);
      count ??= page.count;
    }
    expect(sizes).toEqual([3, 3, 1]);
    expect(names.size).toBe(7);
    expect(count).toBe(7);
  });

  test("a continuation token goes on where another client stopped", async () => {
    const query = { filter: filter`campaignId eq ${"paged"}`, orderby: "name" };
    const pages = client.listReferrals(query).byPage({ maxPageSize: 4 });
    const first = (await pages.next()).value;
    const continuationToken = first?.continuationToken ?? "";
    const rest: unknown[] = [];
    const other = running.clientOf().listReferrals(query);
    for await (const page of other.byPage({ continuationToken, maxPageSize: 4 })) {
      rest.push(...page.referrals.map(({ name }) => name));
    }
    expect(rest).toEqual(["Deal 4", "Deal 5", "Deal 6"]);
  });

  test.each(["O'Neill & Söhne", "a' or '1' eq '1", "100% / #1?", "名前"])(
    "a filter finds exactly the name %s",
    async (name) => {
      await client.createReferral(newReferral({ name }));
      const found: unknown[] = [];
      const query = { filter: filter`name eq ${name}`, select: "name" };
      for await (const referral of client.listReferrals(query)) found.push(referral.name);
      expect(found).toEqual([name]);
    },
  );

  test("selected referrals hold what was selected", async () => {
    const query = { filter: filter`campaignId eq ${"paged"}`, select: "id,name", top: 2 };
    const listed = [];
    for await (const referral of client.listReferrals(query)) listed.push(referral);
    expect(listed).toHaveLength(2);
    for (const referral of listed) expect(referral).not.toHaveProperty("customerProfile");
  });
});

describe("update and patch", () => {
  test("PATCH changes fields, moves the eTag, and refuses the stale one", async () => {
    const created = await client.createReferral(newReferral());
    const patched = await client.patchReferral(created, [
      { op: "replace", path: "/details/dealValue", value: 30_000 },
      { op: "add", path: "/team/-", value: { email: "sam@partner.example", firstName: "Sam" } },
    ]);
    expect(patched).toMatchObject({
      details: { dealValue: 30_000, currency: "USD" },
      team: [{ email: "sam@partner.example" }],
    });
    expect(patched.eTag).not.toBe(created.eTag);
    const again = [{ op: "replace", path: "/details/dealValue", value: 1 }] as const;
    const stale = await errorOf(client.patchReferral(created, again));
    expect(["preconditionFailed", "resourceModified"]).toContain(stale.code);
    expect(stale).toMatchObject({ status: 412, retryable: false });
    expect(stale.requestId).toMatch(/.+/);
    expect((await client.getReferral(created.id)).eTag).toBe(patched.eTag);
  });

  test("PUT takes the document back as it was read, links and all", async () => {
    const created = await client.createReferral(newReferral());
    const read = await client.getReferral(created.id);
    expect(read.links).toBeDefined();
    const updated = await client.updateReferral({ ...read, name: "A better name" });
    expect(updated.name).toBe("A better name");
    const { updatedDateTime: _a, eTag: _b, name: _c, ...before } = read;
    expect(updated).toMatchObject(before);
    const stale = await errorOf(client.updateReferral(read));
    expect(stale.status).toBe(412);
  });

  test("an overwrite must be asked for, and then wins", async () => {
    const created = await client.createReferral(newReferral());
    const operations = [{ op: "replace", path: "/details/notes", value: "mine" }] as const;
    await client.patchReferral(created, operations);
    const forced = await client.patchReferral(created, operations, { ifMatch: "*" });
    expect(forced.details?.notes).toBe("mine");
  });

  test("the lifecycle's shortcuts lead from New to Won, and no further", async () => {
    const created = await client.createReferral(newReferral());
    const active = created.status === "New" ? await client.acceptReferral(created) : created;
    expect(active).toMatchObject({ status: "Active", substatus: "Accepted" });
    const won = await client.winReferral(active);
    expect(won).toMatchObject({ status: "Closed", substatus: "Won" });
    const error = await errorOf(client.loseReferral(won, { statusReason: "Budget" }));
    expect(error).toMatchObject({ code: "finalState", status: 400 });
    expect(error.remedy).toMatch(/new referral/);
  });

  test("a deal is registered and its registration corrected", async () => {
    const created = await client.createReferral(
      newReferral({ consent: { consentToContact: true } }),
    );
    const registered = await client.createDealRegistration(created, {
      contract: { value: 25_000, currency: "USD", term: "Finite" },
      solutionDetails: [{ id: "SOL-12345-ABC", name: "Data estate", isDeployedOnAzure: false }],
    });
    expect(registered.registrations).toHaveLength(1);
    const corrected = await client.updateDealRegistration(registered, {
      contract: { value: 27_500 },
      solutionDetails: [{ isDeployedOnAzure: true, pricingModel: "PayAsYouGo" }],
    });
    expect(corrected.registrations?.[0]).toMatchObject({
      type: "AzureIPCoSell",
      contract: { value: 27_500, currency: "USD" },
      solutionDetails: [{ id: "SOL-12345-ABC", isDeployedOnAzure: true }],
    });
  });
});

describe("errors", () => {
  test("another organisation's referral can't be told from one that isn't there", async () => {
    const created = await client.createReferral(newReferral());
    const stranger = running.clientOf(running.apps.stranger);
    const foreign = await errorOf(stranger.getReferral(created.id));
    const missing = await errorOf(client.getReferral("11111111-2222-4333-8444-555555555555"));
    expect(foreign).toMatchObject({ code: "itemNotFound", status: 404 });
    expect(missing).toMatchObject({ code: "itemNotFound", status: 404 });
  });

  test("a bad referral is refused with a pointer, a reason and a remedy", async () => {
    const referral = newReferral({ customerProfile: { name: "X", address: { country: "USA" } } });
    const error = await errorOf(client.createReferral(referral));
    expect(error).toMatchObject({ code: "invalidRequest", status: 400, retryable: false });
    expect(error.problems?.[0]?.pointer).toBe("/customerProfile/address/country");
    expect(error.problems?.[0]?.remedy).toMatch(/US/);
  });

  test("a bad query is refused with its position", async () => {
    const list = client.listReferrals({ filter: "status eq" });
    const error = await errorOf(list.next());
    expect(error).toMatchObject({ status: 400 });
    expect(error.position).toBeTypeOf("number");
  });

  test("a token that isn't one is unauthenticated", async () => {
    const credential = {
      getToken: async () => ({ token: "no.token.atall", expiresOnTimestamp: 8.64e15 }),
    };
    const error = await errorOf(running.clientOf(undefined, { credential }).getReferral("x"));
    expect(error).toMatchObject({ code: "unauthenticated", status: 401 });
  });
});

test("the engine's port does all five with the eTags that it was given", async () => {
  const port = createReferralsPort({
    credential: running.credentialOf(),
    endpoint: running.urls.referralsUrl,
  });
  const { referral, eTag } = await port.create(newReferral(), { correlationId: "corr-1" });
  const id = String(referral.id);
  const stored = await port.get(id);
  expect(stored.eTag).toBe(eTag);
  const operations = [{ op: "replace", path: "/details/notes", value: "x" }] as const;
  const patched = await port.patch(id, operations, { ifMatch: stored.eTag });
  const updated = await port.update(patched.referral, { ifMatch: patched.eTag });
  await expect(port.update(patched.referral, { ifMatch: patched.eTag })).rejects.toMatchObject({
    status: 412,
  });
  const page = await port.listPage({ filter: String(filter`id eq ${id}`), count: true });
  expect(page).toMatchObject({ count: 1, referrals: [{ id, eTag: updated.eTag }] });
});
