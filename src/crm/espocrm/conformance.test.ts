import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fetchHttp } from "../../runtime/index.ts";
import { suggestFields } from "../adapting/suggest-mapping.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { describeCrmAdapter } from "../conformance/crm-adapter-suite.ts";
import { describeReadyMapping } from "../conformance/ready-mapping-suite.ts";
import { refusalOf } from "../conformance/steps.ts";
import { openEspoWorld } from "./conformance-world-suite.ts";
import { type EspoDouble, startEspoDouble } from "./espo-double-suite.ts";
import {
  createEspoAdapter,
  espoWebhook,
  inspectEspo,
  prepareEspo,
  readEspoFields,
  readyEspoMapping,
} from "./index.ts";

const mapping = readyEspoMapping();
const fields = crmFieldsOf(mapping);
const reachOf = ({ administrator, apiKey, url }: EspoDouble) => ({
  ...{ url, apiKey, administrator, fields },
  http: fetchHttp,
});

async function preparedDouble(): Promise<EspoDouble> {
  const double = await startEspoDouble();
  await prepareEspo(reachOf(double));
  return double;
}

describeCrmAdapter("EspoCRM (protocol double)", async () => openEspoWorld(await preparedDouble()));

describeReadyMapping("EspoCRM", {
  mapping,
  open: async () => {
    const double = await preparedDouble();
    return { adapter: createEspoAdapter(reachOf(double)), close: double.close };
  },
});

describe("the setup of EspoCRM", () => {
  test("tells what is missing and changes nothing, then creates it once", async () => {
    const double = await startEspoDouble();
    const first = await inspectEspo(reachOf(double));
    expect(first.missing).toHaveLength(12);
    expect(first).toMatchObject({ user: "sync", problems: [] });
    expect(await inspectEspo(reachOf(double))).toEqual(first);
    const unversioned = await inspectEspo({ ...reachOf(double), isVersioned: false });
    expect(unversioned.missing).toEqual(first.missing.slice(0, -1));
    const { administrator: _nobody, ...alone } = reachOf(double);
    expect((await refusalOf(prepareEspo(alone))).code).toBe("unauthorized");
    const wrong = { ...alone, administrator: { user: "kim", password: "a guess" } };
    expect((await refusalOf(prepareEspo(wrong))).message).toContain(
      "takes kim for no administrator",
    );
    const told: string[] = [];
    await prepareEspo(reachOf(double), (done) => told.push(done));
    expect(told).toEqual(first.missing.map(({ name }) => name));
    await prepareEspo(reachOf(double), (done) => told.push(done));
    expect(told).toHaveLength(12);
    const after = await inspectEspo(reachOf(double));
    expect(after.missing).toEqual([]);
    expect(after.stages.at(-1)?.value).toBe("Waiting for Partner Center");
    const found = await readEspoFields(reachOf(double));
    expect(suggestFields(found)).toContainEqual({
      ...{ referral: "/customerProfile/name", crm: "account.name", label: "Account name" },
    });
    const help = found.find(({ name }) => name === "cPartnerHelp");
    expect(help).toMatchObject({ label: "How can Microsoft help?" });
    expect(help?.choices).toHaveLength(7);
    expect(help?.choices).toContainEqual({
      value: "QuotesOrLicensing",
      label: "Quotes or licensing",
    });
    await double.close();
  });

  test("a key that is refused is told as unauthorized", async () => {
    const double = await startEspoDouble();
    double.setKey("another");
    const adapter = createEspoAdapter(reachOf(double));
    expect((await refusalOf(adapter.read("1", {}))).code).toBe("unauthorized");
    await double.close();
  });
});

describe("a webhook of EspoCRM", () => {
  const verify = espoWebhook({ secrets: { "65f0": "the secret" } });
  const rawBody = JSON.stringify([{ id: "deal-1", name: "Ü" }, { id: "deal-1" }, { id: "../x" }]);
  const signature = (id: string, secret: string, body: string): string => {
    const hash = createHmac("sha256", secret).update(body).digest();
    return Buffer.concat([Buffer.from(`${id}:`), hash]).toString("base64");
  };
  const deliver = (sign: string, body = rawBody) =>
    verify({ method: "POST", rawBody: body, headers: { "x-signature": sign } });

  test("hints at the deals that it names, and at nothing else", () => {
    const verdict = deliver(signature("65f0", "the secret", rawBody));
    expect(verdict).toEqual({ ok: true, recordIds: ["deal-1"] });
  });

  test("isn't believed where id, secret or body are other ones", () => {
    expect(deliver(signature("65f1", "the secret", rawBody)).ok).toBe(false);
    expect(deliver(signature("65f0", "a secret", rawBody)).ok).toBe(false);
    expect(deliver(signature("65f0", "the secret", rawBody), `${rawBody} `).ok).toBe(false);
    expect(deliver("").ok).toBe(false);
    const list = "not a list";
    expect(deliver(signature("65f0", "the secret", list), list).ok).toBe(false);
  });
});
