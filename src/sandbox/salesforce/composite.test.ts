import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../storage/index.ts";
import { type AnyJson, startSandbox, type TestSandbox } from "./sandbox-test-kit.ts";

let kit: TestSandbox;
beforeAll(async () => {
  kit = await startSandbox();
});
afterAll(() => kit.close());

const base = "/services/data/v62.0";
const deal = { Name: "Deal", CloseDate: "2026-12-24", StageName: "Prospecting" };

async function composite(subrequests: readonly object[], allOrNone = true): Promise<AnyJson> {
  const named = subrequests.map((each, index) => ({ referenceId: `r${index}`, ...each }));
  return kit.call("POST", "composite", { allOrNone, compositeRequest: named });
}

const newAccount = (Name: string) => ({
  method: "POST",
  url: `${base}/sobjects/Account`,
  body: { Name },
});

describe("Send Multiple Requests Using Composite", () => {
  test("a later subrequest names what an earlier one gave", async () => {
    const { body } = await composite([
      { ...newAccount("Referred"), referenceId: "account" },
      {
        method: "POST",
        url: `${base}/sobjects/Opportunity`,
        body: { ...deal, AccountId: "@{account.id}" },
        referenceId: "deal",
      },
      {
        method: "GET",
        url: `${base}/query?q=SELECT+Account.Name+FROM+Opportunity+WHERE+Id='@{deal.id}'`,
      },
    ]);
    const [, , read] = body.compositeResponse;
    expect(read.body.records[0].Account.Name).toBe("Referred");
  });

  test("all or none: one failure undoes everything, and the others tell that they were halted", async () => {
    const { status, body } = await composite([
      newAccount("Undone"),
      { method: "POST", url: `${base}/sobjects/Opportunity`, body: { Name: "No date" } },
    ]);
    expect(status).toBe(200);
    const [first, second] = body.compositeResponse;
    expect(first.body[0].errorCode).toBe("PROCESSING_HALTED");
    expect(second.body[0].errorCode).toBe("REQUIRED_FIELD_MISSING");
    expect(await kit.query("SELECT Id FROM Account WHERE Name = 'Undone'")).toEqual([]);
  });

  test("the whole counts as one call", async () => {
    const used = async () => (await kit.call("GET", "limits")).body.DailyApiRequests.Remaining;
    const before = await used();
    await composite([newAccount("One"), newAccount("Two"), newAccount("Three")]);
    expect(before - (await used())).toBe(2);
  });

  test("conditions of a subrequest stand in its own headers", async () => {
    const { body } = await kit.call("POST", "sobjects/Opportunity", deal);
    const httpHeaders = { "If-Unmodified-Since": new Date(0).toUTCString() };
    const url = `${base}/sobjects/Opportunity/${body.id}`;
    const answer = await composite([{ method: "PATCH", url, body: { Amount: 1 }, httpHeaders }]);
    expect(answer.body.compositeResponse[0].httpStatusCode).toBe(412);
  });

  test.each([
    ["more than 25 subrequests", Array.from({ length: 26 }, () => newAccount("X"))],
    [
      "more than 5 queries and collections",
      Array.from({ length: 6 }, () => ({
        method: "GET",
        url: `${base}/query?q=SELECT+Id+FROM+Account`,
      })),
    ],
    ["a header that is inherited", [{ ...newAccount("X"), httpHeaders: { Accept: "text/xml" } }]],
    ["one name for two", [newAccount("X"), { ...newAccount("Y"), referenceId: "r0" }]],
    ["a resource that isn't supported", [{ method: "GET", url: `${base}/limits` }]],
  ])("%s is refused before anything is done", async (_title, subrequests) => {
    expect((await composite(subrequests)).status).toBe(400);
  });
});

describe("allOrNone Parameters in Composite and Collections Requests", () => {
  const rows = {
    method: "POST",
    url: `${base}/composite/sobjects`,
    body: {
      allOrNone: false,
      records: [
        { attributes: { type: "Account" }, Name: "Kept apart" },
        { attributes: { type: "Account" } },
      ],
    },
  };

  test("the composite's true overrides the collection's false", async () => {
    const { body } = await composite([newAccount("Before"), rows]);
    const [before, collection] = body.compositeResponse;
    expect(before.body[0].errorCode).toBe("PROCESSING_HALTED");
    expect(collection.body.map((each: AnyJson) => each.errors[0].statusCode)).toEqual([
      "ALL_OR_NONE_OPERATION_ROLLED_BACK",
      "REQUIRED_FIELD_MISSING",
    ]);
    expect(await kit.query("SELECT Id FROM Account WHERE Name = 'Kept apart'")).toEqual([]);
  });

  test("with false on both, what is valid stays", async () => {
    await composite([rows], false);
    expect(await kit.query("SELECT Id FROM Account WHERE Name = 'Kept apart'")).toHaveLength(1);
  });

  test("a collection holds 200 records at most", async () => {
    const records = Array.from({ length: 201 }, () => ({ attributes: { type: "Account" } }));
    expect((await kit.call("POST", "composite/sobjects", { records })).status).toBe(400);
  });
});

test("what was written is there after a restart, and seeding again adds nothing", async () => {
  const database = await openDatabase(":memory:");
  const first = await startSandbox({ database });
  await first.sandbox.seed(6);
  const soql = "SELECT Id,Name,Account.Name,(SELECT Id FROM PR_Solutions__r) FROM Opportunity";
  const before = await first.query(`${soql} ORDER BY Id`);
  await first.sandbox.close();
  const second = await startSandbox({ database });
  await second.sandbox.seed(6);
  expect(await second.query(`${soql} ORDER BY Id`)).toEqual(before);
  expect(before).toHaveLength(6);
  await second.close();
});
