import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { write } from "../conformance/steps.ts";
import type { CrmDelivery, CrmWebhookVerdict } from "../webhook-port.ts";
import {
  createOdooAdapter,
  inspectOdoo,
  odooWebhook,
  prepareOdoo,
  readyOdooMapping,
} from "./index.ts";
import { type OdooDouble, startOdooDouble } from "./odoo-double-suite.ts";

const token = "4f7tqXn2n0cUu3oYw0s9Zb1kJ6aQ8dLx";
// As Odoo 17.0 sent it.
const rawBody = '{"_action": "Send Webhook Notification(#231)", "_id": 1, "_model": "crm.lead"}';
const delivery = (change: Partial<CrmDelivery> = {}): CrmDelivery => ({
  method: "POST",
  rawBody,
  headers: { "content-type": "application/json", "user-agent": "python-requests/2.28.1" },
  token,
  ...change,
});

describe("a webhook of Odoo", () => {
  const verify = odooWebhook({ token });

  test("is a reason to poll when its transaction has ended, and hints at no deal", () => {
    expect(verify(delivery())).toEqual({ ok: true, recordIds: [], pollInMs: 2_000 });
  });

  test("is not read: whatever it holds, it says the same", () => {
    for (const body of ["", "{", "[]", '{"_id": 7, "_model": "res.users"}']) {
      expect(verify(delivery({ rawBody: body }))).toEqual(verify(delivery()));
    }
  });

  test("is not believed without the secret, with another one, or where it isn't posted", () => {
    const { token: _none, ...bare } = delivery();
    const distrusted = [
      bare,
      ...["", token.slice(1), `${token}x`, token.toLowerCase()].map((each) =>
        delivery({ token: each }),
      ),
      delivery({ method: "GET" }),
    ];
    for (const each of distrusted) expect(verify(each)).toMatchObject({ ok: false });
  });
});

describe("the automation rule", () => {
  let double: OdooDouble;
  let receiver: Server;
  let webhookUrl = "";
  let heard: CrmWebhookVerdict[] = [];
  const mapping = readyOdooMapping();
  const reach = () => {
    const { database, key, url, user } = double;
    return { url, database, user, key, fields: crmFieldsOf(mapping), http: fetchHttp };
  };

  beforeEach(async () => {
    heard = [];
    const verify = odooWebhook({ token });
    receiver = createServer((request, response) => {
      const given = request.url?.split("/").at(-1) ?? "";
      heard.push(verify(delivery({ method: request.method ?? "", token: given })));
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const address = receiver.address();
    const port = typeof address === "object" && address ? address.port : 0;
    webhookUrl = `http://127.0.0.1:${port}/webhooks/crm/${token}`;
    double = await startOdooDouble();
  });
  afterEach(async () => {
    await double.close();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  const ruleNames = (missing: readonly { readonly name: string }[]) =>
    missing.map(({ name }) => name).filter((name) => name.startsWith("automation rule"));

  test("is asked for where the configuration has a webhook, and made once", async () => {
    expect(ruleNames((await inspectOdoo(reach())).missing)).toEqual([]);
    const setup = { ...reach(), webhookUrl };
    const { missing } = await inspectOdoo(setup);
    expect(ruleNames(missing)).toHaveLength(1);
    expect(missing.at(-1)?.label).toContain("Automation Rules");
    const told: string[] = [];
    await prepareOdoo(setup, (done) => told.push(done));
    await prepareOdoo(setup, (done) => told.push(done));
    expect(ruleNames(told.map((name) => ({ name })))).toHaveLength(1);
    expect(await inspectOdoo(setup)).toMatchObject({ missing: [], problems: [] });
  });

  test("calls when a deal was saved, and each call asks for a poll alone", async () => {
    await prepareOdoo({ ...reach(), webhookUrl });
    heard = [];
    const adapter = createOdooAdapter(reach());
    await write(adapter, { key: "k", fields: { name: "Saved" } });
    expect(heard.length).toBeGreaterThan(1);
    expect(new Set(heard.map((each) => JSON.stringify(each)))).toEqual(
      new Set(['{"ok":true,"recordIds":[],"pollInMs":2000}']),
    );
  });

  test("is a problem, with what to do, where Odoo has no module for it", async () => {
    double.removeModel("base.automation");
    const setup = { ...reach(), webhookUrl };
    const { missing, problems } = await inspectOdoo(setup);
    expect(ruleNames(missing)).toEqual([]);
    expect(problems.map(({ sentence }) => sentence)).toEqual([
      "the module Automation Rules (base_automation) isn't installed",
    ]);
  });

  test("is left to an administrator where the user may not see rules", async () => {
    double.forbid("base.automation");
    const { missing, problems } = await inspectOdoo({ ...reach(), webhookUrl });
    expect(ruleNames(missing)).toEqual([]);
    expect(problems).toEqual([]);
  });
});
