import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSandbox, type TestSandbox } from "./sandbox-test-kit.ts";

/* Each title names the page of Microsoft's documentation whose rule it holds the emulator to. */

let kit: TestSandbox;
beforeAll(async () => {
  kit = await startSandbox();
});
afterAll(() => kit.close());

const call: TestSandbox["call"] = (...parts) => kit.call(...parts);
const representation = { prefer: "return=representation" };

async function createDeal(body: Readonly<Record<string, unknown>> = {}) {
  const answer = await call("POST", "opportunities", { name: "Deal", ...body }, representation);
  expect(answer.status).toBe(201);
  return answer.body as { opportunityid: string; "@odata.etag": string };
}

async function expectRefusal(
  answer: Promise<{ readonly status: number; readonly body: unknown }>,
  status: number,
  code: string,
  message: RegExp,
): Promise<void> {
  const { status: found, body } = await answer;
  const { error } = body as { error: { code: string; message: string } };
  expect({ status: found, code: error.code }).toEqual({ status, code });
  expect(error.message).toMatch(message);
}

describe("Perform conditional operations using the Web API", () => {
  test("Prevent create in upsert: If-Match * on a missing row is 404", async () => {
    const target = "opportunities(00000000-0000-4000-8000-000000000001)";
    const answer = call("PATCH", target, { name: "X" }, { "if-match": "*" });
    await expectRefusal(answer, 404, "0x80040217", /Does Not Exist/);
  });

  test("Prevent update in upsert: If-None-Match * on a present row is 412", async () => {
    const { opportunityid } = await createDeal();
    const target = `opportunities(${opportunityid})`;
    const answer = call("PATCH", target, { name: "X" }, { "if-none-match": "*" });
    await expectRefusal(answer, 412, "0x80040237", /matching key values already exists/);
  });

  test.each(["PATCH", "DELETE"])(
    "Apply optimistic concurrency: %s with an old ETag is 412",
    async (method) => {
      const deal = await createDeal();
      const target = `opportunities(${deal.opportunityid})`;
      expect((await call("PATCH", target, { name: "Newer" })).status).toBe(204);
      const body = method === "PATCH" ? { name: "Stale" } : undefined;
      const answer = call(method, target, body, { "if-match": deal["@odata.etag"] });
      await expectRefusal(answer, 412, "0x80060882", /doesn't match the RowVersion/);
    },
  );

  test("Conditional retrievals: unchanged is 304, with $expand or annotations never", async () => {
    const deal = await createDeal();
    const headers = { "if-none-match": deal["@odata.etag"] };
    const target = `opportunities(${deal.opportunityid})?$select=name`;
    expect((await call("GET", target, undefined, headers)).status).toBe(304);
    const expanded = `${target}&$expand=customerid_account`;
    expect((await call("GET", expanded, undefined, headers)).status).toBe(200);
    const annotated = { ...headers, prefer: 'odata.include-annotations="*"' };
    expect((await call("GET", target, undefined, annotated)).status).toBe(200);
  });
});

describe("Use change tracking to synchronize data with external systems", () => {
  const track = { prefer: "odata.track-changes" };

  test.each(["$filter=statecode eq 0", "$orderby=name", "$expand=ownerid", "$top=1"])(
    "Query options not supported: %s",
    async (option) => {
      const answer = call("GET", `opportunities?${option}`, undefined, track);
      await expectRefusal(answer, 400, "0x80060888", /isn't supported when Change Tracking/);
    },
  );

  test("a table without change tracking is refused", async () => {
    const answer = call("GET", "systemusers", undefined, track);
    await expectRefusal(answer, 400, "0x80044353", /does not have change tracking enabled/);
  });

  test("changes are returned if the last token is within a default value of 7 days", async () => {
    const own = await startSandbox();
    const { body } = await own.call("GET", "opportunities", undefined, track);
    own.clock.advance(7 * 86_400_000 - 1000);
    expect((await own.call("GET", body["@odata.deltaLink"])).status).toBe(200);
    own.clock.advance(2000);
    const late = own.call("GET", body["@odata.deltaLink"]);
    await expectRefusal(late, 400, "0x80044352", /Please perform a full sync/);
    await own.close();
  });

  test("the calling user must have organization level read access to the table", async () => {
    const { opportunityid } = await createDeal();
    kit.sandbox.mishaps.hide(opportunityid);
    const walk = call("GET", "opportunities", undefined, track);
    await expectRefusal(walk, 403, "0x80040220", /at organization level/);
    const read = call("GET", `opportunities(${opportunityid})`);
    await expectRefusal(read, 403, "0x80040220", /missing prvRead/);
    kit.sandbox.mishaps.show(opportunityid);
  });

  test("changed rows come in the order of their versions, deleted ones last", async () => {
    const own = await startSandbox({ maxPageSize: 2 });
    const start = await own.call("GET", "opportunities?$select=name", undefined, track);
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d"]) {
      const { body } = await own.call("POST", "opportunities", { name }, representation);
      ids.push(body.opportunityid);
    }
    await own.call("DELETE", `opportunities(${ids[0]})`);
    await own.call("PATCH", `opportunities(${ids[1]})`, { name: "b again" });
    const first = await own.call("GET", start.body["@odata.deltaLink"]);
    expect(first.body.value.map((row: { name: string }) => row.name)).toEqual(["c", "d"]);
    expect(first.body["@odata.deltaLink"]).toBeUndefined();
    const second = await own.call("GET", first.body["@odata.nextLink"]);
    expect(second.body.value).toMatchObject([
      { name: "b again" },
      { id: ids[0], reason: "deleted" },
    ]);
    expect(second.body["@odata.deltaLink"]).toContain("$deltatoken=");
    await own.close();
  });
});

describe("Close opportunity: WinOpportunity and LoseOpportunity", () => {
  const closing = (id: string, Status: number) => ({
    Status,
    OpportunityClose: { "opportunityid@odata.bind": `/opportunities(${id})` },
  });

  test.each([
    [1, 3, "won"],
    [2, 5, "lost"],
  ])(
    "CannotUseOpportunitySetStateMessage: state %i by PATCH",
    async (statecode, statuscode, name) => {
      const { opportunityid } = await createDeal();
      const answer = call("PATCH", `opportunities(${opportunityid})`, { statecode, statuscode });
      await expectRefusal(answer, 400, "0x80100005", new RegExp(`use the ${name} message`));
    },
  );

  test("a closed opportunity is read-only until a PATCH of its state opens it", async () => {
    const { opportunityid } = await createDeal();
    expect((await call("POST", "WinOpportunity", closing(opportunityid, 3))).status).toBe(204);
    const target = `opportunities(${opportunityid})`;
    await expectRefusal(call("PATCH", target, { name: "X" }), 400, "0x80040203", /read-only/);
    const again = call("POST", "LoseOpportunity", closing(opportunityid, 5));
    await expectRefusal(again, 400, "0x80040203", /already been closed/);
    expect((await call("PATCH", target, { statecode: 0, statuscode: 1 })).status).toBe(204);
    expect((await call("PATCH", target, { name: "Open again" })).status).toBe(204);
  });

  test("a status reason must belong to the state", async () => {
    const { opportunityid } = await createDeal();
    const wrong = call("POST", "WinOpportunity", closing(opportunityid, 5));
    await expectRefusal(wrong, 400, "0x80048408", /not a valid status code for state code 1/);
    const patch = call("PATCH", `opportunities(${opportunityid})`, { statuscode: 3 });
    await expectRefusal(patch, 400, "0x80048408", /not a valid status code for state code 0/);
  });
});

describe("Create and update table rows using the Web API", () => {
  const refused: readonly (readonly [string, unknown, string, RegExp])[] = [
    ["a property that the table doesn't have", { colour: "red" }, "0x80048d19", /does not exist/],
    ["a lookup without @odata.bind", { customerid: "x" }, "0x80048d19", /Navigation properties/],
    ["a text where a number belongs", { estimatedvalue: "12" }, "0x80048d19", /Edm.Decimal/],
    ["a number where a text belongs", { name: 5 }, "0x80048d19", /Edm.String/],
    ["a date that doesn't exist", { estimatedclosedate: "2026-02-30" }, "0x80048d19", /Edm.Date/],
    ["a text that is too long", { name: "x".repeat(301) }, "0x80044331", /length of '300'/],
    ["a choice that isn't one", { pr_microsofthelp: 7 }, "0x8004431a", /Accepted Values/],
    ["a number out of range", { closeprobability: 101 }, "0x80044330", /outside the valid range/],
    ["a body that is no object", [1], "0x80048d19", /JSON object/],
    ["a body that is no JSON", "{", "0x80048d19", /not valid JSON/],
  ];
  test.each(refused)("%s", async (_title, body, code, message) => {
    const answer = call("POST", "opportunities", body as never);
    await expectRefusal(answer, 400, code, message);
  });

  test("a bind to a row that isn't there", async () => {
    const body = {
      name: "X",
      "customerid_account@odata.bind": "/accounts(00000000-0000-4000-8000-000000000009)",
    };
    await expectRefusal(call("POST", "opportunities", body), 404, "0x80040217", /account/);
  });

  test("CurrencyCannotBeNullDueToNonNullMoneyFields", async () => {
    const { opportunityid } = await createDeal({ estimatedvalue: 10 });
    const body = { "transactioncurrencyid@odata.bind": null };
    const answer = call("PATCH", `opportunities(${opportunityid})`, body);
    await expectRefusal(answer, 400, "0x80048cfb", /currency cannot be null/);
  });

  test("405: PATCH and DELETE on a collection", async () => {
    for (const method of ["PATCH", "DELETE"]) {
      const answer = call(method, "opportunities", method === "PATCH" ? {} : undefined);
      await expectRefusal(answer, 405, "0x80040203", /does not support/);
    }
  });
});

describe("Work with alternate keys", () => {
  test("a value can be held by one row only", async () => {
    await createDeal({ pr_referralid: "same" });
    const answer = call("POST", "opportunities", { name: "Y", pr_referralid: "same" });
    await expectRefusal(answer, 412, "0x80040237", /unique/);
  });

  test("columns that form no key can't address a row", async () => {
    const answer = call("GET", "opportunities(name='Deal')");
    await expectRefusal(answer, 400, "0x80060891", /not a defined key/);
  });

  test.each(["a/b", "a?b", "a:b", "a+b", "a&b"])(
    "a value with special characters: %s",
    async (value) => {
      const target = `opportunities(pr_referralid='${encodeURIComponent(value)}')`;
      const { status } = await call("PATCH", target, { name: "X" });
      expect(status).toBe(400);
    },
  );

  test("a new key can't be used before its index is built", async () => {
    const own = await startSandbox({ keyIndexDelayMs: 5000 });
    const label = (text: string) => ({ LocalizedLabels: [{ Label: text, LanguageCode: 1033 }] });
    const key = {
      SchemaName: "pr_Number",
      KeyAttributes: ["accountnumber"],
      DisplayName: label("N"),
    };
    const path = "EntityDefinitions(LogicalName='account')/Keys";
    expect((await own.call("POST", path, key)).status).toBe(204);
    const read = () => own.call("GET", "accounts(accountnumber='1')");
    await expectRefusal(read(), 400, "0x80060891", /not a defined key/);
    own.clock.advance(5000);
    expect((await read()).status).toBe(404);
    await own.close();
  });
});
