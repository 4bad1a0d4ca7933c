import { describe, expect, test } from "vitest";
import { parseEndpoint } from "../../client/index.ts";
import type { HttpResponse } from "../../runtime/index.ts";
import { followPages, pageThroughGateway } from "./list-pages.ts";

const endpoint = parseEndpoint("https://api.example");
const collection = "https://api.example/v1.0/engagements/referrals";
const ok = (body: string): HttpResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body,
});
const page = (items: readonly number[], next?: string): string => {
  const link = next === undefined ? "" : `,"@odata.nextLink":${JSON.stringify(next)}`;
  return `{"@odata.context":"c","@odata.count":5,"value":[${items.join(",")}]${link}}`;
};

/** Answers pages by their address; a page asked for twice is an error of the test. */
function pages(byUrl: Readonly<Record<string, HttpResponse>>) {
  const asked: string[] = [];
  const ask = async (url: string): Promise<HttpResponse> => {
    if (asked.includes(url)) throw new Error(`${url} was asked for twice`);
    asked.push(url);
    return byUrl[url] ?? { status: 404, headers: {}, body: "" };
  };
  return { ask, asked };
}

describe("followPages", () => {
  test("joins all pages under the first one's head", async () => {
    const { ask, asked } = pages({
      [`${collection}?$skiptoken=2`]: ok(page([3, 4], `${collection}?$skiptoken=3`)),
      [`${collection}?$skiptoken=3`]: ok(page([])),
    });
    const first = ok(page([1, 2], `${collection}?$skiptoken=2`));
    const answer = await followPages(endpoint, first, ask);
    expect(JSON.parse(answer.body)).toEqual({
      "@odata.context": "c",
      "@odata.count": 5,
      value: [1, 2, 3, 4],
    });
    expect(asked).toHaveLength(2);
  });

  test("keeps every byte of the items", async () => {
    const item = '{"dealValue": 1234567890.10, "u":"\\u00e9"}';
    const link = `${collection}?$skiptoken=2`;
    const { ask } = pages({ [link]: ok(`{"value":[ ${item} ]}`) });
    const first = ok(`{"value":[${item}],"@odata.nextLink":"${link}"}`);
    expect((await followPages(endpoint, first, ask)).body).toBe(`{"value":[${item},${item}]}`);
  });

  test("raises a plain http link to https", async () => {
    const { ask, asked } = pages({ [`${collection}?p=2`]: ok(page([2])) });
    const plain = `${collection.replace("https:", "http:")}?p=2`;
    await followPages(endpoint, ok(page([1], plain)), ask);
    expect(asked).toEqual([`${collection}?p=2`]);
  });

  test.each([
    ["https://evil.example/v1.0/engagements/referrals?p=2"],
    ["https://api.example.evil.example/referrals"],
    ["https://user:secret@api.example/referrals"],
    ["http://[broken"],
  ])("sends no token to %s", async (link) => {
    const { ask, asked } = pages({});
    await expect(followPages(endpoint, ok(page([1], link)), ask)).rejects.toMatchObject({
      code: "invalidAnswer",
    });
    expect(asked).toEqual([]);
  });

  test("notices pages that lead in a circle", async () => {
    const [two, three] = [`${collection}?p=2`, `${collection}?p=3`];
    const { ask } = pages({ [two]: ok(page([2], three)), [three]: ok(page([3], two)) });
    await expect(followPages(endpoint, ok(page([1], two)), ask)).rejects.toMatchObject({
      code: "invalidAnswer",
      message: "The list's pages lead in a circle.",
    });
  });

  test("answers nothing rather than a part: a refused page is the answer", async () => {
    const refused = { status: 429, headers: { "retry-after": "7" }, body: "{}" };
    const { ask } = pages({ [`${collection}?p=2`]: refused });
    expect(await followPages(endpoint, ok(page([1], `${collection}?p=2`)), ask)).toBe(refused);
  });

  test("refuses what isn't a page", async () => {
    const { ask } = pages({ [`${collection}?p=2`]: ok("<html>") });
    const first = ok(page([1], `${collection}?p=2`));
    await expect(followPages(endpoint, first, ask)).rejects.toMatchObject({ status: 502 });
  });
});

test("a page that is passed on leads to the gateway", () => {
  const text = page([1], `${collection}?$skiptoken=a%20b`);
  const passed = JSON.parse(pageThroughGateway(endpoint, text, "https://gw.example/referrals"));
  expect(passed["@odata.nextLink"]).toBe("https://gw.example/referrals?$skiptoken=a%20b");
  expect(passed.value).toEqual([1]);
});
