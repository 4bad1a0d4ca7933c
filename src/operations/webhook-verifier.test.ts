import { generateKeyPairSync, sign } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { type Http, seededRandom } from "../runtime/index.ts";
import {
  createSigningIdentity,
  type SigningIdentity,
  signBody,
} from "../service/webhooks/certificates.ts";
import { createWebhookVerifier, type WebhookTrust } from "./webhook-verifier.ts";

const now = Date.UTC(2026, 10, 23);
const clock = { now: () => now, sleep: async () => {} };
const address = "https://certificates.example/signing.pem";
const body = Buffer.from('{"EventName":"referral-updated","ResourceUri":"https://x/r1"}');

let genuine: SigningIdentity;
let stranger: SigningIdentity;
beforeAll(async () => {
  genuine = await createSigningIdentity("Microsoft Corporation", now, seededRandom(1));
  stranger = await createSigningIdentity("Microsoft Corporation", now, seededRandom(2));
});

function signedBy(identity: SigningIdentity, text: Buffer = body) {
  return {
    "x-ms-signature": `Signature ${signBody(text.toString(), identity.privateKeyPem)}`,
    "x-ms-signature-algorithm": "rsa-sha256",
    "x-ms-certificate-url": address,
  };
}

function verifierWith(served: string, change: Partial<WebhookTrust> = {}, at = now) {
  const asked: string[] = [];
  const http: Http = async ({ url }) => {
    asked.push(url);
    return { status: 200, headers: {}, body: served };
  };
  const trust: WebhookTrust = {
    roots: [genuine.authorityPem],
    certificateHosts: ["certificates.example"],
    organization: "Microsoft Corporation",
    ...change,
  };
  const verify = createWebhookVerifier(trust, { http, clock: { ...clock, now: () => at } });
  return { verify, asked };
}

describe("a webhook", () => {
  test("is believed with a genuine signature in either header, and its certificate is fetched once", async () => {
    const { verify, asked } = verifierWith(genuine.certificatePem + genuine.authorityPem);
    const headers = signedBy(genuine);
    expect(await verify(body, headers)).toBeUndefined();
    const { "x-ms-signature": authorization, ...others } = headers;
    expect(await verify(body, { ...others, authorization })).toBeUndefined();
    expect(asked).toEqual([address]);
  });

  test("with one changed byte is not believed", async () => {
    const { verify } = verifierWith(genuine.certificatePem);
    const changed = Buffer.from(body);
    changed[20] = (changed[20] ?? 0) ^ 1;
    expect(await verify(changed, signedBy(genuine))).toBe("signature");
  });

  test("signed under another authority is not believed, whatever its certificate says", async () => {
    const { verify } = verifierWith(stranger.certificatePem + stranger.authorityPem);
    expect(await verify(body, signedBy(stranger))).toBe("certificate-untrusted");
  });

  test("of another organisation or outside the certificate's time is not believed", async () => {
    const other = verifierWith(genuine.certificatePem, { organization: "Contoso" });
    expect(await other.verify(body, signedBy(genuine))).toBe("certificate-untrusted");
    const late = verifierWith(genuine.certificatePem, {}, Date.UTC(2100, 0, 1));
    expect(await late.verify(body, signedBy(genuine))).toBe("certificate-untrusted");
  });

  test("whose certificate lies on a host that isn't listed causes no call", async () => {
    for (const url of [
      "https://evil.example/signing.pem",
      "http://certificates.example/signing.pem",
      "https://certificates.example.evil.example/x",
      "not a url",
    ]) {
      const { verify, asked } = verifierWith(genuine.certificatePem);
      const headers = { ...signedBy(genuine), "x-ms-certificate-url": url };
      expect(await verify(body, headers)).toBe("certificate-address");
      expect(asked).toEqual([]);
    }
  });

  test("without a signature, or with another algorithm, is not believed", async () => {
    const { verify } = verifierWith(genuine.certificatePem);
    expect(await verify(body, {})).toBe("no-signature");
    const headers = { ...signedBy(genuine), "x-ms-signature-algorithm": "rsa-sha1" };
    expect(await verify(body, headers)).toBe("algorithm");
  });

  test("signed with the right certificate's name but another key is not believed", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const forged = sign("sha256", body, privateKey).toString("base64");
    const { verify } = verifierWith(genuine.certificatePem);
    const headers = { ...signedBy(genuine), "x-ms-signature": `Signature ${forged}` };
    expect(await verify(body, headers)).toBe("signature");
  });

  test("whose certificate can't be had is not believed now, and asked for again later", async () => {
    let isUp = false;
    const http: Http = async () =>
      isUp
        ? { status: 200, headers: {}, body: genuine.certificatePem }
        : { status: 503, headers: {}, body: "" };
    const trust = {
      roots: [genuine.authorityPem],
      certificateHosts: ["certificates.example"],
      organization: "Microsoft Corporation",
    };
    const verify = createWebhookVerifier(trust, { http, clock });
    expect(await verify(body, signedBy(genuine))).toBe("certificate-unavailable");
    isUp = true;
    expect(await verify(body, signedBy(genuine))).toBeUndefined();
  });
});
