// What a running EspoCRM 8.4.2 did otherwise than expected, each told on the double once more.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchHttp, type Http, HttpFailure } from "../../runtime/index.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { refusalOf, walk, write } from "../conformance/steps.ts";
import { type EspoDouble, startEspoDouble } from "./espo-double-suite.ts";
import {
  createEspoAdapter,
  espoWebhook,
  inspectEspo,
  prepareEspo,
  readyEspoMapping,
} from "./index.ts";
import type { EspoRow } from "./mapping.ts";
import { listRows } from "./read-deals.ts";
import { createEspoSend } from "./transport.ts";

const fields = crmFieldsOf(readyEspoMapping());

function reachOf({ administrator, apiKey, url }: EspoDouble, http: Http = fetchHttp) {
  return { url, apiKey, administrator, fields, http };
}

let double: EspoDouble;
const create = async (target: string, body: EspoRow): Promise<string> => {
  const headers = { "x-skip-duplicate-check": "true" };
  const request = { method: "POST", target, body, headers } as const;
  return String(((await createEspoSend(reachOf(double))(request, {})) as EspoRow).id);
};
const deal = { name: "Deal", amount: 5, amountCurrency: "EUR", closeDate: "2031-05-04" };
const customer = { "account.name": "Elm", "account.billingAddressCountry": "Germany" };

async function open(): Promise<void> {
  double = await startEspoDouble();
}
const close = (): Promise<void> => double.close();

describe("a deal that is older than concurrency control", () => {
  beforeAll(open);
  afterAll(close);

  test("has no number, and is compared before it is written", async () => {
    const id = await create("Opportunity", deal);
    await prepareEspo(reachOf(double));
    const adapter = createEspoAdapter(reachOf(double));
    const seen = await adapter.read(id, {});
    expect(seen?.version).toMatch(/^\+/);
    const send = createEspoSend(reachOf(double));
    await send({ method: "PUT", target: `Opportunity/${id}`, body: { amount: 6 } }, {});
    const stale = { key: "r-1", recordId: id, expectedVersion: seen?.version ?? "" };
    const refusal = await refusalOf(write(adapter, { ...stale, fields: { amount: 7 } }));
    expect(refusal.code).toBe("conflict");
    expect((await adapter.read(id, {}))?.fields.amount).toBe(6);
  });
});

describe("a prepared EspoCRM", () => {
  beforeAll(async () => {
    await open();
    await prepareEspo(reachOf(double));
  });
  afterAll(close);

  test("shows a page of deals with more customers and people than one address holds", async () => {
    for (let number = 0; number < 230; number += 1) {
      const accountId = await create("Account", { name: `Customer ${number}` });
      const contactsIds = [await create("Contact", { lastName: `Holm ${number}`, accountId })];
      await create("Opportunity", { ...deal, name: `Deal ${number}`, accountId, contactsIds });
    }
    const changes = await walk(createEspoAdapter(reachOf(double)), "");
    const shown = changes.flatMap((change) => (change.kind === "changed" ? [change.record] : []));
    const customers = new Set(shown.map((record) => record.fields["account.name"]));
    const people = shown.flatMap((record) => record.fields.contacts ?? []);
    expect([customers.size, people.length]).toEqual([230, 230]);
  });

  test.each([
    ["account.name", { "account.name": "<Elm>" }, "EspoCRM refuses Account.name: it has"],
    ["contacts", { contacts: [{ emailAddress: "a@x.example" }] }, "Contact.lastName: it must"],
    [
      "contacts",
      { contacts: [{ lastName: "Holm", emailAddress: "b@x.example", phoneNumber: "030 1234" }] },
      "Contact.phoneNumber: Espo takes phone numbers with their country code alone",
    ],
  ])("names %s where Espo refuses a value of it", async (field, values, sentence) => {
    const adapter = createEspoAdapter(reachOf(double));
    const order = { key: `r-${sentence}`, fields: { ...deal, ...customer, ...values } };
    const refusal = await refusalOf(write(adapter, order));
    expect(refusal).toMatchObject({ code: "invalid", field });
    expect(refusal.message).toContain(sentence);
  });

  test("finds a customer again in other capitals, and takes no sign for a wildcard", async () => {
    const adapter = createEspoAdapter(reachOf(double));
    const names = ['50%_\\Co "x"', '50%_\\CO "X"', '50ab\\Co "x"'];
    const kept: unknown[] = [];
    for (const name of names) {
      const values = { ...deal, ...customer, "account.name": name };
      const { record } = await write(adapter, { key: `r-${name}`, fields: values });
      kept.push(record?.fields["account.name"]);
    }
    expect(kept).toEqual([names[0], names[0], names[2]]);
  });

  test("tells a customer who was deleted while a deal was made as a conflict", async () => {
    const send = createEspoSend(reachOf(double));
    const deleting: Http = async (request) => {
      if (request.method === "POST" && request.url.endsWith("/Opportunity")) {
        const { accountId } = JSON.parse(request.body ?? "");
        await send({ method: "DELETE", target: `Account/${accountId}` }, {});
      }
      return fetchHttp(request);
    };
    const order = { key: "r-deleted", fields: { ...deal, ...customer, name: "Alone" } };
    const refusal = await refusalOf(write(createEspoAdapter(reachOf(double, deleting)), order));
    expect(refusal.code).toBe("conflict");
    const after = await write(createEspoAdapter(reachOf(double)), order);
    expect(after.record?.fields["account.name"]).toBe("Elm");
  });
});

describe("a create that arrives after its repetition", () => {
  beforeAll(async () => {
    await open();
    await prepareEspo(reachOf(double));
  });
  afterAll(close);

  async function dealsAfterLateCreate(key: string): Promise<number> {
    let late: (() => Promise<unknown>) | undefined;
    const slow: Http = async (request) => {
      if (late || request.method !== "POST") return fetchHttp(request);
      late = () => fetchHttp(request);
      throw new HttpFailure("timeout", "no answer in time");
    };
    const adapter = createEspoAdapter(reachOf(double, slow));
    const order = { key, fields: deal };
    expect(await refusalOf(write(adapter, order))).toMatchObject({ outcomeUnknown: true });
    await write(adapter, order);
    await late?.();
    const send = createEspoSend(reachOf(double));
    const query = { select: "name", maxSize: 9 };
    const where = [["equals", "cPartnerReferral", key]] as const;
    return (await listRows({ send }, "Opportunity", where, query, {})).length;
  }

  test("makes a second deal, unless the server's administrator has made the key unique", async () => {
    expect(await dealsAfterLateCreate("r-late")).toBe(2);
    double.makeKeysUnique();
    expect(await dealsAfterLateCreate("r-late-again")).toBe(1);
  });
});

test("what a new instance refuses of most referrals is said before the first one comes", async () => {
  const settings = (body: object): Http => {
    return async ({ url }) => ({
      status: 200,
      headers: {},
      body: JSON.stringify(url.endsWith("Settings") ? body : { fields: {} }),
    });
  };
  const advised = async (body: object): Promise<readonly string[]> => {
    const reach = { url: "http://espo.example", apiKey: "a key", fields, http: settings(body) };
    return ((await inspectEspo(reach)).advice ?? []).map(({ sentence }) => sentence);
  };
  expect(await advised({ currencyList: ["EUR"], phoneNumberInternational: true })).toEqual([
    "amounts are taken in EUR alone; a referral in another currency is refused",
    "phone numbers are taken with their country code alone (+49 …); others are refused",
  ]);
  expect(await advised({ currencyList: ["EUR", "USD"] })).toEqual([]);
});

test("an API user who may see no opportunities is told so", async () => {
  const empty: Http = async ({ url }) => ({
    status: 200,
    headers: {},
    body: url.includes("Metadata") ? "" : "{}",
  });
  const reach = { url: "http://espo.example", apiKey: "a key", fields, http: empty };
  const refusal = await refusalOf(inspectEspo(reach));
  expect(refusal.code).toBe("unauthorized");
  expect(refusal.message).toContain("no opportunities");
});

/** Sent by instances that are gone, with the secrets of webhooks that are gone. */
const deliveries = [
  {
    version: "8.4.2",
    secrets: { "6b048d0fd17f6293d": "e446a15a444c627520cb2cbd50b49d4e" },
    deal: "6b048d0fe3bf6c144",
    headers: {
      "x-signature": "NmIwNDhkMGZkMTdmNjI5M2Q6srFNyB12HCzXZQVP4DK0ZiKjvkPQy+HJ/BJ8T4BCZhU=",
    },
    rawBody:
      '[{"amount":4,"amountWeightedConverted":0.4,"description":"\\u00dc \\u20ac",' +
      '"amountConverted":4,"modifiedById":"6b04883a156e8a7a0","modifiedByName":"Admin",' +
      '"followersIds":[],"followersNames":{},"versionNumber":2,"id":"6b048d0fe3bf6c144"}]',
  },
  {
    version: "9.1.7",
    secrets: { "6b048d7501ca363b1": "10d1b60f34c4763626816f903a4a2eff" },
    deal: "6b048d75470042fee",
    headers: {
      signature:
        "NmIwNDhkNzUwMWNhMzYzYjE6M2FjOTgwMzhlNWM1YmVlYWQ1MmVlZjEzYjljODExYmQ3ZmFjZDQ2ZGNhNTA2YmE" +
        "0ZmU5MTc3YTg1YzY4ODY0NA==",
    },
    rawBody:
      '[{"amount":4,"amountWeightedConverted":0.4,"description":"\\u00dc \\u20ac",' +
      '"amountConverted":4,"modifiedById":"6b048d6edf8063fb4","modifiedByName":"Admin",' +
      '"id":"6b048d75470042fee"}]',
  },
];

test.each(deliveries)(
  "a webhook that EspoCRM $version sent is believed, and a changed one not",
  ({ deal: dealId, headers, rawBody, secrets }) => {
    const verify = espoWebhook({ secrets });
    const sent = { method: "POST", headers, rawBody };
    expect(verify(sent)).toEqual({ ok: true, recordIds: [dealId] });
    expect(verify({ ...sent, rawBody: rawBody.replace('"amount":4', '"amount":5') }).ok).toBe(
      false,
    );
  },
);
