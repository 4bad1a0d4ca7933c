import { describe, expect, test } from "vitest";
import { parseQueryOptions } from "./parse-query-options.ts";
import { filterTree, optionsOf, searchTree, treeOf } from "./tree-test-kit.ts";

const empty = { aliases: [], custom: [] };

describe("options", () => {
  test("names count in any case, with the dollar sign or without", () => {
    const expected = { ...empty, top: 5, skip: 10, count: true };
    expect(optionsOf("$top=5&$skip=10&$count=true")).toEqual(expected);
    expect(optionsOf("TOP=5&$SKIP=10&Count=TRUE")).toEqual(expected);
    expect(optionsOf("%24top=5&%24skip=10&%24count=true")).toEqual(expected);
  });

  test("an empty text has no options", () => {
    expect(optionsOf("")).toEqual(empty);
    expect(optionsOf("&&$top=1&")).toEqual({ ...empty, top: 1 });
  });

  test("$top and $skip take 0 and every number that JSON can show, and nothing else", () => {
    expect(optionsOf("$top=0&$skip=0")).toEqual({ ...empty, top: 0, skip: 0 });
    expect(optionsOf("$skip=9007199254740991")).toEqual({ ...empty, skip: 9_007_199_254_740_991 });
    for (const value of ["-1", "+1", "1.5", "1e3", "9007199254740992", "99999999999999999999"]) {
      expect(() => parseQueryOptions(`$top=${value}`)).toThrow("$top takes a whole number");
      expect(() => parseQueryOptions(`$skip=${value}`)).toThrow("$skip takes a whole number");
    }
  });

  test("$orderby has keys of any kind, each with its direction", () => {
    const { orderby } = parseQueryOptions(
      "$orderby=name, length(name) desc,a/b ASC,desc desc,a gt b",
    );
    expect(orderby?.map((key) => [treeOf(key.expression), key.descending])).toEqual([
      ["name", false],
      ["(length name)", true],
      ["a/b", false],
      ["desc", true],
      ["(gt a b)", false],
    ]);
  });

  test("$select has paths, stars, annotations, operations and options of its own", () => {
    const text =
      "$select=name,address/city,*,Model.*,Model.Special/x,@Core.Messages," +
      "Model.Move(to,by),tags($top=2;$filter=$this ne 'x')";
    expect(optionsOf(text).select).toMatchObject([
      { path: ["name"] },
      { path: ["address", "city"] },
      { path: ["*"] },
      { path: ["Model.*"] },
      { path: ["Model.Special", "x"] },
      { path: ["@Core.Messages"] },
      { path: ["Model.Move"], parameterNames: ["to", "by"] },
      { path: ["tags"], options: { top: 2, filter: { kind: "binary", operator: "ne" } } },
    ]);
  });

  test("$expand nests, each level with its options", () => {
    const text =
      "$expand=items($select=id;$expand=product($filter=price gt 5;$top=1);count=true)," +
      "owner/$ref,orders/$count($filter=open),*($levels=max),a/Model.B/*/$ref";
    expect(optionsOf(text).expand).toMatchObject([
      {
        path: ["items"],
        options: {
          select: [{ path: ["id"] }],
          expand: [{ path: ["product"], options: { top: 1 } }],
          count: true,
        },
      },
      { path: ["owner"], suffix: "$ref" },
      { path: ["orders"], suffix: "$count" },
      { path: ["*"], options: { levels: "max" } },
      { path: ["a", "Model.B", "*"], suffix: "$ref" },
    ]);
  });

  test("$compute, aliases, custom and raw options are kept", () => {
    const text =
      "$compute=a add 1 as b,c as d&@x=[1,'y']&$id=Items(5)&$skiptoken=a%26b=c&$format=json" +
      "&$deltatoken=1,2&$schemaversion=*&$index=-1&api-version=1.0&flag";
    const options = parseQueryOptions(text);
    const computed = options.compute?.map(({ expression, name }) => [treeOf(expression), name]);
    expect(computed).toEqual([
      ["(add a 1)", "b"],
      ["c", "d"],
    ]);
    expect(options.aliases.map(({ name, value }) => [name, treeOf(value)])).toEqual([
      ["x", "(array 1 'y')"],
    ]);
    expect(options).toMatchObject({
      id: "Items(5)",
      skiptoken: "a&b=c",
      format: "json",
      deltatoken: "1,2",
      schemaversion: "*",
      index: -1,
      custom: [
        { name: "api-version", value: "1.0" },
        { name: "flag", value: "" },
      ],
    });
  });
});

const searches: readonly (readonly [string, string])[] = [
  ["blue", "blue"],
  ["blue green", "(and blue green)"],
  ["blue OR green AND red", "(or blue (and green red))"],
  ["NOT blue green", "(and (not blue) green)"],
  ["NOT (blue OR green)", "(not (or blue green))"],
  ['"dark blue" OR NOT', '(or "dark blue" NOT)'],
  ["blue and green", "(and blue and green)"],
  ["AND", "AND"],
  ["'un(finished'", "un(finished"],
  ["a%3Bb", "a;b"],
];

describe("$search", () => {
  test.each(searches)("%s", (text, tree) => {
    const { search } = parseQueryOptions(`$search=${text}&$top=1`);
    expect(search && searchTree(search)).toBe(tree);
    const nested = parseQueryOptions(`$expand=x($search=${text};$top=1)`).expand?.[0]?.options;
    expect(nested?.search && searchTree(nested.search)).toBe(tree);
    expect(nested?.top).toBe(1);
  });
});

describe("encoding", () => {
  const tree = "(and (eq name 'A & B+C') (gt a 2024-05-01))";

  test("plain, percent-encoded and form-encoded text say the same", () => {
    const text = "name eq 'A & B+C' and a gt 5";
    const form = new URLSearchParams({ $filter: text }).toString();
    expect(form).toContain("+eq+");
    const plain = filterTree(text);
    expect(plain).toBe(tree.replace("2024-05-01", "5"));
    for (const encoded of [`$filter=${encodeURIComponent(text)}`, form]) {
      const { filter } = parseQueryOptions(encoded);
      expect(filter && treeOf(filter)).toBe(plain);
    }
  });

  test("a form encoder's option keeps its spaces beside options of other writers", () => {
    const form = new URLSearchParams({ $filter: "name eq 'A B'" }).toString();
    const { filter, skiptoken } = parseQueryOptions(`${form}&$skiptoken=a+b`);
    expect(filter && treeOf(filter)).toBe("(eq name 'A B')");
    expect(skiptoken).toBe("a+b");
  });

  test("a plus sign in text that no form encoder wrote stays a plus sign", () => {
    expect(filterTree("a eq 'x+y'")).toBe("(eq a 'x+y')");
    expect(filterTree("t gt 2024-05-01T10:00:00+02:00")).toContain("+02:00");
    expect(() => filterTree("a+eq+'x'")).toThrow("a space is written %20, not +");
  });

  test("an encoded ampersand separates nothing", () => {
    const options = parseQueryOptions("a=1%262&$filter=n eq 'x%26$top=1'");
    expect(options.custom).toMatchObject([{ name: "a", value: "1&2" }]);
    expect(options.top).toBeUndefined();
  });
});

test("positions are offsets in the text as it was given", () => {
  const text = "$top=1&$filter=%61%20eq%20'%C3%A9'%20and%20b%20gt%205";
  const { filter, positions } = parseQueryOptions(text);
  if (filter?.kind !== "logical") throw new TypeError("expected and");
  const [first, second] = filter.operands;
  if (first?.kind !== "binary" || second?.kind !== "binary") throw new TypeError("expected eq, gt");
  expect(text.slice(first.left.position)).toMatch(/^%61%20eq/);
  expect(text.slice(first.position)).toMatch(/^eq%20'%C3/);
  expect(text.slice(first.right.position)).toMatch(/^'%C3%A9'/);
  expect(text.slice(filter.position)).toMatch(/^and/);
  expect(text.slice(second.left.position)).toMatch(/^b%20gt/);
  expect(text.slice(second.right.position)).toBe("5");
  expect(positions).toEqual({ top: 0, filter: 7 });
});
