import { describe, expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { filter } from "./filter.ts";
import type { ReferralPage } from "./paging.ts";
import { ReferralsClient } from "./referrals-client.ts";
import {
  jumpingClock,
  numberedCredential,
  type Step,
  scriptedHttp,
  storedReferral,
} from "./testing/scripted-world.ts";

const url = "https://api.partner.microsoft.com/v1.0/engagements/referrals";
const page = (ids: readonly string[], next?: string, count?: number): Step => ({
  status: 200,
  body: {
    value: ids.map((id) => storedReferral(id)),
    ...(next === undefined ? {} : { "@odata.nextLink": next }),
    ...(count === undefined ? {} : { "@odata.count": count }),
  },
});

function clientTo(...steps: readonly Step[]) {
  const clock = jumpingClock();
  const { http, requests } = scriptedHttp(...steps);
  const credential = numberedCredential(clock);
  const client = new ReferralsClient({ credential, http, clock, random: seededRandom(3) });
  return { client, requests };
}

describe("a list", () => {
  test("is walked through all pages, and asks for a page only when it is wanted", async () => {
    const { client, requests } = clientTo(
      page(["a", "b"], `${url}?$skiptoken=1`),
      page([], `${url}?$skiptoken=2`),
      page(["c"]),
    );
    const list = client.listReferrals({ filter: filter`status eq ${"New"}`, orderby: "id" });
    expect(requests).toHaveLength(0);
    const seen: string[] = [];
    for await (const referral of list) {
      seen.push(String(referral.id));
      if (seen.length === 2) expect(requests).toHaveLength(1);
    }
    expect(seen).toEqual(["a", "b", "c"]);
    expect(requests.map((request) => request.url)).toEqual([
      `${url}?$filter=status%20eq%20'New'&$orderby=id`,
      `${url}?$skiptoken=1`,
      `${url}?$skiptoken=2`,
    ]);
  });

  test("by page: a wished size, the count, and a token that goes on elsewhere", async () => {
    const { client, requests } = clientTo(
      page(["a"], `${url}?$skiptoken=1`, 3),
      page(["b"], `${url}?$skiptoken=2`),
      page(["c"]),
    );
    const pages = client.listReferrals({ count: true }).byPage({ maxPageSize: 1 });
    const first = await pages.next();
    expect(first.value).toMatchObject({ count: 3, continuationToken: `${url}?$skiptoken=1` });
    const later = client
      .listReferrals({ count: true })
      .byPage({ continuationToken: first.value?.continuationToken ?? "", maxPageSize: 1 });
    const rest: string[] = [];
    for await (const { referrals } of later) rest.push(...referrals.map(({ id }) => String(id)));
    expect(rest).toEqual(["b", "c"]);
    expect(requests.map((request) => request.headers.prefer)).toEqual(
      Array.from({ length: 3 }, () => "odata.maxpagesize=1"),
    );
  });

  test("that leads in a circle ends with an error, not with a walk without end", async () => {
    const one = `${url}?$skiptoken=1`;
    const two = `${url}?$skiptoken=2`;
    const { client, requests } = clientTo(page(["a"], one), page(["b"], two), page(["c"], one));
    const walk = async (): Promise<number> => {
      let seen = 0;
      for await (const _ of client.listReferrals()) seen += 1;
      return seen;
    };
    await expect(walk()).rejects.toMatchObject({ code: "invalidAnswer", retryable: false });
    expect(requests).toHaveLength(3);
  });

  test("that leads to another host ends before the token is sent there", async () => {
    const { client, requests } = clientTo(page(["a"], "https://evil.example/?$skiptoken=1"));
    const list = client.listReferrals();
    expect((await list.next()).value).toMatchObject({ id: "a" });
    await expect(list.next()).rejects.toMatchObject({ code: "invalidAnswer" });
    expect(requests).toHaveLength(1);
  });

  test("can be left early", async () => {
    const { client, requests } = clientTo(page(["a", "b"], `${url}?$skiptoken=1`));
    for await (const referral of client.listReferrals()) {
      if (referral.id === "a") break;
    }
    expect(requests).toHaveLength(1);
  });

  describe("with a referral that can't be read", () => {
    const odd = { ...storedReferral("odd"), details: { dealValue: { amount: 5 } } };
    const mixed = (next?: string): Step => ({
      status: 200,
      body: {
        value: [storedReferral("a"), odd, 7, storedReferral("b")],
        ...(next === undefined ? {} : { "@odata.nextLink": next }),
      },
    });

    test("gives the others, by page, and that one as it came, with what is wrong", async () => {
      const { client } = clientTo(mixed());
      const first: ReferralPage = (await client.listReferrals().byPage().next()).value;
      expect(first.referrals.map(({ id }) => id)).toEqual(["a", "b"]);
      expect(first.unreadable).toMatchObject([
        { id: "odd", document: odd, problems: [{ pointer: "/details/dealValue" }] },
        { document: 7, problems: [{ pointer: "" }] },
      ]);
      expect(first.unreadable?.[1]).not.toHaveProperty("id");
    });

    test("gives all others, one by one, and then doesn't pass for the whole list", async () => {
      const { client, requests } = clientTo(mixed(`${url}?$skiptoken=1`), page(["c"]));
      const seen: unknown[] = [];
      const walk = async (): Promise<void> => {
        for await (const { id } of client.listReferrals()) seen.push(id);
      };
      await expect(walk()).rejects.toMatchObject({
        code: "invalidAnswer",
        retryable: false,
        message: expect.stringMatching(/^Referral odd of the list.*\/details\/dealValue.*1 more/),
      });
      expect(seen).toEqual(["a", "b", "c"]);
      expect(requests).toHaveLength(2);
    });

    test("says nothing of unreadable items where there are none", async () => {
      const { client } = clientTo(page(["a"]));
      const { value } = await client.listReferrals().byPage().next();
      expect(value).not.toHaveProperty("unreadable");
    });
  });
});
