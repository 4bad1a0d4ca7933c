import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Problem } from "./problem.ts";
import type { Referral } from "./referral.ts";
import { type FieldNode, type RecordNode, referralTree } from "./tree.ts";
import { deepestInput } from "./unstorable.ts";
import { type Purpose, validateReferral } from "./validate.ts";

const newReferral = {
  type: "Shared",
  name: "Warehouse robots for Tailspin",
  externalReferenceId: "OPP-4711",
  qualification: "SalesQualified",
  customerProfile: {
    name: "Tailspin Toys",
    size: "51to250employees",
    address: { addressLine1: "Am Kai 7", city: "Hamburg", postalCode: "20457", country: "DE" },
    team: [{ firstName: "Nadia", lastName: "Okafor", email: "nadia@tailspin.example" }],
    ids: [{ profileType: "Duns", id: "150483782" }],
  },
  consent: { consentToContact: true, consentToShareReferralWithMicrosoftSellers: true },
  details: {
    dealValue: 125000.5,
    currency: "EUR",
    closingDateTime: "2031-03-31T00:00:00.1234567Z",
    requirements: { solutions: [{ id: "SOL-12345-ABC", type: "Name", quantity: 3 }] },
  },
  target: [{ type: "SolutionProfile", id: "SOL-12345-ABC" }],
};

function changed(change: (referral: Record<string, unknown>) => void): unknown {
  const copy: Record<string, unknown> = structuredClone(newReferral);
  change(copy);
  return copy;
}

function problemsOf(input: unknown, purpose: Purpose = "create"): readonly Problem[] {
  const result = validateReferral(input, purpose);
  return result.ok ? [] : result.problems;
}

const pointersOf = (input: unknown, purpose?: Purpose): readonly string[] =>
  problemsOf(input, purpose).map(({ pointer }) => pointer);

describe("a new referral", () => {
  test("passes unchanged when nothing is wrong with it", () => {
    expect(validateReferral(newReferral, "create")).toEqual({ ok: true, referral: newReferral });
  });

  test("needs type, customerProfile, consent and details, and null doesn't count", () => {
    const required = ["/consent", "/customerProfile", "/details", "/type"];
    expect(pointersOf({})).toEqual(required);
    expect(pointersOf({ type: null, customerProfile: null, consent: null, details: null })).toEqual(
      required,
    );
    expect(pointersOf({}, "replace")).toEqual(required);
    expect(pointersOf({}, "read")).toEqual([]);
  });

  test("is an object, whatever else arrives", () => {
    for (const input of [undefined, null, 7, "text", true, [], [newReferral]]) {
      expect(problemsOf(input)).toMatchObject([{ pointer: "", remedy: "Send an object." }]);
    }
  });

  test("tells every wrong type with its pointer, at each depth", () => {
    const input = changed((referral) => {
      referral.name = 7;
      referral.favorite = "yes";
      referral.team = { firstName: "Nadia" };
      referral.customerProfile = {
        address: "Hamburg",
        team: [{ email: ["x"] }, null, "Nadia"],
      };
    });
    expect(problemsOf(input).map(({ pointer, reason }) => `${pointer} ${reason}`)).toEqual([
      "/customerProfile/address must be an object, but is text",
      "/customerProfile/team/0/email must be text, but is a list",
      "/customerProfile/team/1 must be an object, but is null",
      "/customerProfile/team/2 must be an object, but is text",
      "/favorite must be true or false, but is text",
      "/name must be text, but is a number",
      "/team must be a list, but is an object",
    ]);
  });

  test.each([
    ["/type", { type: "Sharde" }, 'Did you mean "Shared"?'],
    ["/qualification", { qualification: "salesqualified" }, 'Did you mean "SalesQualified"?'],
    ["/status", { status: "Open" }, "Send one of None, New, Active, Closed."],
    ["/target/0/type", { target: [{ type: "Solution" }] }, /^Send one of None, Business/],
    [
      "/inviteContext/assistanceRequestCode",
      { inviteContext: { assistanceRequestCode: "ProofOfConcept" } },
      /^(Did you mean|Send one of)/,
    ],
  ])("refuses an unknown value at %s and names the right one", (pointer, part, remedy) => {
    const [problem, ...more] = problemsOf({ ...newReferral, ...part });
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ pointer, reason: "is not one of the known values" });
    expect(problem?.remedy).toMatch(remedy);
  });

  test("may have any sales stage, since real data holds percentages", () => {
    expect(pointersOf({ ...newReferral, salesStage: "40%" })).toEqual([]);
  });

  test.each([
    ["UK", 'Did you mean "GB"?'],
    ["de", 'Did you mean "DE"?'],
    ["Germany", 'Send a code such as "US" or "DE".'],
    ["", 'Send a code such as "US" or "DE".'],
  ])("refuses the country %j", (country, remedy) => {
    const input = { ...newReferral, customerProfile: { address: { country } } };
    expect(problemsOf(input)).toEqual([
      {
        pointer: "/customerProfile/address/country",
        reason: "is not a two-letter country code of ISO 3166-1",
        remedy,
      },
    ]);
  });

  test.each(["eur", "Euro", "€", "XTS"])("refuses the currency %j", (currency) => {
    expect(pointersOf({ ...newReferral, details: { currency } })).toEqual(["/details/currency"]);
  });

  test.each([
    "2031-03-31",
    "2031-03-31T12:30Z",
    "2031-03-31T12:30:00Z",
    "2031-03-31T12:30:00.1234567Z",
    "2028-02-29T12:30:00+05:30",
  ])("takes %s as a moment", (closingDateTime) => {
    expect(pointersOf({ ...newReferral, details: { closingDateTime } })).toEqual([]);
  });

  test.each([
    "31.03.2031",
    "2031-02-29",
    "2031-04-31",
    "2031-13-01",
    "2031-03-31T25:00Z",
    "soon",
    "",
  ])("refuses %j as a moment", (closingDateTime) => {
    expect(pointersOf({ ...newReferral, details: { closingDateTime } })).toEqual([
      "/details/closingDateTime",
    ]);
  });

  test("may bring an amount as decimal text, which becomes a number", () => {
    for (const [given, kept] of [
      ["125000.50", 125000.5],
      ["-1", -1],
      [" 12 ", 12],
      ["999999999999999", 999999999999999],
      [0, 0],
    ]) {
      const result = validateReferral({ ...newReferral, details: { dealValue: given } }, "create");
      expect(result).toMatchObject({ ok: true, referral: { details: { dealValue: kept } } });
    }
  });

  test("may not bring an amount that a number can't hold exactly, nor text that is none", () => {
    for (const dealValue of ["1234567890123456.7", "1,000", "1e3", "", "12 EUR", "NaN", true, {}]) {
      expect(pointersOf({ ...newReferral, details: { dealValue } })).toEqual([
        "/details/dealValue",
      ]);
    }
  });

  test("may state a status and substatus only as a pair of the lifecycle", () => {
    const state = (status: string, substatus: string) => ({ ...newReferral, status, substatus });
    expect(pointersOf(state("New", "Pending"))).toEqual([]);
    expect(pointersOf(state("None", "None"))).toEqual([]);
    expect(pointersOf(state("New", "Won"))).toEqual(["/substatus"]);
  });

  test("isn't questioned about what only the server sets", () => {
    const server = { createdDateTime: "yesterday", direction: "Sideways", eTag: '"1"' };
    expect(pointersOf({ ...newReferral, ...server })).toEqual([]);
  });

  test("holds whole characters only", () => {
    expect(pointersOf({ ...newReferral, name: "a\0b", lastRunId: "\ud83d" })).toEqual([
      "/name",
      "/lastRunId",
    ]);
    expect(pointersOf({ ...newReferral, madeUp: { "a/b": ["\udfff"] }, "x\0": 1 })).toEqual([
      "/madeUp/a~1b/0",
      "",
    ]);
    expect(pointersOf({ ...newReferral, name: "💶 ünïcödé" })).toEqual([]);
  });

  test("isn't nested without end", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(pointersOf({ ...newReferral, madeUp: nested(deepestInput - 1) })).toEqual([]);
    const [problem] = problemsOf({ ...newReferral, madeUp: nested(deepestInput) });
    expect(problem).toMatchObject({ reason: "is nested too deeply" });
  });

  test("names at most fifty problems", () => {
    const team = Array.from({ length: 500 }, () => ({ email: 7 }));
    expect(problemsOf({ ...newReferral, team })).toHaveLength(50);
  });

  test("cannot reach the prototype", () => {
    const input: unknown = JSON.parse(
      JSON.stringify(newReferral).replace(/^\{/, '{"__proto__":{"isAdmin":true},'),
    );
    expect(pointersOf(input)).toEqual(["/__proto__"]);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });
});

describe("keys in another case", () => {
  test("are spelt as in the contract, at every known level", () => {
    const input = {
      TYPE: "Independent",
      Consent: { CONSENTTOCONTACT: true },
      CustomerProfile: { Address: { COUNTRY: "US" }, Team: [{ FirstName: "Nadia" }] },
      details: { dealvalue: "12.50", Requirements: { solutions: [{ ID: "SOL-1" }] } },
      Etag: '"x"',
    };
    expect(validateReferral(input, "create")).toEqual({
      ok: true,
      referral: {
        type: "Independent",
        consent: { consentToContact: true },
        customerProfile: { address: { country: "US" }, team: [{ firstName: "Nadia" }] },
        details: { dealValue: 12.5, requirements: { solutions: [{ id: "SOL-1" }] } },
        eTag: '"x"',
      },
    });
  });

  test("may not stand beside the right spelling where a referral is written", () => {
    for (const twice of [
      { name: "a", Name: "b" },
      { Name: "b", name: "a" },
      { NAME: "c", Name: "b" },
    ]) {
      const { name: _name, ...unnamed } = newReferral;
      expect(pointersOf({ ...unnamed, ...twice })).toEqual(["/name"]);
    }
  });

  test("leave the right spelling alone where a referral is read", () => {
    for (const input of [
      { Name: "b", name: "a" },
      { name: "a", Name: "b" },
    ]) {
      expect(validateReferral(input, "read")).toEqual({ ok: true, referral: input });
    }
  });
});

describe("reading", () => {
  test("keeps unknown values, codes and null, and what nobody knows", () => {
    const answer = {
      id: "1",
      status: "Parked",
      substatus: "ForNow",
      type: "Quantum",
      customerProfile: { size: "42employees", address: { country: "EU" }, mood: { good: true } },
      details: {
        currency: "BTC",
        dealValue: null,
        closingDateTime: "2031-01-01T00:00:00.7654321Z",
      },
      consent: null,
      registrations: [{ status: "InOrbit", contract: { novelty: [1, { two: 2 }] } }],
      novelty: { deep: [{ er: null }] },
    };
    expect(validateReferral(answer, "read")).toEqual({ ok: true, referral: answer });
  });

  test("still tells a wrong type", () => {
    expect(pointersOf({ details: { dealValue: "much" }, name: {} }, "read")).toEqual([
      "/details/dealValue",
      "/name",
    ]);
  });
});

test("what was read can be sent back, but no other unknown value", () => {
  const stored = {
    ...newReferral,
    status: "Parked",
    substatus: "ForNow",
    customerProfile: { size: "42employees", address: { country: "EU" } },
    target: [{ type: "Moon", id: "1" }],
  } as Referral;
  const name = "Another name";
  expect(validateReferral({ ...stored, name }, "replace", stored).ok).toBe(true);
  expect(pointersOf({ ...stored, name }, "replace")).toEqual([
    "/customerProfile/size",
    "/customerProfile/address/country",
    "/target/0/type",
    "/status",
    "/substatus",
  ]);
  const won = validateReferral({ ...stored, substatus: "Won" }, "replace", stored);
  expect(won).toMatchObject({ problems: [{ pointer: "/substatus" }] });
  const other = { ...stored, substatus: "Forever", target: [{ type: "Mars" }] };
  const result = validateReferral(other, "replace", stored);
  expect(result.ok ? [] : result.problems.map(({ pointer }) => pointer)).toEqual([
    "/target/0/type",
    "/substatus",
  ]);
});

const scalar: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  text: fc.string(),
  dateTime: fc.string(),
  decimal: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  flag: fc.boolean(),
};

function valueFor(field: FieldNode): fc.Arbitrary<unknown> {
  if (field.item) return fc.array(valueFor(field.item), { maxLength: 2 });
  return (field.of ? referralOf(field.of) : scalar[field.kind]) ?? fc.constant(null);
}

/** A record as another side may send it: any fields of ours, in any case, and some of its own. */
function referralOf(record: RecordNode): fc.Arbitrary<Record<string, unknown>> {
  const known = Object.fromEntries(
    record.fields.map((field) => [field.name, fc.option(valueFor(field))]),
  );
  const unknown = fc.dictionary(fc.stringMatching(/^x[a-z]{1,5}$/), fc.jsonValue(), { maxKeys: 2 });
  return fc
    .tuple(fc.record(known, { requiredKeys: [] }), unknown)
    .map(([ours, theirs]) => ({ ...theirs, ...ours }));
}

const inAnotherCase = (value: unknown, record: RecordNode): unknown => {
  if (Array.isArray(value)) return value.map((item) => inAnotherCase(item, record));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const field = record.byName.get(key);
      const inside = field?.of ? inAnotherCase(item, field.of) : item;
      return [field ? key.toUpperCase() : key, inside];
    }),
  );
};

const seed = Number(process.env.SEED ?? 20260317);

test("reading any referral changes nothing, and spells keys in any case", () => {
  fc.assert(
    fc.property(referralOf(referralTree), (referral) => {
      const expected = { ok: true, referral };
      expect(validateReferral(referral, "read")).toEqual(expected);
      expect(validateReferral(inAnotherCase(referral, referralTree), "read")).toEqual(expected);
    }),
    { numRuns: 300, seed },
  );
});

test("no JSON whatsoever makes the check throw", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("create", "replace", "read"), (input, purpose) => {
      const result = validateReferral(input, purpose as Purpose);
      if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 500, seed },
  );
});

test("the type knows fields, tolerates values and keeps unknown properties", () => {
  const referral: Referral = { status: "Parked", details: { dealValue: 1 }, novelty: 7 };
  const value: number | null | undefined = referral.details?.dealValue;
  expect(value).toBe(1);
  // @ts-expect-error an amount is a number
  const wrong: Referral = { details: { dealValue: "1" } };
  expect(wrong).toBeDefined();
});
