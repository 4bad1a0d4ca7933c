import { describe, expect, test } from "vitest";
import { filterTree } from "./tree-test-kit.ts";

type Cases = readonly (readonly [text: string, tree: string])[];

const precedence: Cases = [
  ["a or b and c", "(or a (and b c))"],
  ["a and b or c", "(or (and a b) c)"],
  ["(a or b) and c", "(and (or a b) c)"],
  ["a and b and c or d or e", "(or (and a b c) d e)"],
  ["a and (b and c)", "(and a (and b c))"],
  ["not a and b", "(and (not a) b)"],
  ["not a or not b", "(or (not a) (not b))"],
  ["not (a and b)", "(not (and a b))"],
  ["not not a", "(not (not a))"],
  ["not a eq b", "(eq (not a) b)"],
  ["not a in (1,2)", "(not (in a (list 1 2)))"],
  ["not contains(a,'x') and b", "(and (not (contains a 'x')) b)"],
  ["a eq b and c ne d", "(and (eq a b) (ne c d))"],
  ["a gt b eq c lt d", "(eq (gt a b) (lt c d))"],
  ["a eq b ne c", "(ne (eq a b) c)"],
  ["a add b mul c", "(add a (mul b c))"],
  ["a mul b add c", "(add (mul a b) c)"],
  ["a sub b sub c", "(sub (sub a b) c)"],
  ["a sub (b sub c)", "(sub a (sub b c))"],
  ["a div b divby c mod d", "(mod (divby (div a b) c) d)"],
  ["a add b gt c sub d", "(gt (add a b) (sub c d))"],
  ["-a add b", "(add (negate a) b)"],
  ["-a mul -b", "(mul (negate a) (negate b))"],
  ["- a", "(negate a)"],
  ["-(a add b)", "(negate (add a b))"],
  ["--a", "(negate (negate a))"],
  ["a sub -1", "(sub a -1)"],
  ["-1 add a", "(add -1 a)"],
  ["-INF lt a", "(lt -INF a)"],
  ["a in ('x','y') eq true", "(eq (in a (list 'x' 'y')) true)"],
  ["a in ('x') and b", "(and (in a (list 'x')) b)"],
  ["a has Sales.Color'Red' and b", "(and (has a enum Sales.Color:Red) b)"],
  ["a eq b has Sales.Color'Red'", "(eq a (has b enum Sales.Color:Red))"],
  ["a in (b)", "(in a b)"],
  ["a in ()", "(in a (list))"],
  ["a in ['x',1,null]", "(in a (array 'x' 1 null))"],
  ["1 in tags", "(in 1 tags)"],
];

const paths: Cases = [
  ["a/b/c eq 1", "(eq a/b/c 1)"],
  ["team/any(t:t/email eq 'x')", "team/(any t: (eq t/email 'x'))"],
  ["team/any()", "team/(any)"],
  ["team/ANY( t : t/x )", "team/(any t: t/x)"],
  [
    "a/all(x:x/b/any(y:y/c gt x/d or $it/e) and x/f)",
    "a/(all x: (and x/b/(any y: (or (gt y/c x/d) $it/e)) x/f))",
  ],
  ["a/$count gt 2", "(gt a/$count 2)"],
  ["a/$count($filter=b eq 1) gt 2", "(gt a/($count (eq b 1)) 2)"],
  ["a/$filter(b)/$count gt 2", "(gt a/($filter b)/$count 2)"],
  ["a/$filter(b)(ID=1)", "a/($filter b)/(key ID=1)"],
  ["a/Model.Special/b", "a/Model.Special/b"],
  ["a/Model.Special", "a/Model.Special"],
  ["$it/a eq $this/b", "(eq $it/a $this/b)"],
  ["$root/People('A')/name eq name", "(eq $root/(People 'A')/name name)"],
  ["@a eq 1 and @b/c", "(and (eq @a 1) @b/c)"],
  ["@Core.Messages/any(m:m/x)", "@Core.Messages/(any m: m/x)"],
  ["price/@Measures.Unit#q eq 'EUR'", "(eq price/@Measures.Unit#q 'EUR')"],
  ["Model.Fits(size=a add 1,kind='x')", "(Model.Fits size=(add a 1) kind='x')"],
  ["items(5)/name", "(items 5)/name"],
  ["цена gt 5", "(gt цена 5)"],
];

const calls: Cases = [
  ["contains( name , 'x' )", "(contains name 'x')"],
  ["CONTAINS(name,'x')", "(CONTAINS name 'x')"],
  ["substring(concat(a,b),1,2) eq 'x'", "(eq (substring (concat a b) 1 2) 'x')"],
  ["now() sub duration'P1D' lt a", "(lt (sub (now) duration:P1D) a)"],
  ["cast(Model.Person)", "(cast Model.Person)"],
  ["cast(a,Edm.Int32) eq 1", "(eq (cast a Edm.Int32) 1)"],
  ["isof(a,Collection(Model.Person))", "(isof a Collection(Model.Person))"],
  ["case(a gt 1:'x', true:'y') eq 'x'", "(eq (case (gt a 1) 'x' true 'y') 'x')"],
  ["geo.distance(a,b) lt 5", "(lt (geo.distance a b) 5)"],
  ["[1,[a,'x'],{\"k\":a add 1}] eq b", "(eq (array 1 (array a 'x') (object k=(add a 1))) b)"],
  ["{} eq a", "(eq (object) a)"],
];

const names: Cases = [
  ["and eq or", "(eq and or)"],
  ["eq eq 'x'", "(eq eq 'x')"],
  ["in in ('x')", "(in in (list 'x'))"],
  ["not eq 'x'", "(eq not 'x')"],
  ["not", "not"],
  ["not and a", "(and not a)"],
  ["not not eq 1", "(eq (not not) 1)"],
  ["any/all eq all/any", "(eq any/all all/any)"],
  ["contains eq 'x'", "(eq contains 'x')"],
  ["add add sub", "(add add sub)"],
  ["a/any(any:any/any eq 1)", "a/(any any: (eq any/any 1))"],
  ["inner/null eq 1", "(eq inner/null 1)"],
  ["duration eq duration'PT1S'", "(eq duration duration:PT1S)"],
  ["order eq 1 or organization eq 2", "(or (eq order 1) (eq organization 2))"],
];

const cases: Cases = [
  ["a EQ 1 AND b Ne 2 oR NOT c", "(or (and (eq a 1) (ne b 2)) (not c))"],
  ["a eq TRUE or b eq Null", "(or (eq a true) (eq b null))"],
  ["a IN (1) and b DIVBY 2 GE c", "(and (in a (list 1)) (ge (divby b 2) c))"],
];

describe.each([
  ["operators bind in OData's order", precedence],
  ["paths keep their segments", paths],
  ["calls keep their arguments", calls],
  ["words are names wherever no operator can stand", names],
  ["keywords count in any case", cases],
])("%s", (_claim, table) => {
  test.each(table)("%s", (text, tree) => {
    expect(filterTree(text)).toBe(tree);
  });
});

test("a long chain of and or or is one flat node, whatever its length", () => {
  const chain = Array.from({ length: 1_500 }, (_, index) => `a${index}`).join(" or ");
  expect(filterTree(chain)).toBe(`(or ${chain.replaceAll(" or ", " ")})`);
});
