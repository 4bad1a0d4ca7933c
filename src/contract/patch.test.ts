import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fields } from "./fields.ts";
import { validatePatch } from "./patch.ts";
import { patchPaths } from "./patch-paths.ts";

const marketplace = "/registrations/*/solutionDetails/*/marketplaceTransactionDetails";

/** What is wrong with one operation, as `pointer reason`. */
function refusalOf(operation: unknown): string {
  const result = validatePatch([operation]);
  if (result.ok) return "";
  return result.problems.map(({ pointer, reason }) => `${pointer} ${reason}`).join("; ");
}

const remedyOf = (operation: unknown): string | undefined => {
  const result = validatePatch([operation]);
  return result.ok ? undefined : result.problems[0]?.remedy;
};

test("the allow-list has the connector's 18 paths and the 13 of deal registrations", () => {
  expect(patchPaths.map(({ path }) => path)).toEqual([
    "/campaignId",
    "/consent/consentToShareReferralWithMicrosoftSellers",
    "/customerProfile/team",
    "/customerProfile/team/-",
    "/details/closingDateTime",
    "/details/currency",
    "/details/dealValue",
    "/details/notes",
    "/details/requirements/solutions",
    "/details/requirements/solutions/-",
    "/externalReferenceId",
    "/referralProgram",
    "/salesStage",
    "/status",
    "/statusReason",
    "/substatus",
    "/team",
    "/team/-",
    "/registrations/-",
    "/registrations/*/contract/value",
    "/registrations/*/contract/startDateTime",
    "/registrations/*/contract/endDateTime",
    "/registrations/*/contract/signDateTime",
    "/registrations/*/contract/term",
    "/registrations/*/solutionDetails/*/value",
    "/registrations/*/solutionDetails/*/currency",
    "/registrations/*/solutionDetails/*/isDeployedOnAzure",
    "/registrations/*/solutionDetails/*/primaryDeploymentOn",
    "/registrations/*/solutionDetails/*/pricingModel",
    `${marketplace}/isMarketplaceTransacted`,
    `${marketplace}/marketplaceTransactionDateTime`,
  ]);
});

test("only a path that appends is limited to add", () => {
  for (const { path, ops } of patchPaths) {
    expect(ops).toEqual(path.endsWith("/-") ? ["add"] : ["add", "replace"]);
  }
});

describe("an operation", () => {
  test("replaces where it doesn't say what it does", () => {
    expect(validatePatch([{ path: "/details/notes", value: "Call back" }])).toEqual({
      ok: true,
      operations: [{ op: "replace", path: "/details/notes", value: "Call back" }],
    });
  });

  test("may spell its names in any case, and gets the contract's spelling", () => {
    const patch = [
      { OP: "Add", Path: "/TEAM/-", Value: { EMAIL: "lena@fabrikam.example", nickname: "L" } },
      { op: "replace", path: "/Details/DEALVALUE", value: "1500.50" },
    ];
    expect(validatePatch(patch)).toEqual({
      ok: true,
      operations: [
        {
          op: "add",
          path: "/team/-",
          value: { email: "lena@fabrikam.example", nickname: "L" },
        },
        { op: "replace", path: "/details/dealValue", value: 1500.5 },
      ],
    });
  });

  test("may name any registration and any solution in it", () => {
    const path = "/registrations/3/solutionDetails/12/pricingModel";
    expect(validatePatch([{ path, value: "Other" }])).toMatchObject({ operations: [{ path }] });
    for (const index of ["01", "-1", "1.5", "*", "-", "", "1234567", "x"]) {
      expect(refusalOf({ path: `/registrations/${index}/contract/value`, value: 1 })).toMatch(
        /^\/0\/path is /,
      );
    }
  });

  test.each(["remove", "move", "copy", "test", "", null, 7])("can't be %j", (op) => {
    expect(refusalOf({ op, path: "/details/notes", value: "x" })).toBe(
      "/0/op is not an operation that is allowed",
    );
  });

  test("appends by add only", () => {
    for (const path of ["/team/-", "/customerProfile/team/-", "/registrations/-"]) {
      expect(refusalOf({ op: "replace", path, value: {} })).toBe(
        "/0/op is not allowed with this path",
      );
      expect(refusalOf({ op: "add", path, value: {} })).toBe("");
    }
  });

  test.each(["/name", "/id", "/eTag", "/type", "/customerProfile/name", "/team/0/email", "/links"])(
    "can't set %s",
    (path) => {
      expect(refusalOf({ path, value: "x" })).toBe("/0/path is a field that a patch can't set");
    },
  );

  test.each([
    ["/details/note", "Did you mean /details/notes?"],
    ["details/notes", "Did you mean /details/notes?"],
    ["/statuss", "Did you mean /status?"],
    ["/", /^A patch can set \/campaignId, /],
    ["", /^A patch can set /],
    ["/a/very/different/path/that/nobody/can/mean", /^A patch can set /],
  ])("names the right path where %j is none", (path, remedy) => {
    expect(refusalOf({ path, value: "x" })).toBe("/0/path is not a path that can be patched");
    expect(remedyOf({ path, value: "x" })).toMatch(remedy);
  });

  test("needs a path and a value", () => {
    expect(refusalOf({ value: 1 })).toBe("/0/path is required");
    expect(refusalOf({ path: 7, value: 1 })).toBe("/0/path must be text, but is a number");
    expect(refusalOf({ path: "/status" })).toBe("/0/value is required");
    expect(refusalOf("replace")).toBe("/0 must be an object, but is text");
  });

  test.each([
    ["/details/dealValue", "much", "/0/value is text that isn't a decimal number"],
    ["/details/dealValue", [], "/0/value must be a number, but is a list"],
    ["/details/notes", 7, "/0/value must be text, but is a number"],
    ["/details/currency", "Euro", "/0/value is not a three-letter currency code"],
    ["/details/closingDateTime", "soon", "/0/value is not a moment as ISO 8601 writes it"],
    ["/status", "Open", "/0/value is not one of the known values"],
    ["/team", { email: "x" }, "/0/value must be a list, but is an object"],
    ["/team", [{ email: 7 }], "/0/value/0/email must be text, but is a number"],
    ["/team", [7], "/0/value/0 must be an object, but is a number"],
    ["/registrations/0/contract/term", "Long", "/0/value is not one of the known values"],
  ])("refuses at %s the value %j", (path, value, refusal) => {
    expect(refusalOf({ path, value })).toContain(refusal);
  });

  test("checks what it appends", () => {
    expect(refusalOf({ op: "add", path: "/team/-", value: [{}] })).toBe(
      "/0/value must be an object, but is a list",
    );
    const value = { contract: { currency: "Euro", value: "much" }, type: "Azure" };
    expect(refusalOf({ op: "add", path: "/registrations/-", value })).toBe(
      "/0/value/contract/currency is not a three-letter currency code of ISO 4217; " +
        "/0/value/type is not one of the known values; " +
        "/0/value/contract/value is text that isn't a decimal number of at most 15 digits",
    );
  });

  test("clears by null only what can be empty", () => {
    const clearable = patchPaths.filter(
      ({ path }) => refusalOf({ op: "add", path: path.replaceAll("*", "0"), value: null }) === "",
    );
    expect(clearable.map(({ path }) => path)).toEqual([
      "/campaignId",
      "/details/closingDateTime",
      "/details/currency",
      "/details/dealValue",
      "/details/notes",
      "/externalReferenceId",
      "/referralProgram",
      "/salesStage",
      "/statusReason",
      "/registrations/*/contract/value",
      "/registrations/*/contract/startDateTime",
      "/registrations/*/contract/endDateTime",
      "/registrations/*/contract/signDateTime",
      "/registrations/*/solutionDetails/*/value",
      "/registrations/*/solutionDetails/*/currency",
      `${marketplace}/marketplaceTransactionDateTime`,
    ]);
  });
});

describe("a patch", () => {
  test("is a list of at least one and at most 200 operations", () => {
    const operation = { path: "/details/notes", value: "x" };
    for (const input of [undefined, null, {}, "[]", operation, []]) {
      expect(validatePatch(input)).toMatchObject({ ok: false, problems: [{ pointer: "" }] });
    }
    expect(validatePatch(Array.from({ length: 200 }, () => operation)).ok).toBe(true);
    expect(validatePatch(Array.from({ length: 201 }, () => operation)).ok).toBe(false);
  });

  test("names the problems of all its operations", () => {
    const result = validatePatch([
      { path: "/details/notes", value: 7 },
      { path: "/details/dealValue", value: 7 },
      { path: "/nowhere", value: 7 },
    ]);
    expect(result).toMatchObject({
      ok: false,
      problems: [{ pointer: "/0/value" }, { pointer: "/2/path" }],
    });
  });

  test("may set status and substatus only as a pair, of which the last ones count", () => {
    const set = (path: string, value: string) => ({ path, value });
    const pair = (status: string, substatus: string) =>
      validatePatch([set("/substatus", substatus), set("/status", status)]);
    expect(pair("Active", "Accepted").ok).toBe(true);
    expect(pair("Active", "Won")).toMatchObject({ problems: [{ pointer: "/0/value" }] });
    expect(pair("None", "None")).toMatchObject({ problems: [{ pointer: "/0/value" }] });
    expect(validatePatch([set("/substatus", "Won")]).ok).toBe(true);
    expect(
      validatePatch([set("/status", "New"), set("/substatus", "Won"), set("/status", "Closed")]).ok,
    ).toBe(true);
  });
});

test("no field outside the allow-list can be patched, whatever its spelling or value", () => {
  const allowed = new Set(patchPaths.map(({ path }) => path));
  const others = fields.filter(({ pointer }) => !allowed.has(pointer));
  expect(others.length).toBeGreaterThan(100);
  for (const { pointer } of others) {
    const path = pointer.replaceAll("*", "0");
    for (const spelling of [path, path.toUpperCase(), `${path}/-`, `${path}/0`]) {
      if (allowed.has(spelling)) continue;
      expect(refusalOf({ op: "add", path: spelling, value: null })).not.toBe("");
    }
  }
});

test("no JSON whatsoever makes the check throw", () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.record({
      op: fc.constantFrom("add", "replace", "remove"),
      path: fc.oneof(fc.string(), fc.constantFrom(...patchPaths.map(({ path }) => path))),
      value: fc.jsonValue(),
    }),
  );
  fc.assert(
    fc.property(fc.array(anything), (patch) => {
      expect(typeof validatePatch(patch).ok).toBe("boolean");
    }),
    { numRuns: 500, seed: Number(process.env.SEED ?? 20260318) },
  );
});
