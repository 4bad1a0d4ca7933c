import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../storage/index.ts";
import { startSandbox, type TestSandbox } from "./sandbox-test-kit.ts";

/* Each title names the page of HubSpot's documentation whose rule it holds the emulator to. */

let kit: TestSandbox;
beforeAll(async () => {
  kit = await startSandbox({ limits: { searchesPerSecond: 1000 } });
});
afterAll(() => kit.close());

const call: TestSandbox["call"] = (...parts) => kit.call(...parts);
const deals = "crm/v3/objects/deals";
const properties = { dealname: "Deal", dealstage: "qualifiedtobuy" };

async function createDeal(more: object = {}): Promise<string> {
  const { body, status } = await call("POST", deals, { properties: { ...properties, ...more } });
  expect(status).toBe(201);
  return body.id;
}

async function expectProblem(more: object, error: string): Promise<void> {
  const answer = await call("POST", deals, { properties: { ...properties, ...more } });
  expect(answer.status).toBe(400);
  expect(answer.body.category).toBe("VALIDATION_ERROR");
  expect(answer.body.message).toMatch(/^Property values were not valid: \[/);
  expect(answer.body.message).toContain(`"error":"${error}"`);
}

describe("Error handling: values that don't fit are told with the property's name", () => {
  test.each([
    ["PROPERTY_DOESNT_EXIST", { nonsense: "1" }],
    ["READ_ONLY_VALUE", { hs_is_closed: "true" }],
    ["INVALID_OPTION", { dealstage: "nonsense" }],
    ["INVALID_OPTION", { deal_currency_code: "QQQ" }],
    ["INVALID_OPTION", { pr_sync_with_partner_center: "perhaps" }],
    ["INVALID_DOUBLE", { amount: "much" }],
    ["INVALID_LONG", { closedate: "tomorrow" }],
    ["PROPERTY_VALUE_TOO_LONG", { description: "x".repeat(65_537) }],
  ])("%s", (error, more) => expectProblem(more, error));

  test("a deal needs a stage", async () => {
    const answer = await call("POST", deals, { properties: { dealname: "No stage" } });
    expect(answer.body.message).toContain('"name":"dealstage"');
  });
});

describe("Properties: unique values", () => {
  test("a second record with the value is refused, an archived one gives it back", async () => {
    const first = await createDeal({ pr_referral_id: "key-1" });
    await expectProblem({ pr_referral_id: "key-1" }, "CONFLICTING_UNIQUE_VALUE");
    await call("DELETE", `${deals}/${first}`);
    await createDeal({ pr_referral_id: "key-1" });
  });

  test("a property without unique values can't name a record", async () => {
    const answer = await call("GET", `${deals}/Deal?idProperty=dealname`);
    expect(answer.status).toBe(400);
  });
});

describe("Search: limits", () => {
  const search = (body: object) => call("POST", `${deals}/search`, body);
  const filter = { propertyName: "dealname", operator: "EQ", value: "x" };

  test.each([
    ["a limit over 200", { limit: 201 }],
    ["results behind 10,000", { after: "9950", limit: 100 }],
    ["more than five filter groups", { filterGroups: Array(6).fill({ filters: [filter] }) }],
    ["more than six filters in a group", { filterGroups: [{ filters: Array(7).fill(filter) }] }],
    ["a body over 3,000 characters", { query: "x".repeat(3000) }],
    ["an unknown property", { filterGroups: [{ filters: [{ ...filter, propertyName: "no" }] }] }],
    ["a second sort", { sorts: [{ propertyName: "dealname" }, { propertyName: "amount" }] }],
  ])("%s is 400", async (_title, body) => {
    expect((await search(body)).status).toBe(400);
  });

  test("it may take a few moments until new and changed records show; archived ones never", async () => {
    const own = await startSandbox({ searchDelayMs: 3000 });
    const total = async (dealname: string): Promise<number> => {
      own.clock.advance(1000);
      const named = { ...filter, value: dealname };
      const body = { filterGroups: [{ filters: [named] }] };
      return (await own.call("POST", `${deals}/search`, body)).body.total;
    };
    const { body } = await own.call("POST", deals, { properties });
    expect(await total("Deal")).toBe(0);
    own.clock.advance(3000);
    expect(await total("Deal")).toBe(1);
    await own.call("PATCH", `${deals}/${body.id}`, { properties: { dealname: "Renamed" } });
    expect([await total("Deal"), await total("Renamed")]).toEqual([1, 0]);
    own.clock.advance(3000);
    expect([await total("Deal"), await total("Renamed")]).toEqual([0, 1]);
    await own.call("DELETE", `${deals}/${body.id}`);
    own.clock.advance(3000);
    expect(await total("Renamed")).toBe(0);
    await own.close();
  });
});

describe("API usage guidelines", () => {
  test("the ten seconds' calls used up are 429, with the policy and no time to wait", async () => {
    const own = await startSandbox({ limits: { perTenSeconds: 2 } });
    await own.call("GET", deals);
    await own.call("GET", deals);
    const third = await own.call("GET", deals);
    expect(third.status).toBe(429);
    expect(third.body).toMatchObject({
      errorType: "RATE_LIMIT",
      policyName: "TEN_SECONDLY_ROLLING",
    });
    expect(third.headers.get("retry-after")).toBeNull();
    own.clock.advance(10_000);
    expect((await own.call("GET", deals)).status).toBe(200);
    await own.close();
  });

  test("the ten seconds' calls are each app's own: one app's reader doesn't slow another", async () => {
    const own = await startSandbox({
      limits: { perTenSeconds: 1 },
      otherTokens: { "other-app": "Another app" },
    });
    const other = { authorization: "Bearer other-app" };
    const statuses = [
      (await own.call("GET", deals)).status,
      (await own.call("GET", deals)).status,
      (await own.call("GET", deals, undefined, other)).status,
      (await own.call("GET", deals, undefined, other)).status,
    ];
    expect(statuses).toEqual([200, 429, 200, 429]);
    await own.close();
  });

  test("an account searches five times a second", async () => {
    const own = await startSandbox();
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      statuses.push((await own.call("POST", `${deals}/search`, {})).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    await own.close();
  });

  test("a call without its scope is 403, an unknown token 401", async () => {
    const token = "narrow";
    const own = await startSandbox({
      otherTokens: { [token]: "Narrow" },
      withoutScopes: { [token]: ["crm.objects.deals.write"] },
    });
    const headers = { authorization: `Bearer ${token}` };
    expect((await own.call("GET", deals, undefined, headers)).status).toBe(200);
    const refused = await own.call("POST", deals, { properties }, headers);
    expect([refused.status, refused.body.category]).toEqual([403, "MISSING_SCOPES"]);
    const unknown = await own.call("GET", deals, undefined, { authorization: "Bearer x" });
    expect([unknown.status, unknown.body.category]).toEqual([401, "INVALID_AUTHENTICATION"]);
    await own.close();
  });
});

describe("Objects API", () => {
  test("a batch holds 100 inputs at most", async () => {
    const inputs = Array.from({ length: 101 }, (_, id) => ({ id: String(id) }));
    expect((await call("POST", `${deals}/batch/read`, { inputs })).status).toBe(400);
  });

  test("a batch that doesn't find everything is 207 and says how many", async () => {
    const id = await createDeal();
    const answer = await call("POST", `${deals}/batch/read`, { inputs: [{ id }, { id: "1" }] });
    expect([answer.status, answer.body.numErrors, answer.body.results.length]).toEqual([207, 1, 1]);
  });

  test("there are no versions: the last write wins, whatever it was based on", async () => {
    const id = await createDeal();
    const headers = { "if-match": '"old"' };
    const body = { properties: { amount: "1" } };
    expect((await call("PATCH", `${deals}/${id}`, body, headers)).status).toBe(200);
  });

  test("kinds are called by name and by number", async () => {
    const id = await createDeal();
    expect((await call("GET", `crm/v3/objects/0-3/${id}`)).body.id).toBe(id);
    expect((await call("GET", "crm/v3/objects/nonsense")).status).toBe(400);
  });

  test("contacts tell of their changes in a property of their own", async () => {
    const contact = { properties: { email: "a@b.example" } };
    const { body } = await call("POST", "crm/v3/objects/contacts", contact);
    expect(body.properties.lastmodifieddate).toMatch(/^2026-/);
    expect(body.properties.hs_lastmodifieddate).toBeUndefined();
  });
});

test("what was written is there after a restart, and seeding again adds nothing", async () => {
  const database = await openDatabase(":memory:");
  const first = await startSandbox({ database });
  await first.sandbox.seed(6);
  const list = `${deals}?limit=100&properties=dealname,amount&associations=contacts`;
  const before = await first.call("GET", list);
  await first.sandbox.close();
  const second = await startSandbox({ database });
  await second.sandbox.seed(6);
  expect((await second.call("GET", list)).body).toEqual(before.body);
  expect(before.body.results).toHaveLength(6);
  await second.close();
});
