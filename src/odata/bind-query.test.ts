import { describe, expect, test } from "vitest";
import { entityModel, type ModelType } from "../contract/index.ts";
import { bindQuery } from "./bind-query.ts";
import { maxArithmeticOperators, maxCollectionDepth } from "./limits.ts";
import { ODataBindingError } from "./odata-error.ts";
import { parseQueryOptions } from "./parse-query-options.ts";

const item: ModelType = {
  name: "Item",
  open: false,
  properties: [
    { name: "name", type: "String", collection: false },
    { name: "size", type: "Int32", collection: false },
  ],
};
const thing: ModelType = {
  name: "Thing",
  open: true,
  properties: [
    { name: "id", type: "String", collection: false },
    { name: "Name", type: "String", collection: false },
    { name: "size", type: "Int64", collection: false },
    { name: "price", type: "Decimal", collection: false },
    { name: "open", type: "Boolean", collection: false },
    { name: "moment", type: "DateTimeOffset", collection: false },
    { name: "day", type: "Date", collection: false },
    { name: "clock", type: "TimeOfDay", collection: false },
    { name: "span", type: "Duration", collection: false },
    { name: "code", type: "Guid", collection: false },
    { name: "twin", type: "String", collection: false },
    { name: "TWIN", type: "String", collection: false },
    { name: "tags", type: "String", collection: true },
    { name: "part", type: item, collection: false },
    { name: "items", type: item, collection: true },
    { name: "owner", type: item, collection: false, navigation: true },
    { name: "others", type: item, collection: true, navigation: true },
  ],
};

const bind = (text: string, dynamicProperties = false) =>
  bindQuery(parseQueryOptions(text), thing, { nowMs: 0, dynamicProperties });

function refusal(text: string): ODataBindingError {
  try {
    bind(text);
  } catch (error) {
    if (error instanceof ODataBindingError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

const accepted = [
  "$filter=Name eq 'x'",
  "$filter=name eq 'x' and ID eq 'y'",
  "$filter=twin eq 'x' or TWIN eq 'x'",
  "$filter=size eq 5 and size gt 1.5 and price le size",
  "$filter=price in (1,2.50,null)",
  "$filter=open and not open",
  "$filter=open eq true",
  "$filter=part eq null and part/name ne null",
  "$filter=moment gt 2024-05-01T10:00:00Z",
  "$filter=moment gt 2024-05-01",
  "$filter=moment gt now() sub duration'P7D'",
  "$filter=now() sub moment gt 'P7D'",
  "$filter=day sub 2024-01-01 ge duration'P1D'",
  "$filter=day add span eq day",
  "$filter=span mul 2 eq duration'PT1H'",
  "$filter=hour(clock) eq 10 and hour(moment) eq 10",
  "$filter=code eq 01234567-89ab-cdef-0123-456789abcdef",
  "$filter=code eq '01234567-89AB-cdef-0123-456789abcdef'",
  "$filter=Name eq 01234567-89ab-cdef-0123-456789abcdef",
  "$filter=Name eq Sales.Kind'New'",
  "$filter=tags/any(t:t eq 'x')",
  "$filter='x' in tags",
  "$filter=items/any(i:i/size gt size and i/name eq $it/Name)",
  "$filter=items/any(i:items/any(j:j/name eq i/name))",
  "$filter=items/$count gt 2 and items/$count($filter=size gt 1) gt 1",
  "$filter=items/$filter(size gt 1)/any(i:i/name eq 'x')",
  "$filter=CONTAINS(Name,'x') and Length(trim(Name)) gt 2",
  "$filter=null eq Name",
  "$filter=(Name eq 'x') eq open",
  "$orderby=Name desc,length(Name),price mul 2,items/$count",
  "$select=Name,part/name,items/size,*",
  "$select=owner&$expand=owner($select=name;$expand=*)",
  "$expand=others($filter=size gt 1;$orderby=name;$top=1)",
  "$expand=*",
  "$top=0&$skip=9007199254740991&$count=true&$skiptoken=x",
];

test.each(accepted)("%s is accepted", (text) => {
  expect(() => bind(text)).not.toThrow();
});

/** The text with › before the place that is named. */
const refused: readonly (readonly [text: string, code: string, message?: string])[] = [
  ["$filter=›nmae eq 'x'", "unknownProperty", "did you mean Name?"],
  ["$filter=›Twin eq 'x'", "unknownProperty"],
  ["$filter=part/›nam eq 'x'", "unknownProperty", "Item has no property nam; did you mean name?"],
  ["$filter=Name/›x eq 'x'", "unknownProperty"],
  ["$filter=items/any(i:i/›nme eq 'x')", "unknownProperty"],
  ["$filter=items/any(i:›j/name eq 'x')", "unknownProperty"],
  ["$orderby=›sise", "unknownProperty", "did you mean size?"],
  ["$select=›nmae", "unknownProperty", "did you mean Name?"],
  ["$expand=›ownr", "unknownProperty", "did you mean owner?"],
  ["$filter=Name ›eq 5", "typeMismatch", "put the value in single quotes"],
  ["$filter=size ›eq '5'", "typeMismatch", "write the value without quotes"],
  ["$filter=moment ›gt '2024-05-01T10:00:00Z'", "typeMismatch", "without quotes"],
  ["$filter=code ›eq 'x'", "typeMismatch"],
  ["$filter=span ›eq 'x'", "typeMismatch"],
  ["$filter=day ›eq 10:00", "typeMismatch"],
  ["$filter=part ›eq 'x'", "typeMismatch"],
  ["$filter=open ›eq 1", "typeMismatch"],
  ["$filter=›Name", "typeMismatch", "expected a condition"],
  ["$filter=open and ›size", "typeMismatch"],
  ["$filter=not ›Name eq 'x'", "typeMismatch", "write not (…) around the condition"],
  ["$filter=Name ›add 1 eq 2", "typeMismatch"],
  ["$filter=moment ›add 1 gt now()", "typeMismatch"],
  ["$filter=›-Name eq 1", "typeMismatch"],
  ["$filter=length(›size) eq 1", "typeMismatch", "length needs String here"],
  ["$filter=year(›clock) eq 1", "typeMismatch"],
  ["$filter=items/any(i:›i/name)", "typeMismatch"],
  ["$orderby=›part", "typeMismatch"],
  ["$filter=›tags eq 'x'", "lambdaExpected", "any, all or $count"],
  ["$filter=items/›name eq 'x'", "lambdaExpected"],
  ["$filter=Name/›any(x:x eq 'y')", "collectionExpected"],
  ["$filter=part/›$count gt 1", "collectionExpected"],
  ["$filter='x' in ›Name", "collectionExpected"],
  ["$filter=›contain(Name,'x')", "unknownFunction", "did you mean contains?"],
  ["$filter=›Model.Fits(a=1)", "unknownFunction"],
  ["$filter=›constructor(Name)", "unknownFunction"],
  ["$filter=›contains(Name)", "wrongArguments", "contains takes 2 arguments"],
  ["$filter=›substring(Name) eq 'x'", "wrongArguments", "2 or 3 arguments"],
  ["$filter=›trim(value=Name) eq 'x'", "wrongArguments"],
  ["$filter=›matchesPattern(Name,'^a')", "unsupportedFunction"],
  ["$filter=›geo.distance(Name,Name) lt 1", "unsupportedFunction"],
  ["$filter=›hassubset(tags,['a'])", "unsupportedFunction"],
  ["$filter=›cast(size,Edm.String) eq '1'", "unsupportedExpression"],
  ["$filter=›case(open:1) eq 1", "unsupportedExpression"],
  ["$filter=Name eq ›[1]", "unsupportedExpression"],
  ["$filter=Name ›has Sales.Kind'New'", "unsupportedExpression"],
  ["$filter=›$root/Things('x')/Name eq 'x'", "unsupportedExpression"],
  ["$filter=Name/›@Core.Term eq 'x'", "unsupportedExpression"],
  ["$filter=›owner/name eq 'x'", "unsupportedExpression", "can be expanded but not filtered by"],
  ["$filter=price eq ›binary'T0RhdGE='", "unsupportedExpression"],
  ["$filter=price eq ›INF", "valueOutOfRange"],
  ["$filter=price eq ›1e200", "valueOutOfRange"],
  ["$filter=price eq ›1e-200", "valueOutOfRange"],
  ["$filter=moment gt ›0000-01-01T00:00:00Z", "valueOutOfRange"],
  ["$filter=day gt ›-0001-01-01", "valueOutOfRange"],
  ["›$search=x", "unsupportedOption"],
  ["$top=1&›$compute=size add 1 as x", "unsupportedOption"],
  ["›$id=x", "unsupportedOption"],
  ["›$format=json", "unsupportedOption"],
  ["›$deltatoken=x", "unsupportedOption"],
  ["›@a=1", "unsupportedOption"],
  ["$filter=Name eq ›@a", "unsupportedOption", "parameter aliases"],
  ["$expand=owner(›$search=x)", "unsupportedOption"],
  ["$expand=owner(›$levels=2)", "unsupportedOption"],
  ["$expand=›owner/$ref", "unsupportedOption"],
  ["$expand=›others/$count", "unsupportedOption"],
  ["$select=›tags($top=1)", "unsupportedOption"],
  ["$select=›@odata.etag", "notSelectable"],
  ["$select=›Model.*", "notSelectable"],
  ["$expand=›part", "notExpandable"],
  ["$expand=›owner/name", "notExpandable"],
  ["$expand=›$value", "notExpandable"],
  ["$expand=owner,›owner", "duplicateItem"],
  ["$expand=*,›owner", "duplicateItem"],
];

const rows = refused.map(([text, code, message = ""]) => [text, code, message] as const);

test.each(rows)("%s is refused as %s", (marked, code, message) => {
  const error = refusal(marked.replace("›", ""));
  expect(error).toMatchObject({ code, position: marked.indexOf("›") });
  expect(error.message).toContain(message);
});

describe("limits", () => {
  test("arithmetic is capped, so that exact results stay small", () => {
    const sum = (count: number): string => `$filter=size eq 1${" add 1".repeat(count)}`;
    expect(() => bind(sum(maxArithmeticOperators))).not.toThrow();
    expect(refusal(sum(maxArithmeticOperators + 1)).code).toBe("tooComplex");
  });

  test("collections inside collections are capped, since each multiplies the work", () => {
    const nested = (depth: number): string => {
      const lambdas = Array.from({ length: depth }, (_, index) => `items/any(v${index}:`);
      return `$filter=${lambdas.join("")}v0/size eq 1${")".repeat(depth)}`;
    };
    expect(() => bind(nested(maxCollectionDepth))).not.toThrow();
    expect(refusal(nested(maxCollectionDepth + 1)).code).toBe("tooComplex");
  });

  test("now() needs a clock", () => {
    const options = parseQueryOptions("$filter=moment lt now()");
    expect(() => bindQuery(options, thing)).toThrow("now() is not supported here");
  });
});

test("dynamic properties, where allowed, take the type of what they meet", () => {
  expect(() =>
    bind("$filter=extra eq 'x' and more/deep gt 5 and length(extra) eq 1", true),
  ).not.toThrow();
  expect(() => bind("$filter=extra eq null", true)).not.toThrow();
  expect(() => bind("$filter=extra/any(e:e/x eq 1)", true)).not.toThrow();
  expect(() => bind("$filter=extra eq other", true)).toThrow("can't be compared");
  expect(() => bind("$filter=part/extra eq 1", true)).toThrow("Item has no property extra");
  expect(() => bind("$orderby=extra", true)).toThrow("only values of a known type can be ordered");
});

test("names come back as the model writes them", () => {
  const query = bind("$select=NAME&$orderby=PART/name");
  expect([...(query.select?.properties.keys() ?? [])]).toEqual(["Name"]);
  expect(query.orderby[0]?.expression).toMatchObject({ path: ["part", "name"] });
});

test.each([
  "$filter=customerProfile/address/country eq 'US' and team/any(t:t/email eq 'a@example.com')",
  "$filter=status eq 'New' OR status eq 'Active'",
  "$filter=details/dealValue gt 1000.50 and updatedDateTime ge 2024-05-01T10:00:00.1234567Z",
  "$filter=engagementId eq 01234567-89ab-cdef-0123-456789abcdef",
  "$filter=details/requirements/solutions/any(s:s/id eq 'SOL-1')",
  "$select=id,details/dealValue&$expand=relatedReferrals($select=id)&$orderby=createdDateTime",
])("the referral answers %s", (text) => {
  expect(() => bindQuery(parseQueryOptions(text), entityModel)).not.toThrow();
});
