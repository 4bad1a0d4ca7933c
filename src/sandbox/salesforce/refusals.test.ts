import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSandbox, type TestSandbox } from "./sandbox-test-kit.ts";

/* Each title names the page of Salesforce's documentation whose rule it holds the emulator to. */

let kit: TestSandbox;
beforeAll(async () => {
  kit = await startSandbox();
});
afterAll(() => kit.close());

const call: TestSandbox["call"] = (...parts) => kit.call(...parts);
const deal = { Name: "Deal", CloseDate: "2026-12-24", StageName: "Prospecting" };

async function createDeal(more: object = {}): Promise<string> {
  const { body, status } = await call("POST", "sobjects/Opportunity", { ...deal, ...more });
  expect(status).toBe(201);
  return body.id;
}

async function expectRefusal(
  answer: ReturnType<typeof call>,
  status: number,
  errorCode: string,
  message?: RegExp,
): Promise<void> {
  const { body, status: found } = await answer;
  expect({ status: found, errorCode: body[0]?.errorCode }).toEqual({ status, errorCode });
  if (message) expect(body[0].message).toMatch(message);
}

const query = (soql: string, kind = "query") =>
  call("GET", `${kind}?q=${encodeURIComponent(soql)}`);

describe("Conditional Request Headers", () => {
  test("If-Unmodified-Since compares whole seconds: the same second passes, a later not", async () => {
    const id = await createDeal();
    const since = { "if-unmodified-since": new Date(kit.clock.now()).toUTCString() };
    const target = `sobjects/Opportunity/${id}`;
    expect((await call("PATCH", target, { Amount: 1 }, since)).status).toBe(204);
    kit.clock.advance(1000);
    await call("PATCH", target, { Amount: 2 });
    expect((await call("PATCH", target, { Amount: 3 }, since)).status).toBe(412);
  });

  test("an invalid header value on a PATCH is 400", async () => {
    const id = await createDeal();
    const headers = { "if-unmodified-since": "yesterday" };
    const answer = call("PATCH", `sobjects/Opportunity/${id}`, { Amount: 1 }, headers);
    expect((await answer).status).toBe(400);
  });

  test("entity tags are for accounts only: elsewhere If-Match is ignored", async () => {
    const id = await createDeal();
    const wrong = { "if-match": '"wrong--gzip"' };
    const target = `sobjects/Opportunity/${id}`;
    expect((await call("PATCH", target, { Amount: 1 }, wrong)).status).toBe(204);
    expect((await call("GET", target)).headers.get("etag")).toBeNull();
    const account = await call("POST", "sobjects/Account", { Name: "Tagged" });
    const accountTarget = `sobjects/Account/${account.body.id}`;
    expect((await call("GET", accountTarget)).headers.get("etag")).toMatch(/^".+--gzip"$/);
    expect((await call("PATCH", accountTarget, { Phone: "1" }, wrong)).status).toBe(412);
  });
});

describe("Status Codes and Error Responses", () => {
  test("401: the session ID or OAuth token used has expired or is invalid", async () => {
    const headers = { authorization: "Bearer nonsense" };
    await expectRefusal(call("GET", "limits", undefined, headers), 401, "INVALID_SESSION_ID");
  });

  test("403: the request limit is exceeded, and tells no time to wait", async () => {
    const own = await startSandbox({ dailyCalls: 1 });
    expect((await own.call("GET", "limits")).headers.get("sforce-limit-info")).toBe(
      "api-usage=1/1",
    );
    const answer = await own.call("GET", "limits");
    expect(answer.status).toBe(403);
    expect(answer.body[0].errorCode).toBe("REQUEST_LIMIT_EXCEEDED");
    expect(answer.headers.get("retry-after")).toBeNull();
    await own.close();
  });

  test("404: deleted records and missing ones have different codes", async () => {
    const id = await createDeal();
    await call("DELETE", `sobjects/Opportunity/${id}`);
    const target = `sobjects/Opportunity/${id}`;
    await expectRefusal(call("GET", target), 404, "ENTITY_IS_DELETED");
    await expectRefusal(call("PATCH", target, { Amount: 1 }), 404, "ENTITY_IS_DELETED");
    await expectRefusal(call("GET", "sobjects/Opportunity/006dL0000000000"), 404, "NOT_FOUND");
  });

  test.each([
    ["REQUIRED_FIELD_MISSING", { Name: "No date", StageName: "Prospecting" }],
    ["STRING_TOO_LONG", { ...deal, Name: "x".repeat(121) }],
    ["INVALID_FIELD", { ...deal, Nonsense__c: 1 }],
    ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", { ...deal, CurrencyIsoCode: "QQQ" }],
    ["INVALID_FIELD_FOR_INSERT_UPDATE", { ...deal, IsWon: true }],
    ["INVALID_CROSS_REFERENCE_KEY", { ...deal, AccountId: "001dL0000000000" }],
    ["MALFORMED_ID", { ...deal, AccountId: "x" }],
    ["JSON_PARSER_ERROR", { ...deal, Amount: "much" }],
    ["JSON_PARSER_ERROR", { ...deal, CloseDate: "2026-02-30" }],
  ])("400 %s", async (errorCode, body) => {
    await expectRefusal(call("POST", "sobjects/Opportunity", body), 400, errorCode);
  });

  test("a stage that isn't listed is taken, and counts as open: the list isn't restricted", async () => {
    const id = await createDeal({ StageName: "Invented" });
    const { body } = await call("GET", `sobjects/Opportunity/${id}`);
    expect(body).toMatchObject({ StageName: "Invented", IsClosed: false, IsWon: false });
  });
});

describe("Insert or Update a Record Using an External ID", () => {
  const target = "sobjects/Opportunity/PR_ReferralId__c/key-1";

  test("201 creates, 200 updates, and the key stays out of the body", async () => {
    expect(await call("PATCH", target, deal)).toMatchObject({
      status: 201,
      body: { created: true },
    });
    expect(await call("PATCH", target, { Amount: 5 })).toMatchObject({
      status: 200,
      body: { created: false },
    });
    const inBody = { ...deal, PR_ReferralId__c: "key-1" };
    await expectRefusal(call("PATCH", target, inBody), 400, "INVALID_FIELD");
  });

  test("a second record with a unique value is refused, and names the first", async () => {
    const { body } = await call("GET", target);
    const again = await call("POST", "sobjects/Opportunity", {
      ...deal,
      PR_ReferralId__c: "KEY-1",
    });
    expect(again.body[0]).toMatchObject({ errorCode: "DUPLICATE_VALUE" });
    expect(again.body[0].message).toContain(body.Id.slice(0, 15));
  });

  test("a field that is no external id has no records below it", async () => {
    await expectRefusal(call("GET", "sobjects/Opportunity/Name/x"), 404, "NOT_FOUND");
  });
});

describe("SOQL and SOSL Reference", () => {
  test.each([
    ["MALFORMED_QUERY", "SELECT FROM Opportunity"],
    ["MALFORMED_QUERY", "SELECT Id FROM Opportunity WHERE Amount = 1 AND Amount = 2 OR Amount = 3"],
    ["INVALID_TYPE", "SELECT Id FROM Nonsense__c"],
    ["INVALID_FIELD", "SELECT Nonsense FROM Opportunity"],
    ["INVALID_FIELD", "SELECT Id FROM Opportunity WHERE Description = 'x'"],
    ["INVALID_FIELD", "SELECT Id FROM Opportunity WHERE CloseDate = '2026-12-24'"],
    ["INVALID_QUERY_FILTER_OPERATOR", "SELECT Id FROM Opportunity WHERE Id = 'x'"],
    ["NUMBER_OUTSIDE_VALID_RANGE", "SELECT Id FROM Opportunity LIMIT 1 OFFSET 2001"],
  ])("%s: %s", async (errorCode, soql) => {
    await expectRefusal(query(soql), 400, errorCode);
  });

  test("batchSize lies between 200 and 2,000", async () => {
    const target = "query?q=SELECT+Id+FROM+Opportunity";
    const headers = { "sforce-query-options": "batchSize=10" };
    await expectRefusal(call("GET", target, undefined, headers), 400, "INVALID_BATCH_SIZE");
  });

  test("queryAll also shows what is in the recycle bin", async () => {
    const id = await createDeal({ Name: "Binned" });
    await call("DELETE", `sobjects/Opportunity/${id}`);
    const soql = "SELECT Id FROM Opportunity WHERE Name = 'Binned'";
    expect((await query(soql)).body.totalSize).toBe(0);
    expect((await query(soql, "queryAll")).body.totalSize).toBe(1);
  });
});

describe("Field-Level Security", () => {
  test("a custom field that no permission set shows is, to the caller, not there", async () => {
    const own = await startSandbox({ prepared: false });
    const soap = (call: string, metadata: string): Promise<Response> =>
      fetch(`${own.url}/services/Soap/m/62.0`, {
        method: "POST",
        headers: { "content-type": "text/xml" },
        body:
          `<e:Envelope xmlns:e="e"><e:Header><SessionHeader><sessionId>${own.token}</sessionId>` +
          `</SessionHeader></e:Header><e:Body><${call}>${metadata}</${call}></e:Body></e:Envelope>`,
      });
    await soap(
      "createMetadata",
      '<metadata xsi:type="CustomField"><fullName>Opportunity.Shy__c</fullName>' +
        "<label>Shy</label><length>20</length><type>Text</type></metadata>",
    );
    const { body } = await own.call("GET", "sobjects/Opportunity/describe");
    expect(body.fields.some(({ name }: { name: string }) => name === "Shy__c")).toBe(false);
    const written = await own.call("POST", "sobjects/Opportunity", { ...deal, Shy__c: "x" });
    expect(written.body[0].errorCode).toBe("INVALID_FIELD");
    await own.close();
  });
});
