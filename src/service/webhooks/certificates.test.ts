import { execFileSync, spawnSync } from "node:child_process";
import { verify, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../runtime/index.ts";
import { createSigningIdentity, signBody } from "./certificates.ts";
import { integer, objectIdentifier } from "./der.ts";

const now = Date.UTC(2026, 0, 15);
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe("signing identity", () => {
  it("was issued by its authority, is valid today and names the organisation", async () => {
    const identity = await createSigningIdentity("Sandbox Org", now, systemRandom);
    const authority = new X509Certificate(identity.authorityPem);
    const leaf = new X509Certificate(identity.certificatePem);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.subject).toContain("O=Sandbox Org");
    expect(Date.parse(leaf.validFrom)).toBeLessThan(now);
    expect(Date.parse(leaf.validTo)).toBeGreaterThan(now);
  });

  it("signs so that the certificate's public key verifies the body and no other", async () => {
    const identity = await createSigningIdentity("Sandbox Org", now, systemRandom);
    const leaf = new X509Certificate(identity.certificatePem);
    const signature = Buffer.from(signBody('{"ä":1}', identity.privateKeyPem), "base64");
    expect(verify("sha256", Buffer.from('{"ä":1}'), leaf.publicKey, signature)).toBe(true);
    expect(verify("sha256", Buffer.from('{"ä":2}'), leaf.publicKey, signature)).toBe(false);
  });

  it.skipIf(!hasOpenssl)("passes the chain check of OpenSSL", async () => {
    const folder = mkdtempSync(join(tmpdir(), "certificates-"));
    try {
      const identity = await createSigningIdentity("Sandbox Org", now, systemRandom);
      writeFileSync(join(folder, "ca.pem"), identity.authorityPem);
      writeFileSync(join(folder, "leaf.pem"), identity.certificatePem);
      const seconds = String(now / 1000);
      const answer = execFileSync(
        "openssl",
        ["verify", "-attime", seconds, "-CAfile", "ca.pem", "leaf.pem"],
        { cwd: folder, encoding: "utf8" },
      );
      expect(answer).toContain("OK");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("DER", () => {
  it("keeps an integer positive and without needless zeros", () => {
    expect(integer(Buffer.from([0, 0, 0x80])).toString("hex")).toBe("02020080");
    expect(integer(Buffer.from([0, 0x7f])).toString("hex")).toBe("02017f");
  });

  it("encodes an object identifier as in X.690", () => {
    expect(objectIdentifier("1.2.840.113549").toString("hex")).toBe("06062a864886f70d");
  });
});
